// The desk: everything that the phone pages have, and what a keyboard needs.
import "htmx.org";
import { start } from "../shared/start";
import { shared } from "../shared/controllers";
import FillController from "./controllers/fill";
import FilterController from "./controllers/filter";
import MenuController from "./controllers/menu";
import TriageController from "./controllers/triage";

start({ ...shared, fill: FillController, filter: FilterController, menu: MenuController, triage: TriageController });
