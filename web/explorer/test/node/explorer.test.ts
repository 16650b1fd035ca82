// The explorer of a real node: nothing personal, pages without a script, and what its document says.
import { beforeAll, expect, test } from "vitest";
import { json, NODE, newScene, type Scene } from "../support/scene.ts";

/** Questions that this test may ask: the node's own limit is for a minute. */
const MOST_PAGES = 120;

let scene: Scene;

beforeAll(async () => {
  scene = await newScene();
});

/** Every page and answer that is linked from the first ones, with its text. */
async function crawl(): Promise<Map<string, string>> {
  const { height } = await json<{ height: number }>("/api/v1/network");
  const waiting = [
    "/explorer/",
    `/explorer/grants?grantee=${scene.grantee}`,
    `/explorer/grants?data_id=${scene.dataId}`,
    `/explorer/grants/${scene.grantId}`,
    "/explorer/motions",
    "/explorer/validators",
    "/explorer/about",
    `/api/v1/grants?grantee=${scene.grantee}`,
    `/api/v1/grants?data_id=${scene.dataId}`,
    `/api/v1/grants/${scene.grantId}`,
    `/api/v1/grants/${scene.grantId}/proof`,
    "/api/v1/network",
    "/api/v1/validators",
    "/api/v1/motions",
    "/api/v1/stats",
    "/api/v1/blocks?limit=100",
    "/api/v1/openapi.json",
    ...scene.transactions.flatMap((hash) => [
      `/explorer/transactions/${hash}`,
      `/api/v1/transactions/${hash}`,
    ]),
    ...Array.from({ length: Math.min(height, 20) }, (_, ago) => `/api/v1/blocks/${height - ago}`),
  ];
  const found = new Map<string, string>();
  for (let path = waiting.shift(); path !== undefined && found.size < MOST_PAGES; path = waiting.shift()) {
    if (found.has(path)) {
      continue;
    }
    const response = await fetch(NODE + path);
    const text = await response.text();
    expect(response.status, `${path}: ${text}`).toBe(200);
    found.set(path, text);
    const links = [...text.matchAll(/href="(\/(?:explorer|api)[^"#]*)"/g)].map(([, link = ""]) => link);
    waiting.push(...links.map((link) => link.replaceAll("&amp;", "&")));
  }
  return found;
}

test("nothing that is found names a person or what they wrote", async () => {
  const found = await crawl();
  expect(found.size).toBeGreaterThan(30);
  const all = [...found.values()].join("\n");
  // It looks where these are.
  expect(all).toContain(scene.grantId);
  expect(all).toContain(scene.grantee);
  expect(all).toContain("share_credential");
  for (const [path, text] of found) {
    for (const secret of scene.secrets) {
      expect(text.toLowerCase().includes(secret.toLowerCase()), `${secret} in ${path}`).toBe(false);
    }
  }
});

test("pages are whole without a script", async () => {
  const response = await fetch(`${NODE}/explorer/grants/${scene.grantId}`);
  const page = await response.text();
  expect(page).toContain(scene.dataId);
  expect(page).toContain("Not checked in your browser");
  const policy = response.headers.get("content-security-policy") ?? "";
  for (const rule of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(rule);
  }
  expect(policy).not.toContain("unsafe");
});

test("a search leads to what was meant", async () => {
  const lead = async (q: string) => {
    const response = await fetch(`${NODE}/explorer/search?q=${encodeURIComponent(q)}`, {
      redirect: "manual",
    });
    expect(response.status).toBe(303);
    return response.headers.get("location");
  };
  expect(await lead("1")).toBe("/explorer/blocks/1");
  expect(await lead(scene.grantId)).toBe(`/explorer/grants/${scene.grantId}`);
  expect(await lead(scene.dataId)).toBe(`/explorer/grants?data_id=${scene.dataId}`);
  expect(await lead(scene.grantee)).toBe(`/explorer/grants?grantee=${scene.grantee}`);
  const [hash = ""] = scene.transactions;
  expect(await lead(hash)).toBe(`/explorer/transactions/${hash}`);
  const root = await fetch(`${NODE}/`, { redirect: "manual" });
  expect([root.status, root.headers.get("location")]).toEqual([302, "/explorer/"]);
});

test("any origin may read, and learns why not", async () => {
  const response = await fetch(`${NODE}/api/v1/blocks/x`, { headers: { origin: "https://a.example" } });
  expect(response.status).toBe(400);
  expect(response.headers.get("access-control-allow-origin")).toBe("*");
  expect(response.headers.get("access-control-allow-credentials")).toBeNull();
  expect(await response.json()).toEqual({ error: "height must be a whole number" });
  for (const path of [
    "/api/v1/blocks/999999999",
    `/api/v1/transactions/${"0".repeat(64)}`,
    `/api/v1/grants/${crypto.randomUUID()}`,
    `/api/v1/grants/${crypto.randomUUID()}/proof`,
    "/explorer/nothing",
  ]) {
    expect((await fetch(NODE + path)).status, path).toBe(404);
  }
});

test("news come as they happen", async () => {
  const stop = new AbortController();
  const response = await fetch(`${NODE}/api/v1/events`, { signal: stop.signal });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const made = newScene();
  let text = "";
  while (!(text.includes("event: block") && text.includes("event: certified"))) {
    const part = await reader?.read();
    expect(part?.done).toBe(false);
    text += part?.value ?? "";
  }
  await made;
  stop.abort();
  const [, data = ""] = /event: block\ndata: (.*)\n/.exec(text) ?? [];
  expect(Object.keys(JSON.parse(data))).toEqual(["height", "hash", "time", "transactions", "certified"]);
});
