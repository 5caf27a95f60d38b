import { Controller } from "@hotwired/stimulus";
import type { Target } from "../../shared/map/contract";
import { open } from "../../shared/requests";

type Params = { kind?: string; id?: number | string; lon?: number; lat?: number; box?: string; card?: string };

/** Found houses as links: the map beside them flies there. Where no map is drawn the link is followed as it is. */
export default class FlightController extends Controller<HTMLElement> {
  go(event: MouseEvent & { params: Params }): void {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const { kind = "", id = "", lon = NaN, lat = NaN, box = "", card = "" } = event.params;
    const detail: Target = { kind: kind === "compound" ? "compound" : "building", id: String(id), lon: Number(lon), lat: Number(lat), box };
    const taken = !window.dispatchEvent(new CustomEvent("wangge:fly", { cancelable: true, detail }));
    if (!taken) return;
    event.preventDefault();
    const link = event.currentTarget as HTMLAnchorElement;
    window.history.replaceState(window.history.state, "", link.href);
    for (const other of this.element.querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    link.setAttribute("aria-current", "true");
    if (card) open(card, "#map-card");
    document.querySelector(".wg-map")?.scrollIntoView({ block: "nearest" });
  }
}
