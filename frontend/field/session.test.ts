import { describe, expect, it, vi } from "vitest";
import { linkNow } from "./counts";
import { queue, waiting } from "./outbox";
import { begin, end, greet } from "./session";
import { closeStore, current, lastUser, leftByOthers, openStore, rememberUser } from "./store";
import { json, phone } from "./testing";

const ID = "0b7d9f8e-0000-4000-8000-000000000001";
const command = { id: ID, kind: "report.make" as const, title: "一", data: { text: "一" } };

describe("whose phone it is", () => {
  it("opens without a connection for whoever used it last", async () => {
    const { server } = await phone();
    await rememberUser("7");
    await queue(command);
    closeStore();
    server.on("GET /api/v1/sync/hello", () => Promise.reject(new TypeError("no network")));
    expect(await begin()).toBe("signed-in");
    expect(await waiting()).toHaveLength(1);
    expect(server.asked("GET")).toBe(0);
  });

  it("asks for a log-in on a phone that nobody used", async () => {
    const { server } = await phone();
    closeStore();
    server.on("GET /api/v1/sync/hello", () => json({}, 401));
    expect(await begin()).toBe("signed-out");
    expect(linkNow().login).toBe(true);
  });

  it("changes over when somebody else has logged in, and back", async () => {
    const { server } = await phone();
    expect(await begin()).toBe("signed-in");
    await queue(command);
    server.user = { id: "8", name: "高" };
    expect(await greet()).toBe(true);
    expect([current().userId, await lastUser()]).toEqual(["8", "8"]);
    expect(await waiting()).toEqual([]);
    expect(await leftByOthers("8")).toBe(1);
    server.user = { id: "7", name: "林" };
    await greet();
    expect(await waiting()).toHaveLength(1);
  });
});

describe("log-out", () => {
  it.each([
    ["clears the phone when nobody has anything unsent", false, "phone"],
    ["clears only its own when another has", true, ""],
  ])("%s", async (_what, other, clear) => {
    const { server } = await phone();
    await begin();
    if (other) {
      await openStore("8");
      await queue(command);
      await openStore("7");
    }
    const sent = vi.spyOn(HTMLFormElement.prototype, "submit").mockImplementation(() => undefined);
    await end("7", "/account/logout/");
    expect(sent).toHaveBeenCalledTimes(1);
    const form = document.forms[0]!;
    expect(Object.fromEntries(new FormData(form))).toEqual({ csrfmiddlewaretoken: server.csrf, clear });
    expect(await lastUser()).toBeNull();
    const names = (await indexedDB.databases()).map(({ name }) => name);
    expect(names.includes("wangge-7")).toBe(false);
    expect(names.includes("wangge-8")).toBe(other);
  });

  it("deletes nothing without a connection", async () => {
    const { server } = await phone();
    await begin();
    server.on("GET /api/v1/sync/hello", () => Promise.reject(new TypeError("no network")));
    vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
    await expect(end("7", "/account/logout/")).rejects.toMatchObject({ reason: "offline" });
    expect(await lastUser()).toBe("7");
    expect((await indexedDB.databases()).some(({ name }) => name === "wangge-7")).toBe(true);
  });
});
