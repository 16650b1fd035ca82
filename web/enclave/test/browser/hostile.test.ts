// Pages, nodes and thieves that mean harm.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SecretKey } from "idos-crypto";
import { launchChromium } from "idos-testing/chromium";
import { TestNetwork, type TestParty } from "idos-testing/network";
import { type Site, site } from "idos-testing/site";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { newHolder as madeHolder, typePassword, Visit } from "../support/browser.ts";
import { SECRET_NAME, sealedFor, signed } from "../support/credentials.ts";
import { enclaveSite, pageSite } from "../support/sites.ts";

const PASSWORD = "seven purple kettles";

let browser: Browser;
let network: TestNetwork;
let bank: TestParty;
let page: Site;
let enclave: Site;
let visit: Visit;
let nodes: readonly string[];
let profiles: string;

beforeAll(async () => {
  profiles = mkdtempSync(join(tmpdir(), "idos-profiles-"));
  network = await TestNetwork.start();
  bank = await network.admit("Sample Bank", "consumer");
  page = await pageSite();
  const config = () => ({
    network: { chainId: network.chainId, nodes, checkpoint: network.checkpoint },
    enclave: null,
    issuers: [],
    dashboard: null,
    demo: null,
    development: true,
  });
  enclave = await enclaveSite(config, () => nodes);
  browser = await launchChromium();
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([page?.close(), enclave?.close(), network?.stop()]);
  rmSync(profiles, { recursive: true, force: true });
});

afterEach(async () => {
  await visit?.close();
});

const enclaveUrl = () => `http://localhost:${enclave.port}`;
const pageUrl = () => `http://127.0.0.1:${page.port}/`;
const begin = async () => {
  nodes = [network.url];
  visit = await Visit.begin(browser, pageUrl(), enclaveUrl());
};
const beginWithProfile = async () => {
  nodes = [network.url];
  visit = await Visit.withProfile(mkdtempSync(join(profiles, "profile-")), pageUrl(), enclaveUrl());
};

const newHolder = () => madeHolder(visit, PASSWORD, true);

/** Sends a second greeting to the frame that is there; resolves to whether it was answered. */
const greetAgain = () =>
  visit.page.evaluate(
    (origin) =>
      new Promise<boolean>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(true);
        const frame = document.querySelector("iframe")?.contentWindow;
        frame?.postMessage({ type: "idos-enclave:hello", version: 1 }, origin, [port2]);
        // The frame answers in turn: once it has answered this, it has read the greeting.
        void window.idos.ask("status", null).then(() => resolve(false));
      }),
    enclaveUrl(),
  );

test("a second greeting, and one from another window than the page, are not answered", async () => {
  await begin();
  expect(await greetAgain()).toBe(false);
  const answered = await visit.page.evaluate(
    (origin) =>
      new Promise<unknown>((resolve) => {
        // A frame beside the enclave's, of the page's own origin: it is no parent.
        const [fresh, stranger] = [document.createElement("iframe"), document.createElement("iframe")];
        fresh.src = `${origin}/`;
        fresh.onload = () => {
          document.body.append(stranger);
          const script = stranger.contentDocument?.createElement("script");
          if (script === undefined) {
            return;
          }
          script.textContent = `
            const greet = (from, done) => {
              const { port1, port2 } = new MessageChannel();
              port1.onmessage = () => done(from);
              (from === "stranger" ? window : parent).postMessage.call;
              parent.frames[1].postMessage({ type: "idos-enclave:hello", version: 1 }, "${origin}", [port2]);
            };
            greet("stranger", (who) => parent.answered.push(who));`;
          Object.assign(window, { answered: [] });
          stranger.contentDocument?.body.append(script);
          const { port1, port2 } = new MessageChannel();
          port1.onmessage = () => {
            Reflect.get(window, "answered").push("page");
            resolve(Reflect.get(window, "answered"));
          };
          fresh.contentWindow?.postMessage({ type: "idos-enclave:hello", version: 1 }, origin, [port2]);
        };
        document.body.append(fresh);
      }),
    enclaveUrl(),
  );
  expect(answered).toEqual(["page"]);
});

