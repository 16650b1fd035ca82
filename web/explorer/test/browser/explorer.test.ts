// The pages in a browser: what they verify, and what they say of a node that lies.
import { mkdirSync } from "node:fs";
import axe from "axe-core";
import { launchChromium } from "idos-testing/chromium";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { json, NODE, newScene, type Scene } from "../support/scene.ts";

/** A folder for screenshots of every page; without one none are made. */
const SHOTS = process.env["IDOS_SCREENSHOTS"];
const PATIENCE = 30_000;

let browser: Browser;
let scene: Scene;
let height: number;

beforeAll(async () => {
  browser = await launchChromium();
  scene = await newScene();
  const grant = await json<{ height: number }>(`/api/v1/grants/${scene.grantId}`);
  height = grant.height;
});

afterAll(async () => {
  await browser?.close();
});

/** A visitor of their own, who hears of everything that the page complains about. */
async function visitor(): Promise<{ context: BrowserContext; page: Page; complaints: string[] }> {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => message.type() === "error" && complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(error.message));
  return { context, page, complaints };
}

async function verdictOf(page: Page, path: string, state: string): Promise<string> {
  await page.goto(NODE + path);
  const verdict = page.locator("#verdict");
  const settled = page.locator("#verdict:not([data-state=checking])[data-state]");
  await settled.waitFor({ timeout: PATIENCE });
  const text = await verdict.innerText();
  expect(await verdict.getAttribute("data-state"), text).toBe(state);
  return text;
}

test("the browser verifies the network, a block and a grant", async () => {
  const { context, page, complaints } = await visitor();
  expect(await verdictOf(page, "/explorer/", "verified")).toMatch(/of 4 validators signed/);
  const block = await verdictOf(page, `/explorer/blocks/${height}`, "verified");
  expect(block).toMatch(/[34] of 4 validators signed the state after block/);
  expect(block).toContain("the whole block");
  const grant = await verdictOf(page, `/explorer/grants/${scene.grantId}`, "verified");
  expect(grant).toContain("to this grantee, for this data");
  expect(grant).toContain("fingerprint");
  expect(complaints).toEqual([]);
  await context.close();
});

/** Changes what the node answers at a path. */
async function lie(page: Page, path: string, change: (answer: Record<string, unknown>) => void) {
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch();
    const answer = (await response.json()) as Record<string, unknown>;
    change(answer);
    await route.fulfill({ response, json: answer });
  });
}

const flip = (hex: unknown) => {
  const text = String(hex);
  return text.slice(0, -1) + (text.endsWith("0") ? "1" : "0");
};

test("what a node makes up is refuted", async () => {
  const grantPath = `/explorer/grants/${scene.grantId}`;
  const proofPath = `/api/v1/grants/${scene.grantId}/proof`;
  const blockPath = `/explorer/blocks/${height}`;
  const lies: [string, string, (answer: Record<string, unknown>) => void][] = [
    [grantPath, proofPath, (answer) => (answer["leaf"] = flip(answer["leaf"]))],
    [grantPath, proofPath, (answer) => (answer["certificate"] = flip(answer["certificate"]))],
    [grantPath, proofPath, (answer) => (answer["data_proof"] = answer["grantee_proof"])],
    [grantPath, proofPath, (answer) => (answer["grantee"] = "somebody else")],
    [blockPath, `/api/v1/blocks/${height}`, (answer) => (answer["root"] = flip(answer["root"]))],
    [blockPath, `/api/v1/blocks/${height}`, (answer) => (answer["header"] = flip(answer["header"]))],
    [blockPath, `/api/v1/blocks/${height}`, (answer) => (answer["time"] = Number(answer["time"]) + 1)],
  ];
  for (const [path, answer, change] of lies) {
    const { context, page } = await visitor();
    await lie(page, answer, change);
    expect(await verdictOf(page, path, "refuted")).toContain("This does not hold");
    await context.close();
  }
});

test("a page that shows something else than was signed, or not every transaction or signer, is refuted", async () => {
  const path = `/explorer/blocks/${height}`;
  const lies: [RegExp, string][] = [
    [/(?<=id="fact-time"><time datetime=")\d{4}/, "1970"],
    [/(?<=id="fact-time"><time datetime="[^"]*">)\d{4}/, "1970"],
    [/(?<=id="fact-epoch">)[\d,]+/, "999,999"],
    [/(?<=id="fact-parent">.*<code class="digest">)[0-9a-f]{64}/, "0".repeat(64)],
    [/(?<=id="fact-proposer"><code class="digest">)[0-9a-f]{64}/, "0".repeat(64)],
    [/(?<=id="fact-leaves">)[\d,]+/, "999,999"],
    [/<li><code class="digest">[0-9a-f]{64}<\/code><\/li>/, ""],
    [/(?<=<tbody>)<tr>.*?<\/tr>/s, ""],
  ];
  for (const [shown, instead] of lies) {
    const { context, page } = await visitor();
    await page.route(`**${path}`, async (route) => {
      const response = await route.fetch();
      const text = await response.text();
      expect(text).toMatch(shown);
      await route.fulfill({ response, body: text.replace(shown, instead) });
    });
    expect(await verdictOf(page, path, "refuted")).toContain("The page shows something else");
    await context.close();
  }
});

test("the fingerprint that people compare is what the browser starts from, and another one is refuted", async () => {
  const { context, page, complaints } = await visitor();
  const { fingerprint } = await json<{ fingerprint: string }>("/api/v1/network");
  expect(await verdictOf(page, "/explorer/about", "starts")).toContain(fingerprint);
  expect(complaints).toEqual([]);
  await page.route("**/explorer/about", async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: (await response.text()).replace(fingerprint, "0".repeat(64)) });
  });
  await verdictOf(page, "/explorer/about", "refuted");
  await context.close();
});

