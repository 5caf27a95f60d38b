import { beforeEach, expect, test, vi } from "vitest";
import { sha256InScript } from "../sha256";
import { find, page, turn } from "../testing";
import PhotosController from "./photos";

const fakes = vi.hoisted(() => ({ upload: vi.fn(), decode: vi.fn(), shrink: vi.fn() }));
vi.mock("../upload", () => ({ upload: fakes.upload }));
vi.mock("../pictures", async (original) => ({ ...(await original<object>()), decode: fakes.decode, shrink: fakes.shrink }));

const JPEG = [0xff, 0xd8, 0xff, 0xe0];
const photo = (name: string, more: number[] = [], type = "image/jpeg") => new File([Uint8Array.from([...JPEG, ...more])], name, { type });
const HTML = (url = "/field/photos") => `<form><input type="hidden" name="csrfmiddlewaretoken" value="tok"><div data-controller="photos" data-photos-url-value="${url}" data-photos-count-value="2" data-photos-bytes-value="100" data-photos-pixels-value="1000"
  data-photos-text-type-value="{name}: no photo" data-photos-text-size-value="{name}: too large" data-photos-text-pixels-value="{name}: too many pixels" data-photos-text-count-value="at most 2" data-photos-text-sending-value="{percent} %"
  data-photos-text-sent-value="sent" data-photos-text-failed-value="failed" data-photos-text-remove-value="remove {n}" data-photos-text-alt-value="photo {n}" data-photos-text-same-value="{name}: again" data-photos-text-wait-value="wait">
  <ul data-photos-target="list"><li data-photos-target="add"><input type="file" name="photos" multiple data-photos-target="input" data-action="change->photos#pick"></li></ul><p data-photos-target="message" hidden></p></div></form>`;

async function choose(...files: File[]): Promise<void> {
  const input = find<HTMLInputElement>("input[type=file]");
  Object.defineProperty(input, "files", { value: files, configurable: true });
  const pick = vi.spyOn(PhotosController.prototype, "pick");
  input.dispatchEvent(new Event("change", { bubbles: true }));
  await pick.mock.results[0]?.value;
  pick.mockRestore();
  await turn();
}
const hashes = () => [...document.querySelectorAll<HTMLInputElement>("[name=photo_sha256]")].map((one) => one.value);
const message = () => find("p").textContent;

beforeEach(() => {
  vi.clearAllMocks();
  URL.createObjectURL = () => "blob:x";
  URL.revokeObjectURL = () => undefined;
  fakes.decode.mockResolvedValue({ width: 20, height: 20, close: () => undefined });
  fakes.upload.mockResolvedValue({ ok: true, final: true, reason: "" });
});

test("sends each photo under its own hash and puts the hash into the form", async () => {
  await page(HTML(), { photos: PhotosController });
  await choose(photo("a.jpg"), photo("b.jpg", [1]));
  const expected = [sha256InScript(Uint8Array.from(JPEG)), sha256InScript(Uint8Array.from([...JPEG, 1]))];
  expect(hashes()).toEqual(expected);
  expect(fakes.upload.mock.calls.map((call) => [call[0], call[2]])).toEqual(expected.map((hash) => [`/field/photos/${hash}`, "tok"]));
  expect(find<HTMLInputElement>("input[type=file]").name).toBe(""); // the form does not send the files twice
  expect(find("[data-photos-target=add]").hidden).toBe(true);
});

test.each([
  ["something that only calls itself a photo", () => new File(["hello"], "x.jpg", { type: "image/jpeg" }), "x.jpg: no photo"],
  ["too many pixels", () => photo("x.jpg", [7]), "x.jpg: too many pixels"],
  ["what stays too large", () => photo("x.jpg", Array(200).fill(1)), "x.jpg: too large"],
])("refuses %s before sending", async (what, file, text) => {
  if (what === "too many pixels") fakes.decode.mockResolvedValue({ width: 100, height: 100, close: () => undefined });
  fakes.shrink.mockResolvedValue(null);
  await page(HTML(), { photos: PhotosController });
  await choose(file());
  expect(message()).toBe(text);
  expect(fakes.upload).not.toHaveBeenCalled();
  expect(document.querySelectorAll(".wg-shot")).toHaveLength(0);
});

test("shrinks what is larger than the limit", async () => {
  fakes.shrink.mockResolvedValue(new File([Uint8Array.from(JPEG)], "small", { type: "image/jpeg" }));
  await page(HTML(), { photos: PhotosController });
  await choose(photo("x.jpg", Array(200).fill(1)));
  expect(fakes.shrink.mock.calls[0]?.[1]).toBe(1600);
  expect(hashes()).toEqual([sha256InScript(Uint8Array.from(JPEG))]);
});

test("adds no photo twice and no more than allowed", async () => {
  await page(HTML(), { photos: PhotosController });
  await choose(photo("a.jpg"), photo("again.jpg"));
  expect(message()).toBe("again.jpg: again");
  await choose(photo("b.jpg", [1]), photo("c.jpg", [2]));
  expect(message()).toBe("at most 2");
  expect(hashes()).toHaveLength(2);
});

test("a refusal by the server is told in its words and not repeated", async () => {
  fakes.upload.mockResolvedValue({ ok: false, final: true, reason: "照片已损坏" });
  await page(HTML(), { photos: PhotosController });
  await choose(photo("a.jpg"));
  expect(fakes.upload).toHaveBeenCalledTimes(1);
  expect(message()).toBe("照片已损坏");
  expect(hashes()).toEqual([]);
  fakes.upload.mockResolvedValue({ ok: true, final: true, reason: "" });
  find<HTMLButtonElement>(".wg-shot__retry").click();
  await turn();
  expect(hashes()).toHaveLength(1);
});

test("holds the form back while a photo is on its way", async () => {
  let finish: (answer: object) => void = () => undefined;
  fakes.upload.mockReturnValue(new Promise((done) => (finish = done)));
  await page(HTML(), { photos: PhotosController });
  await choose(photo("a.jpg"));
  const early = new Event("submit", { cancelable: true, bubbles: true });
  find("form").dispatchEvent(early);
  expect([early.defaultPrevented, message()]).toEqual([true, "wait"]);
  finish({ ok: true, final: true, reason: "" });
  await turn();
  const later = new Event("submit", { cancelable: true, bubbles: true });
  find("form").dispatchEvent(later);
  expect(later.defaultPrevented).toBe(false);
});

test("removes a photo and its hash", async () => {
  await page(HTML(), { photos: PhotosController });
  await choose(photo("a.jpg"), photo("b.jpg", [1]));
  find(".wg-shot__remove").click();
  expect(hashes()).toEqual([sha256InScript(Uint8Array.from([...JPEG, 1]))]);
  expect(find("[data-photos-target=add]").hidden).toBe(false);
});

test("without an address it stays a plain file input that tells what would be refused", async () => {
  await page(HTML(""), { photos: PhotosController });
  expect(find<HTMLInputElement>("input[type=file]").name).toBe("photos");
  await choose(new File(["hello"], "x.jpg"));
  expect(message()).toBe("x.jpg: no photo");
  expect(fakes.upload).not.toHaveBeenCalled();
});
