// Phone pages: /field/ and /p/. Kept small (U4): the map's library is loaded only where a map is.
import "htmx.org";
import { start } from "../shared/start";
import { shared } from "../shared/controllers";

start(shared);