test("an overview that calls another height certified than what was signed is refuted", async () => {
  await newScene();
  const { context, page } = await visitor();
  await page.route("**/api/v1/blocks/*", async (route) => {
    const response = await route.fetch({ url: `${NODE}/api/v1/blocks/${height}` });
    await route.fulfill({ response });
  });
  expect(await verdictOf(page, "/explorer/", "refuted")).toContain("The page shows something else");
  await context.close();
});

test("a transaction that is left out is noticed", async () => {
  const { context, page } = await visitor();
  await lie(page, `/api/v1/blocks/${height}`, (answer) => (answer["transactions"] = []));
  const text = await verdictOf(page, `/explorer/blocks/${height}`, "verified");
  expect(text).toContain("this node's word");
  await context.close();
});

test("other first validators than at the first visit are noticed", async () => {
  const { context, page } = await visitor();
  await page.goto(`${NODE}/explorer/about`);
  const { chain_id: chainId } = await json<{ chain_id: string }>("/api/v1/network");
  for (const [first, told] of [
    [{ chainId, fingerprint: "other" }, "other first validators"],
    [{ chainId: "other", fingerprint: "other" }, "on your first visit here it was of other"],
  ] as const) {
    await page.evaluate(
      (text) => localStorage.setItem("idos-explorer-first-seen", text),
      JSON.stringify(first),
    );
    expect(await verdictOf(page, `/explorer/blocks/${height}`, "changed")).toContain(told);
  }
  await context.close();
});

test("a visitor starts from a checkpoint of their own", async () => {
  const { context, page } = await visitor();
  const { checkpoint } = await json<{ checkpoint: { chainId: string } }>("/api/v1/network");
  await page.goto(`${NODE}/explorer/about`);
  const text = page.getByLabel("Start from a checkpoint of your own");
  await text.waitFor({ timeout: PATIENCE });
  await text.fill("{}");
  await page.getByRole("button", { name: "Use it" }).click();
  await expect.poll(() => page.getByRole("alert").innerText()).toContain("no checkpoint");
  await text.fill(JSON.stringify({ ...checkpoint, chainId: "other" }));
  await page.getByRole("button", { name: "Use it" }).click();
  await expect.poll(() => page.getByRole("alert").innerText()).toContain("of the chain other");
  await text.fill(JSON.stringify(checkpoint));
  await page.getByRole("button", { name: "Use it" }).click();
  await expect.poll(() => page.locator("#checkpoint-state").innerText()).toContain("your checkpoint");
  expect(await verdictOf(page, `/explorer/blocks/${height}`, "verified")).toContain("your own checkpoint");
  await context.close();
});

test("new blocks appear by themselves", async () => {
  const { context, page, complaints } = await visitor();
  await page.goto(`${NODE}/explorer/`);
  await expect.poll(() => page.locator("#live").innerText(), { timeout: PATIENCE }).toBe("Live");
  const first = () => page.locator("#newest-blocks tbody tr").first().getAttribute("data-height");
  const before = Number(await first());
  await newScene();
  await expect.poll(async () => Number(await first()), { timeout: PATIENCE }).toBeGreaterThan(before);
  expect(complaints).toEqual([]);
  await context.close();
});

test("pages are read without a script", async () => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${NODE}/explorer/`);
  await page.getByRole("searchbox").fill(scene.grantee);
  await page.getByRole("button", { name: "Search" }).click();
  await page.locator("tbody a").first().click();
  expect(await page.locator("h1").innerText()).toBe("Access grant");
  expect(await page.locator("#verdict").innerText()).toContain("Not checked in your browser");
  await context.close();
});

test("every page is accessible on phones and desktops, light and dark", async () => {
  const pages = {
    overview: "/explorer/",
    blocks: "/explorer/blocks",
    block: `/explorer/blocks/${height}`,
    transaction: `/explorer/transactions/${scene.transactions[0]}`,
    search: "/explorer/grants",
    grants: `/explorer/grants?grantee=${scene.grantee}`,
    grant: `/explorer/grants/${scene.grantId}`,
    validators: "/explorer/validators",
    votes: "/explorer/motions",
    about: "/explorer/about",
    missing: "/explorer/nothing",
  };
  for (const colorScheme of ["light", "dark"] as const) {
    for (const width of [390, 1280]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
      const page = await context.newPage();
      for (const [name, path] of Object.entries(pages)) {
        await page.goto(NODE + path);
        if ((await page.locator("#verdict").count()) > 0) {
          await page
            .locator("#verdict:not([data-state=checking])[data-state]")
            .waitFor({ timeout: PATIENCE });
        }
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        expect(wide, `${name} at ${width} is too wide`).toBeLessThanOrEqual(0);
        await page.evaluate(axe.source);
        const { violations } = await page.evaluate(() =>
          (globalThis as unknown as { axe: typeof axe }).axe.run(document, { resultTypes: ["violations"] }),
        );
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
        expect(found, `${name} ${colorScheme} ${width}`).toEqual([]);
        if (SHOTS !== undefined) {
          mkdirSync(SHOTS, { recursive: true });
          await page.screenshot({ path: `${SHOTS}/${name}-${colorScheme}-${width}.png`, fullPage: true });
        }
      }
      await context.close();
    }
  }
});
