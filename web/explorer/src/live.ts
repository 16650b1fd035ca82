import type { BlockSummary } from "./api.ts";
import { count, shortened, spelledTime } from "./spelling.ts";
import { TEXTS } from "./texts.ts";

/** Rows that the list of newest blocks has: `NEWEST` in `crates/node/src/explorer.rs`. */
export const ROWS = 10;

/** Puts new blocks on top of the list, and keeps the figures above it current. */
export function followBlocks(list: HTMLElement): void {
  const body = list.querySelector("tbody");
  const state = document.getElementById("live");
  if (body === null || state === null) {
    return;
  }
  // Not a live region: a block a second would never let a screen reader finish.
  const say = (text: string, isLive: boolean) => {
    state.hidden = false;
    state.dataset["live"] = String(isLive);
    state.textContent = text;
  };
  const source = new EventSource("/api/v1/events");
  source.addEventListener("open", () => say(TEXTS.live, true));
  source.addEventListener("error", () => say(TEXTS.interrupted, false));
  source.addEventListener("block", (event) => put(body, JSON.parse(event.data) as BlockSummary));
  source.addEventListener("certified", (event) => {
    const { height } = JSON.parse(event.data) as { height: number };
    certify(body, height);
  });
}

function put(body: HTMLElement, block: BlockSummary): void {
  const first = Number(body.querySelector("tr")?.dataset["height"] ?? "-1");
  if (block.height > first) {
    body.prepend(row(block));
    while (body.children.length > ROWS) {
      body.lastElementChild?.remove();
    }
    show("height", count(block.height));
    show("height-time", moment(block.time));
    showLag();
  }
  // Of a height that is told again, this is the news.
  if (block.certified) {
    certify(body, block.height);
  }
}

function certify(body: HTMLElement, height: number): void {
  for (const row of body.querySelectorAll<HTMLElement>("tr")) {
    const badge = row.querySelector<HTMLElement>(".badge");
    if (badge !== null && Number(row.dataset["height"]) <= height) {
      badge.dataset["tone"] = "good";
      badge.textContent = "certified";
    }
  }
  if (height > shown("certified")) {
    show("certified", count(height));
    showLag();
  }
}

/** How far certificates are behind the blocks, by the figures above. */
function showLag(): void {
  const lag = Math.max(0, shown("height") - shown("certified"));
  show("certified-lag", TEXTS.lag(lag, count(lag)));
}

function show(id: string, content: string | Node): void {
  document.getElementById(id)?.replaceChildren(content);
}

/** A figure of the page. */
function shown(id: string): number {
  return Number(document.getElementById(id)?.textContent.replaceAll(",", ""));
}

function row({ height, hash, time, transactions }: BlockSummary): HTMLElement {
  const link = document.createElement("a");
  link.href = `/explorer/blocks/${height}`;
  link.textContent = count(height);
  const badge = document.createElement("span");
  badge.className = "badge";
  badge.textContent = "waiting";
  const code = document.createElement("code");
  code.title = hash;
  code.textContent = shortened(hash);
  const element = document.createElement("tr");
  element.dataset["height"] = String(height);
  element.className = "new";
  for (const content of [link, moment(time), count(transactions), badge, code]) {
    const cell = document.createElement("td");
    cell.append(content);
    element.append(cell);
  }
  return element;
}

function moment(millis: number): HTMLElement {
  const { machine, text } = spelledTime(millis);
  const element = document.createElement("time");
  element.dateTime = machine;
  element.textContent = text;
  return element;
}
