import { Controller } from "@hotwired/stimulus";

/**
 * One tap on the spot: asks the phone where it is, then sends the form with it; without an answer it is sent all the
 * same, and somebody else confirms the arrival. The position is asked at this tap only.
 */
export default class CheckinController extends Controller<HTMLFormElement> {
  static override targets = ["lon", "lat", "button", "note"];
  static override values = { textAsking: String };
  declare readonly lonTarget: HTMLInputElement;
  declare readonly latTarget: HTMLInputElement;
  declare readonly buttonTarget: HTMLButtonElement;
  declare readonly noteTarget: HTMLElement;
  declare readonly textAskingValue: string;
  private state: "fresh" | "asking" | "sending" = "fresh";

  send(event: Event): void {
    if (this.state === "sending") return;
    event.preventDefault();
    if (this.state === "asking") return;
    if (!navigator.geolocation) {
      this.go();
      return;
    }
    this.state = "asking";
    this.noteTarget.textContent = this.textAskingValue;
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        this.lonTarget.value = coords.longitude.toFixed(6);
        this.latTarget.value = coords.latitude.toFixed(6);
        this.go();
      },
      () => this.go(),
      { enableHighAccuracy: true, timeout: 10_000, maximumAge: 0 },
    );
  }

  private go(): void {
    this.state = "sending";
    this.element.requestSubmit();
    this.buttonTarget.disabled = true;
  }
}
