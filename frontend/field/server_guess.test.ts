import { afterEach, describe, expect, it, vi } from "vitest";
import { serverGuess } from "./server_guess";
import { define, phone } from "./testing";

const ANSWER = '<fieldset><label><input type="radio" name="matter" value="06013" checked></label><label><input type="radio" name="matter" value="06010"></label></fieldset>';

afterEach(() => vi.useRealTimers());

describe("the server's guess", () => {
  it("is asked for by POST, the text being in no address", async () => {
    const { server } = await phone("g1");
    server.on("POST /field/guess", () => new Response(ANSWER));
    server.user = { id: "g1", name: "林" };
    expect(await serverGuess("建筑垃圾")).toEqual(["06013", "06010"]);
    const asked = server.seen.at(-1)!;
    expect([asked.url, asked.headers.get("X-CSRFToken"), String(asked.body)]).toEqual(["/field/guess", "t1", new URLSearchParams({ text: "建筑垃圾" }).toString()]);
  });

  it("is done without when there is no network, no text, a refusal, or no answer in time", async () => {
    const { server } = await phone("g2");
    server.user = { id: "g2", name: "林" };
    expect(await serverGuess(" ")).toEqual([]);
    define("onLine", false);
    expect(await serverGuess("垃圾")).toEqual([]);
    expect(server.seen).toEqual([]);
    define("onLine", true);
    server.on("POST /field/guess", () => new Response("", { status: 422 }));
    expect(await serverGuess("垃圾")).toEqual([]);
    server.on("POST /field/guess", () => new Promise<Response>(() => undefined));
    vi.useFakeTimers();
    const late = serverGuess("垃圾");
    await vi.advanceTimersByTimeAsync(1500);
    expect(await late).toEqual([]);
  });
});