test("a message that is replayed, skipped ahead, or malformed is refused", async () => {
  await begin();
  const answers = await visit.page.evaluate(
    (origin) =>
      new Promise<unknown[]>((resolve) => {
        const frame = document.createElement("iframe");
        frame.src = `${origin}/`;
        frame.onload = () => {
          const { port1, port2 } = new MessageChannel();
          const answers: unknown[] = [];
          port1.onmessage = ({ data }) => {
            if (data.method !== undefined) {
              return;
            }
            answers.push(data.type ?? data.error?.reason ?? data.result);
            if (answers.length === 7) {
              resolve(answers);
            }
          };
          frame.contentWindow?.postMessage({ type: "idos-enclave:hello", version: 1 }, origin, [port2]);
          for (const message of [
            { id: 1, method: "hide", argument: null },
            { id: 1, method: "hide", argument: null },
            { id: 5, method: "hide", argument: null },
            { id: 0, method: "hide", argument: null },
            { id: 2, method: "constructor", argument: null },
            { id: 3, method: "share", argument: { credential: { id: "x" } } },
            "nonsense",
          ]) {
            port1.postMessage(message);
          }
          frame.name = "x";
        };
        document.body.append(frame);
      }),
    enclaveUrl(),
  );
  const [first, ...rest] = answers;
  expect(first).toBe("idos-enclave:welcome");
  expect([...rest].sort()).toEqual([
    "BadRequest",
    "BadRequest",
    "BadRequest",
    "BadRequest",
    "BadRequest",
    null,
  ]);
});

test("the window does not run in a frame", async () => {
  await begin();
  const text = await visit.page.evaluate(
    (origin) =>
      new Promise<number>((resolve) => {
        const frame = document.createElement("iframe");
        frame.src = `${origin}/window.html#${"0".repeat(32)}`;
        frame.onload = () => resolve(1);
        document.body.append(frame);
      }),
    enclaveUrl(),
  );
  expect(text).toBe(1);
  expect(visit.complaints.join()).toContain("frame-ancestors");
  // That the frame went there is told later than that it loaded.
  const refused = () =>
    visit.page
      .frames()
      .some((frame) => frame.parentFrame() !== null && frame.url().startsWith("chrome-error"));
  await expect.poll(refused).toBe(true);
});

test("where the header is lost, a framed window still shows nothing to click", async () => {
  const bare = await site((request, response) => {
    void fetch(`http://127.0.0.1:${enclave.port}${request.url}`).then(async (answer) => {
      response.setHeader("content-type", answer.headers.get("content-type") ?? "text/html");
      response.end(Buffer.from(await answer.arrayBuffer()));
    });
  });
  await begin();
  await visit.page.evaluate((url) => {
    const frame = document.createElement("iframe");
    frame.id = "framed";
    frame.src = url;
    document.body.append(frame);
  }, `http://localhost:${bare.port}/window.html`);
  const framed = visit.page.frameLocator("#framed");
  await framed.getByText("put inside another page").waitFor();
  expect(await framed.locator("button, input, a").count()).toBe(0);
  await bare.close();
});

test("consent cannot be clicked the moment the window comes up, nor by script", async () => {
  await begin();
  const holder = await newHolder();
  const credential = sealedFor(holder.encryptionPublicKey, signed(SecretKey.generate().expose()));
  const argument = {
    credential,
    recipient: { kind: "party", partyId: bank.id },
    lockedUntil: 0,
    expiresAt: 0,
  };
  const outcome = await visit.inWindow("share", argument, async (popup) => {
    const button = popup.getByRole("button", { name: "Share", exact: true });
    await button.waitFor();
    await popup.evaluate(() => {
      const share = [...document.querySelectorAll("button")].find((it) => it.textContent === "Share");
      share?.removeAttribute("disabled");
      share?.click();
    });
    expect(await button.count()).toBe(1);
    await popup.getByRole("button", { name: "Do not share" }).click();
  });
  expect(outcome).toMatchObject({ reason: "Declined" });
});

