import { describe, expect, it } from "vitest";
import { CarryError, exportAll, importAll } from "./carry";
import { counts } from "./counts";
import { captured, drafts, fileOf, queue, saveDraft, waiting } from "./outbox";
import { flush } from "./sync";
import { closeStore, destroyStore, openStore } from "./store";
import { define, phone } from "./testing";

const ID = "0b7d9f8e-0000-4000-8000-000000000001";
const DRAFT = "0b7d9f8e-0000-4000-8000-000000000002";

async function filled(): Promise<string> {
  const file = await captured(new Blob(["photo"], { type: "image/jpeg" }));
  await queue({ id: ID, kind: "report.make", title: "井盖松动", data: { text: "井盖松动", photos: [file.sha] } }, [file]);
  await saveDraft({ id: DRAFT, screen: "report", title: "草稿", data: { text: "写了一半" }, photos: [] });
  return file.sha;
}

describe("a file of what is unsent", () => {
  it("goes to another phone and is sent from there, once", async () => {
    const { server } = await phone();
    const sha = await filled();
    const { file, code, count, name } = await exportAll();
    expect(count).toBe(2);
    expect(name).toMatch(/^wangge-\d{12}\.json$/);
    expect(code).toMatch(/^([A-Z2-9]{4}-){3}[A-Z2-9]{4}$/);
    const text = new TextDecoder().decode(await file.arrayBuffer());
    expect(text).not.toContain("井盖");
    const before = (await waiting())[0]!.occurredAt;

    await destroyStore("7");
    await openStore("7");
    expect(await importAll(file, code.toLowerCase().replaceAll("-", " "))).toEqual({ taken: 2, known: 0 });
    expect(await importAll(file, code)).toEqual({ taken: 0, known: 2 });
    expect(await drafts()).toMatchObject([{ id: DRAFT, data: { text: "写了一半" } }]);
    expect(await waiting()).toMatchObject([{ id: ID, title: "井盖松动", occurredAt: before, missing: 1 }]);
    expect(new TextDecoder().decode((await fileOf(sha))!.bytes)).toBe("photo");
    await flush();
    expect([...server.done.keys()]).toEqual([ID]);
    expect(server.media.size).toBe(1);
    expect(await importAll(file, code)).toEqual({ taken: 0, known: 2 });
    expect(await counts()).toMatchObject({ waiting: 0, drafts: 1, photos: 0, sent: 1 });
  });

  it.each([
    ["the code is wrong", async (text: string) => [text, "AAAA-AAAA-AAAA-AAAA"] as const, "code"],
    ["it was changed", async (text: string, code: string) => [text.replace(/"iv":"./, '"iv":"!').replace("!", "A"), code] as const, "code"],
    ["it is something else", async (_text: string, code: string) => ['{"format":"x"}', code] as const, "bad"],
    ["it is no JSON", async (_text: string, code: string) => ["hello", code] as const, "bad"],
    ["it is somebody else's", async (text: string, code: string) => [text.replace('"user":"7"', '"user":"8"'), code] as const, "other"],
  ])("is refused, and nothing changes, when %s", async (_why, spoilt, why) => {
    await phone();
    await filled();
    const { file, code } = await exportAll();
    const [text, tried] = await spoilt(new TextDecoder().decode(await file.arrayBuffer()), code);
    await destroyStore("7");
    await openStore("7");
    const refusal = await importAll(new Blob([text]), tried).catch((error: unknown) => error);
    // A first letter of the iv that was "A" already leaves the file as it was.
    if (why === "code" && text === new TextDecoder().decode(await file.arrayBuffer()) && tried === code) return;
    expect(refusal).toBeInstanceOf(CarryError);
    expect((refusal as CarryError).why).toBe(why);
    expect(await counts()).toMatchObject({ waiting: 0, drafts: 0 });
    closeStore();
    define("onLine", true);
  });
});
