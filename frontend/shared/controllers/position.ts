import { Controller } from "@hotwired/stimulus";
import { fill, open } from "../requests";

// Above this many metres the place is shown as doubtful: a grid is often narrower.
const ROUGH = 100;

/** Fills longitude and latitude on a tap and lets the server say what place that is. */
export default class PositionController extends Controller<HTMLElement> {
  static override targets = ["lon", "lat", "accuracy", "button", "note", "place"];
  static override values = {
    url: String,
    textAsking: String,
    textAccuracy: String,
    textRough: String,
    textDenied: String,
    textFailed: String,
  };
  declare readonly lonTarget: HTMLInputElement;
  declare readonly latTarget: HTMLInputElement;
  declare readonly accuracyTarget: HTMLInputElement;
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly noteTarget: HTMLElement;
  declare readonly placeTarget: HTMLElement;
  declare readonly hasPlaceTarget: boolean;
  declare readonly urlValue: string;
  declare readonly textAskingValue: string;
  declare readonly textAccuracyValue: string;
  declare readonly textRoughValue: string;
  declare readonly textDeniedValue: string;
  declare readonly textFailedValue: string;

  find(): void {
    if (!navigator.geolocation) {
      this.noteTarget.textContent = this.textFailedValue;
      return;
    }
    this.buttonTarget.disabled = true;
    this.noteTarget.textContent = this.textAskingValue;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => this.found(coords.longitude, coords.latitude, coords.accuracy),
      (error) => this.failed(error.code === 1 ? this.textDeniedValue : this.textFailedValue),
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  }

  private found(lon: number, lat: number, accuracy: number): void {
    const metres = Math.round(accuracy);
    this.buttonTarget.disabled = false;
    this.lonTarget.value = lon.toFixed(6);
    this.latTarget.value = lat.toFixed(6);
    this.accuracyTarget.value = String(metres);
    this.noteTarget.textContent = fill(metres > ROUGH ? this.textRoughValue : this.textAccuracyValue, { m: metres });
    this.dispatch("found", { detail: { lon, lat, accuracy: metres } });
    if (this.urlValue && this.hasPlaceTarget) {
      this.placeTarget.id ||= "position-place";
      const query = new URLSearchParams({ lon: this.lonTarget.value, lat: this.latTarget.value });
      open(`${this.urlValue}?${query.toString()}`, `#${this.placeTarget.id}`);
    }
  }

  private failed(text: string): void {
    this.buttonTarget.disabled = false;
    this.noteTarget.textContent = text;
  }
}