test("a node that gives out another key for a recipient is not believed", async () => {
  await begin();
  const liar = await site((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk) => chunks.push(chunk));
    const cors = {
      "access-control-allow-origin": enclaveUrl(),
      "access-control-allow-headers": "content-type",
      "access-control-allow-credentials": "true",
    };
    request.on("end", () => {
      if (request.method === "OPTIONS") {
        response.writeHead(204, cors).end();
        return;
      }
      const headers = { "content-type": "application/json" };
      const { method } = request;
      const init = method === "POST" ? { method, headers, body: Buffer.concat(chunks) } : { method: "GET" };
      void fetch(network.url + request.url, init).then(async (answer) => {
        const text = await answer.text();
        response.writeHead(answer.status, { ...headers, ...cors }).end(substituted(text));
      });
    });
  });
  nodes = [`http://127.0.0.1:${liar.port}`];
  await visit.load();
  const holder = await newHolder();
  const credential = sealedFor(holder.encryptionPublicKey, signed(SecretKey.generate().expose()));
  const argument = {
    credential,
    recipient: { kind: "party", partyId: bank.id },
    lockedUntil: 0,
    expiresAt: 0,
  };
  const outcome = await visit.inWindow("share", argument, async (popup) => {
    await popup.getByText("That did not work").waitFor();
    await popup.close();
  });
  expect(outcome).toMatchObject({ reason: "Network" });
  expect(didSubstitute).toBe(true);
  await liar.close();
});

let didSubstitute = false;

/** Answers with the bank's key replaced by another of the same length, wherever it stands. */
function substituted(text: string): string {
  const [real, other] = [bank.encryption.publicKey(), SecretKey.generate().publicKey()];
  const base64 = (inner: string) => Buffer.from(inner).toString("base64");
  // The row is in base64 within the answer: the key's own base64 stands in it at one of three offsets.
  const rows = text.replace(/[A-Za-z0-9+/]{40,}={0,2}/g, (part) => {
    const row = Buffer.from(part, "base64");
    // Nodes give the key as text or as its bytes.
    for (const [from, to] of [
      [Buffer.from(real.toBase64()), Buffer.from(other.toBase64())],
      [Buffer.from(real.toBytes()), Buffer.from(other.toBytes())],
    ] as const) {
      const at = row.indexOf(from);
      if (at >= 0) {
        didSubstitute = true;
        to.copy(row, at);
      }
    }
    return didSubstitute ? row.toString("base64") : part;
  });
  return rows.replaceAll(base64(real.toBase64()), base64(other.toBase64()));
}

test("a browser that opens no window is told to the page", async () => {
  await begin();
  await visit.page.evaluate(() => {
    window.open = () => null;
  });
  expect(await visit.ask("create", { userId: crypto.randomUUID(), compatible: true })).toMatchObject({
    reason: "PopupBlocked",
  });
});

test("a person who closes the window has said no; one window at a time", async () => {
  await begin();
  const argument = { userId: crypto.randomUUID(), compatible: true };
  const outcome = await visit.inWindow("create", argument, async (popup) => {
    await popup.getByRole("heading", { name: "Protect your data" }).waitFor();
    expect(await visit.ask("create", argument)).toMatchObject({ reason: "BadRequest" });
    await popup.close();
  });
  expect(outcome).toMatchObject({ reason: "Declined" });
});

test("unlocked keys outlast a reload, encrypted in storage by a key that cannot be read; a lock ends them", async () => {
  await beginWithProfile();
  const holder = await newHolder();
  await visit.load();
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: holder.userId } });
  const frame = visit.page.frames().find((it) => it.url().startsWith(enclaveUrl()));
  const stored = await frame?.evaluate(async () => {
    const open = indexedDB.open("idos-enclave");
    await new Promise((resolve) => {
      open.onsuccess = resolve;
    });
    const all = open.result.transaction("unlocked").objectStore("unlocked").getAll();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    open.result.close();
    const [record] = all.result;
    const exported = await crypto.subtle.exportKey("raw", record.key).then(
      () => "exported",
      () => "kept",
    );
    return { exported, names: Object.keys(record), local: JSON.stringify(localStorage) };
  });
  expect(stored).toMatchObject({ exported: "kept" });
  expect(stored?.local).not.toContain("sealed");
  await visit.ask("lock", null);
  expect(await visit.page.evaluate(() => window.idos.locked)).toBe(1);
  await visit.load();
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: null } });
});

