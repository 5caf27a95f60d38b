import { afterEach, vi } from "vitest";
import { leave } from "./testing";

// htmx asks the document for XPath in a way that jsdom does not know; what it sends is tested in the browser.
vi.mock("htmx.org", () => ({ default: { ajax: vi.fn() } }));

afterEach(leave);

// jsdom's Blob cannot be read directly.
Blob.prototype.arrayBuffer ??= function (this: Blob) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(new Uint8Array(reader.result as ArrayBuffer).slice().buffer);
    reader.readAsArrayBuffer(this);
  });
};
