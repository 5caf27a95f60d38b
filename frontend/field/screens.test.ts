import { beforeEach, describe, expect, it, vi } from "vitest";
import { go, register, routeOf, settled, showing, startScreens, type Screen } from "./screens";
import { stripText, showCounts } from "./strip";
import { find } from "../shared/testing";
import { age, forgetWords, when, word } from "./words";
import type { Counts } from "./counts";

const WORDS = {
  "online": "已连接", "offline": "离线", "sending": "正在发送",
  "strip-waiting": "{n} 条待发送", "strip-oldest": "最早一条已等{age}", "strip-refused": "{n} 条被退回",
  "login-again-none": "请重新登录", "other-user": "另一位",
  "age-now": "不到1分钟", "age-minutes": "{n}分钟", "age-hours": "{n}小时", "age-days": "{n}天",
  "screen-failed": "未能显示",
};
const NONE: Counts = {
  drafts: 0, waiting: 0, refused: 0, sent: 0, mine: 0, photos: 0, oldestAgeS: 0,
  online: true, sending: false, login: false, otherUser: false, room: "ok",
};

function shell(): void {
  vi.stubGlobal("scrollTo", () => undefined);
  document.documentElement.lang = "zh-hans";
  document.body.dataset["site"] = "智慧南城";
  document.body.innerHTML = `
    <a id="back" hidden></a><span id="mark"></span><h1 id="title"></h1>
    <p id="strip"><span id="strip-text"></span><a id="strip-login" hidden></a></p>
    <main id="main" tabindex="-1"></main>
    <nav id="tabs"><a data-tab-link="home"></a><a data-tab-link="me"><span class="wg-count" data-count="mine"></span></a></nav>
    <b data-count="waiting"></b>
    <template id="s-home" data-title="首页" data-tab="home"><p>首页</p></template>
    <template id="s-me" data-title="我的" data-tab="me" data-back="#/home"><p class="wg-phone__bar">我</p></template>
    <template id="s-broken" data-title="坏"><p></p></template>
    <script type="application/json" id="words">${JSON.stringify(WORDS)}</script>`;
  forgetWords();
}

async function at(hash: string): Promise<void> {
  location.hash = hash;
  await new Promise((done) => setTimeout(done));
  await settled();
}

beforeEach(shell);

describe("screens", () => {
  it("reads a route", () => {
    const found = routeOf("#/case/NC-2026-000001/%E6%A0%B8?draft=1");
    expect([found.name, found.params, found.query.get("draft")]).toEqual(["case", ["NC-2026-000001", "核"], "1"]);
    expect(routeOf("").name).toBe("home");
    expect(routeOf("#/").name).toBe("home");
    expect(routeOf("#/a/%ZZ").params).toEqual(["%ZZ"]);
  });

  it("shows one after the other, closing the one before", async () => {
    const told: string[] = [];
    const screen = (name: string): Screen => ({
      name,
      template: `s-${name}`,
      open: (root, params) => void told.push(`open ${name} ${params.join()} ${root.textContent}`),
      close: async () => {
        await Promise.resolve();
        told.push(`close ${name}`);
      },
    });
    register(screen("home"), screen("me"));
    location.hash = "";
    startScreens();
    await settled();
    expect(find("#title").textContent).toBe("首页");
    await at("#/me/x");
    expect(told).toEqual(["open home  首页", "close home", "open me x 我"]);
    expect(showing()).toBe("me");
    expect(document.title).toBe("我的 · 智慧南城");
    expect(find("[data-tab-link=me]").getAttribute("aria-current")).toBe("page");
    expect(find("[data-tab-link=home]").hasAttribute("aria-current")).toBe(false);
    expect(find("#back").hidden).toBe(false);
    expect(find("#tabs").hidden).toBe(true);
    expect(document.activeElement).toBe(find("#main"));
    await at("#main");
    expect(showing()).toBe("me");
    await at("#/nowhere");
    expect(showing()).toBe("home");
    expect(find("#tabs").hidden).toBe(false);
    go("me", { replace: true });
    await settled();
    expect(showing()).toBe("me");
  });

  it("says so when a screen breaks, and goes on with the next", async () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    register({ name: "broken", template: "s-broken", open: () => Promise.reject(new Error("x")) });
    await at("#/broken");
    expect(find("[role=alert]").textContent).toBe("未能显示");
    expect(said).toHaveBeenCalledTimes(1);
    await at("#/home");
    expect(find("#main").textContent).toContain("首页");
  });
});

describe("the strip", () => {
  it("says what waits and for how long", () => {
    expect(stripText(NONE)).toBe("已连接");
    expect(stripText({ ...NONE, online: false, waiting: 3, oldestAgeS: 7300 })).toBe("离线 · 3 条待发送 · 最早一条已等2小时");
    expect(stripText({ ...NONE, refused: 1, login: true })).toBe("已连接 · 1 条被退回 · 请重新登录");
    expect(stripText({ ...NONE, sending: true, otherUser: true, login: true })).toBe("正在发送 · 另一位");
  });

  it("puts every count where it belongs", () => {
    showCounts({ ...NONE, online: false, waiting: 1200, mine: 0 });
    expect(find("[data-count=waiting]").textContent).toBe("999+");
    expect(find("[data-count=mine]").hidden).toBe(true);
    expect(find("#strip").classList.contains("is-offline")).toBe(true);
    showCounts({ ...NONE, mine: 2, login: true });
    expect(find("[data-count=mine]").textContent).toBe("2");
    expect(find("[data-count=mine]").hidden).toBe(false);
    expect(find("#strip-login").hidden).toBe(false);
  });
});

describe("words", () => {
  it("tells ages and moments", () => {
    expect([age(0), age(60), age(3599), age(3600), age(86_400 * 3)]).toEqual(["不到1分钟", "1分钟", "59分钟", "1小时", "3天"]);
    expect(when("2026-11-20T07:30:00Z")).toContain("11月");
  });

  it("misses none silently", () => {
    const said = vi.spyOn(console, "error").mockImplementation(() => undefined);
    expect(word("nothing")).toBe("nothing");
    expect(said).toHaveBeenCalledTimes(1);
  });
});