/** Somebody whose credential is shown, on a page whose clock is ours. */
async function showing() {
  await beginWithProfile();
  const holder = await newHolder();
  const credential = sealedFor(holder.encryptionPublicKey, signed(SecretKey.generate().expose()));
  await visit.page.clock.install();
  await visit.load();
  await visit.ask("show", { credential });
  const shown = visit.frame.getByText(SECRET_NAME, { exact: true });
  await shown.waitFor();
  return { holder, shown };
}

test("keys lock when nothing happens, and what was shown goes", async () => {
  const { holder, shown } = await showing();
  await visit.page.clock.fastForward("14:00");
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: holder.userId } });
  await visit.page.clock.fastForward("02:00");
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: null } });
  expect(await shown.count()).toBe(0);
  expect(await visit.page.evaluate(() => window.idos.locked)).toBe(1);
});

test("what is shown does not outlive the keys because the machine slept", async () => {
  const { shown } = await showing();
  // The time goes on, and no timer has fired. The page asks nothing: somebody looks at it.
  const later = await visit.page.evaluate(() => Date.now() + 16 * 60_000);
  await visit.page.clock.setSystemTime(later);
  expect(await shown.count()).toBe(1);
  const frame = visit.page.frames().find((it) => it.url().startsWith(enclaveUrl()));
  await frame?.evaluate(() => dispatchEvent(new Event("focus")));
  await expect.poll(() => shown.count(), { timeout: 3_000 }).toBe(0);
  expect(await visit.page.evaluate(() => window.idos.locked)).toBe(1);
});

/** When the stored keys lock if nothing happens. */
async function storedIdleAt(): Promise<number> {
  const frame = visit.page.frames().find((it) => it.url().startsWith(enclaveUrl()));
  const at = await frame?.evaluate(async () => {
    const open = indexedDB.open("idos-enclave");
    await new Promise((resolve) => {
      open.onsuccess = resolve;
    });
    const all = open.result.transaction("unlocked").objectStore("unlocked").getAll();
    await new Promise((resolve) => {
      all.onsuccess = resolve;
    });
    open.result.close();
    return all.result[0]?.idleAt;
  });
  return Number(at);
}

test("keys stay while the person does something in a window, whatever the page asks meanwhile", async () => {
  await beginWithProfile();
  const holder = await newHolder();
  await visit.page.clock.install();
  await visit.load();
  const argument = { id: crypto.randomUUID(), key: "email", value: null };
  const outcome = await visit.inWindow("editAttribute", argument, async (popup) => {
    await popup.locator("input, textarea").first().waitFor();
    await visit.page.clock.fastForward("14:00");
    const before = await storedIdleAt();
    await popup.keyboard.press("a");
    await expect.poll(storedIdleAt).toBeGreaterThan(before);
    await visit.page.clock.fastForward("14:00");
    expect(await visit.ask("status", null)).toMatchObject({ result: { userId: holder.userId } });
    await popup.close();
  });
  expect(outcome).toMatchObject({ reason: "Declined" });
  await visit.page.clock.fastForward("02:00");
  expect(await visit.ask("status", null)).toMatchObject({ result: { userId: null } });
});

test("it works where frames may store nothing", async () => {
  await begin();
  const frame = visit.page.frames().find((it) => it.url().startsWith(enclaveUrl()));
  const stores = await frame?.evaluate(
    () =>
      new Promise<boolean>((resolve) => {
        const open = indexedDB.open("probe");
        open.onsuccess = () => resolve(true);
        open.onerror = () => resolve(false);
      }),
  );
  expect(stores).toBe(false);
  const holder = await newHolder();
  const credential = sealedFor(holder.encryptionPublicKey, signed(SecretKey.generate().expose()));
  expect(await visit.ask("show", { credential })).toEqual({ result: null });
  await visit.ask("lock", null);
  const unlocked = await visit.inWindow("unlock", holder, (popup) => typePassword(popup, PASSWORD));
  expect(unlocked.result).toMatchObject({ encryptionPublicKey: holder.encryptionPublicKey });
});
