import { beforeEach, describe, expect, it } from "vitest";
import { drafts, queue, waiting } from "./outbox";
import { phone } from "./testing";
import { draftOf, Writing } from "./writing";

beforeEach(async () => {
  await phone();
});

describe("what is being written", () => {
  let text = "";
  const begun = (): Writing => new Writing(() => (text ? { screen: "task/a", title: "任务", data: { note: text }, photos: [] } : null));
  const sendOf = (writing: Writing) => async (): Promise<boolean> => {
    await queue({ id: writing.id, kind: "task.done", data: { task: "a", note: text }, title: "任务" });
    return true;
  };

  it("is kept when its screen goes, found by the next one, and gone when nothing stands there", async () => {
    text = "已清走";
    const first = begun();
    await first.close(); // nothing was typed
    expect(await drafts()).toEqual([]);
    first.touch();
    await first.close();
    expect(await draftOf("task/b")).toBeUndefined();
    const kept = (await draftOf("task/a"))!;
    expect(kept.data).toEqual({ note: "已清走" });
    const second = begun();
    second.resume(kept);
    text = "";
    await second.close();
    expect(await drafts()).toEqual([]);
  });

  it("becomes one command, and its draft goes with that", async () => {
    text = "已清走";
    const writing = begun();
    await writing.keep();
    const send = sendOf(writing);
    expect(await Promise.all([writing.become(send), writing.become(send)])).toEqual([true, false]);
    writing.touch();
    await writing.close();
    expect([(await drafts()).length, (await waiting()).map(({ id }) => id)]).toEqual([0, [writing.id]]);
  });

  it("stays a draft where the phone was too full to send it", async () => {
    text = "已清走";
    const writing = begun();
    await writing.keep();
    expect(await writing.become(async () => false)).toBe(false);
    text = "已清走两箱";
    await writing.close();
    expect((await draftOf("task/a"))!.data).toEqual({ note: "已清走两箱" });
    expect(await writing.become(sendOf(writing))).toBe(true);
    expect([(await drafts()).length, (await waiting()).length]).toEqual([0, 1]);
  });
});
