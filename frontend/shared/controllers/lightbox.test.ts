import { beforeEach, expect, test } from "vitest";
import { find, page, press, teachDialogs } from "../testing";
import LightboxController from "./lightbox";

beforeEach(teachDialogs);

const HTML = `<ul data-controller="lightbox" data-lightbox-close-value="Close" data-lightbox-previous-value="Previous" data-lightbox-next-value="Next" data-lightbox-label-value="Photo">
  <li><a id="a" href="http://localhost/a.jpg" data-lightbox-target="photo" data-action="lightbox#open" data-caption="before"><img alt="a shed"></a></li>
  <li><a id="b" href="http://localhost/b.jpg" data-lightbox-target="photo" data-action="lightbox#open" data-caption="after"><img alt="cleared"></a></li></ul>`;

test("shows the picture that was clicked, with its words", async () => {
  await page(HTML, { lightbox: LightboxController });
  find("#b").click();
  const dialog = find<HTMLDialogElement>(".wg-lightbox");
  expect(dialog.open).toBe(true);
  expect(find<HTMLImageElement>(".wg-lightbox img").src).toBe("http://localhost/b.jpg");
  expect(find<HTMLImageElement>(".wg-lightbox img").alt).toBe("cleared");
  expect(find("figcaption").textContent).toBe("after  ·  2 / 2");
});

test("arrow keys turn and go round", async () => {
  await page(HTML, { lightbox: LightboxController });
  find("#b").click();
  press("ArrowRight", find(".wg-lightbox"));
  expect(find<HTMLImageElement>(".wg-lightbox img").src).toBe("http://localhost/a.jpg");
  press("ArrowLeft", find(".wg-lightbox"));
  expect(find<HTMLImageElement>(".wg-lightbox img").src).toBe("http://localhost/b.jpg");
});

test("a click with a modifier stays an ordinary link", async () => {
  await page(HTML, { lightbox: LightboxController });
  find("#a").addEventListener("click", (event) => event.preventDefault());
  find("#a").dispatchEvent(new MouseEvent("click", { ctrlKey: true, bubbles: true, cancelable: true }));
  expect(document.querySelector(".wg-lightbox")).toBeNull();
});
