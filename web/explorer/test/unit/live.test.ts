// @vitest-environment happy-dom
// The overview while blocks come in: the figures and what stands beneath them say the same.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { BlockSummary } from "../../src/api.ts";
import { followBlocks, ROWS } from "../../src/live.ts";
import { Verdict } from "../../src/verdict.ts";

const TIME = Date.UTC(2026, 2, 10, 15, 0, 1, 234);
const SPELLED = "2026-03-10 15:00:01 UTC";

let source: EventTarget;

beforeEach(() => {
  source = new EventTarget();
  vi.stubGlobal("EventSource", function EventSource() {
    return source;
  });
  // As `crates/explorer/src/page/home.rs` makes them.
  document.body.innerHTML = `
    <p id="height">1,000</p><p id="height-time"><time>before</time></p>
    <p id="certified">1,000</p><p id="certified-lag">up to the newest block</p>
    <p id="live" hidden></p>
    <div id="newest-blocks"><table><tbody><tr data-height="1000"></tr></tbody></table></div>`;
  followBlocks(element("newest-blocks"));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) {
    throw new Error(`there is no ${id}`);
  }
  return found;
}

function tell(name: string, data: object): void {
  source.dispatchEvent(new MessageEvent(name, { data: JSON.stringify(data) }));
}

const block = (height: number, certified = false): BlockSummary => ({
  height,
  certified,
  hash: "ab".repeat(32),
  time: TIME,
  transactions: 2,
});
const figures = () =>
  ["height", "height-time", "certified", "certified-lag"].map((id) => element(id).textContent);
const rows = () =>
  [...document.querySelectorAll<HTMLElement>("tbody tr")].map((row) => [
    row.dataset["height"],
    row.querySelector(".badge")?.textContent,
  ]);

test("time and lag are those of the figures above them", () => {
  tell("block", block(1_001));
  expect(figures()).toEqual(["1,001", SPELLED, "1,000", "1 block behind the newest"]);
  tell("block", block(1_002));
  expect(figures()).toEqual(["1,002", SPELLED, "1,000", "2 blocks behind the newest"]);
  tell("certified", { height: 1_002 });
  expect(figures()).toEqual(["1,002", SPELLED, "1,002", "up to the newest block"]);
  // What comes late takes nothing back.
  tell("certified", { height: 1_001 });
  expect(figures()).toEqual(["1,002", SPELLED, "1,002", "up to the newest block"]);
});

test("a block that is certified already, or told again with its certificate, is shown so", () => {
  tell("block", block(1_001, true));
  tell("block", block(1_002));
  expect(rows().slice(0, 2)).toEqual([
    ["1002", "waiting"],
    ["1001", "certified"],
  ]);
  tell("block", block(1_002, true));
  expect(rows().slice(0, 2)).toEqual([
    ["1002", "certified"],
    ["1001", "certified"],
  ]);
  expect(figures()).toEqual(["1,002", SPELLED, "1,002", "up to the newest block"]);
});

test("the list keeps its length", () => {
  for (let height = 1_001; height <= 1_000 + 2 * ROWS; height++) {
    tell("block", block(height));
  }
  expect(rows()).toHaveLength(ROWS);
});

test("a verdict names a time that stays right", () => {
  const checkpoint = { chainId: "unit", epoch: "0" };
  const anchor = { checkpoint, fingerprint: "f".repeat(64) } as unknown as Parameters<Verdict["verified"]>[2];
  const section = element("live");
  new Verdict(section).verified({ signers: 3, validators: 4, height: 7n, timeMillis: TIME }, [], anchor);
  expect(section.textContent).toContain(`The block was made at ${SPELLED}.`);
});
