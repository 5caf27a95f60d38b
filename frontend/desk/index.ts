// The desk: everything that the phone pages have, and what a keyboard needs.
import "htmx.org";
import { start } from "../shared/start";
import { shared } from "../shared/controllers";
import CheckinController from "./controllers/checkin";
import DrawController from "./controllers/draw";
import FillController from "./controllers/fill";
import FilterController from "./controllers/filter";
import FlightController from "./controllers/flight";
import MenuController from "./controllers/menu";
import NarrowController from "./controllers/narrow";
import PrintController from "./controllers/print";
import TriageController from "./controllers/triage";

start({
  ...shared,
  checkin: CheckinController,
  draw: DrawController,
  fill: FillController,
  filter: FilterController,
  flight: FlightController,
  menu: MenuController,
  narrow: NarrowController,
  print: PrintController,
  triage: TriageController,
});
