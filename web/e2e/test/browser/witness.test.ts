import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { launchChromium } from "idos-testing/chromium";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Leak, Witness } from "../../src/witness.ts";

const SECRET = { name: "the name", text: "Quillfeather" };

let server: Server;
let browser: Browser;
let origin: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    response.setHeader("content-type", "text/html");
    response.end(request.url === "/echo" ? "done" : "<!doctype html><title>page</title><p>page");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
  await new Promise((resolve) => server.close(resolve));
});

/** What is found after a page did something. The secret comes in pieces: what is typed here would be in the heap. */
async function leaksAfter(act: (pieces: string[]) => unknown): Promise<readonly Leak[]> {
  const context = await browser.newContext();
  try {
    const witness = await Witness.watching(context, [origin]);
    const page: Page = await context.newPage();
    await page.goto(`${origin}/`);
    await page.evaluate(act, ["Quill", "feather"]);
    return await witness.leaks(page, [SECRET]);
  } finally {
    await context.close();
  }
}

const places = (leaks: readonly Leak[]) => leaks.map(({ where }) => where);

test("a page that knows nothing leaks nothing", async () => {
  expect(await leaksAfter((pieces) => pieces.length)).toEqual([]);
});

test("what a closure holds is found", async () => {
  const leaks = await leaksAfter((pieces) => {
    const secret = JSON.parse(JSON.stringify(pieces.join("")));
    addEventListener("hashchange", () => [secret]);
  });
  expect(places(leaks)).toContain("heap");
});

test("what a closure holds far behind the beginning of a text is found", async () => {
  const leaks = await leaksAfter((pieces) => {
    const text = JSON.parse(JSON.stringify("-".repeat(10_000) + pieces.join("")));
    addEventListener("hashchange", () => [text]);
  });
  expect(places(leaks)).toContain("heap");
});

test("what goes through a port is found, as bytes and as base64, too", async () => {
  const spelled: ((pieces: string[]) => unknown)[] = [
    (pieces) => new MessageChannel().port1.postMessage({ deep: [pieces.join("")] }),
    (pieces) => new MessageChannel().port1.postMessage(new TextEncoder().encode(pieces.join(""))),
    (pieces) => new MessageChannel().port1.postMessage(btoa(`..${pieces.join("")}..`)),
  ];
  for (const act of spelled) {
    expect(places(await leaksAfter(act))).toContain("messages");
  }
});

test("what a port receives is found", async () => {
  const leaks = await leaksAfter(
    (pieces) =>
      new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve();
        port2.postMessage(pieces.join(""));
      }),
  );
  expect(places(leaks)).toContain("messages");
});

test("what is sent to a server is found", async () => {
  const leaks = await leaksAfter((pieces) => fetch("/echo", { method: "POST", body: pieces.join("") }));
  expect(places(leaks)).toContain("network");
});

test("what is stored or shown is found", async () => {
  const leaks = await leaksAfter((pieces) => {
    sessionStorage.setItem("x", pieces.join(""));
    document.body.append(pieces.join(""));
  });
  expect(places(leaks)).toEqual(expect.arrayContaining(["storage", "document"]));
});
