// The dashboard in a real browser, with the real enclave, under its policy, against a real network.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { IdosClient } from "idos-client";
import { developmentSigner } from "idos-client/development";
import type { PageConfig } from "idos-kit/page-config";
import { launchChromium } from "idos-testing/chromium";
import { TestNetwork, type TestParty } from "idos-testing/network";
import type { Site } from "idos-testing/site";
import { installWallet, WALLET_NAME } from "idos-testing/wallet";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { choosePassword, typePassword } from "../support/browser.ts";
import { TestIssuer } from "../support/issuer.ts";
import { dashboardPage, enclavePage } from "../support/pages.ts";

const PASSWORD = "seven purple kettles";
/** Where pictures of the screens go, if anywhere. */
const PICTURES = process.env["IDOS_PICTURES"];
/** Widths and heights in CSS pixels. */
const PHONE = [390, 844] as const;
const DESK = [1280, 900] as const;
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

let network: TestNetwork;
let issuer: TestIssuer;
let bank: TestParty;
let dashboard: Site;
let enclave: Site;
let browser: Browser;
let context: BrowserContext;
let page: Page;
const complaints: string[] = [];

beforeAll(async () => {
  network = await TestNetwork.start();
  issuer = new TestIssuer(await network.admit("Sample Issuer", "issuer"));
  bank = await network.admit("Sample Bank", "consumer");
  const issuerUrl = await issuer.listen();
  const { chainId, checkpoint, url } = network;
  const base = {
    network: { chainId, nodes: [url], checkpoint },
    dashboard: null,
    demo: null,
    development: true,
  };
  enclave = await enclavePage(() => ({ ...base, enclave: null, issuers: [] }));
  const config: PageConfig = {
    ...base,
    enclave: `http://localhost:${enclave.port}`,
    issuers: [{ name: issuer.party.name, url: issuerUrl }],
  };
  dashboard = await dashboardPage(() => config);
  browser = await launchChromium();
  context = await browser.newContext({ viewport: { width: DESK[0], height: DESK[1] } });
  context.on("console", (message) => {
    if (message.type() === "error") {
      complaints.push(message.text());
    }
  });
  context.on("weberror", (error) => complaints.push(String(error.error())));
  page = await context.newPage();
  page.setDefaultTimeout(Number(process.env["IDOS_PATIENCE"] ?? 60_000));
  await page.goto(address("/"));
});

afterAll(async () => {
  await browser?.close();
  await Promise.all([dashboard?.close(), enclave?.close(), issuer?.close()]);
  await network?.stop();
});

afterEach(async ({ task }) => {
  if (PICTURES !== undefined && task.result?.state === "fail") {
    await page.screenshot({ path: `${PICTURES}/failed.png`, fullPage: true });
    process.stderr.write(`${complaints.join("\n")}\n`);
  }
});

const address = (path: string) => `http://127.0.0.1:${dashboard.port}${path}`;
const button = (name: string | RegExp) => page.getByRole("button", { name, exact: typeof name === "string" });
const heading = (name: string | RegExp) => page.getByRole("heading", { name }).first();
const visit = (name: string) =>
  page.getByRole("navigation", { name: "Main" }).getByRole("link", { name }).click();

/** What has the focus. */
const focused = () => page.evaluate(() => document.activeElement?.textContent);

/** Clicks, and does in the enclave's window what the person does. */
async function inWindow(click: () => Promise<void>, act: (window: Page) => Promise<void>): Promise<void> {
  const opened = context.waitForEvent("page");
  await click();
  await act(await opened);
}

/** What axe finds at fault with the screen, at a desk and on a phone; pictures of it, if they are wanted. */
async function look(name: string): Promise<void> {
  await page.locator(".main .spinner").first().waitFor({ state: "detached" });
  for (const [width, height] of [PHONE, DESK]) {
    await page.setViewportSize({ width, height });
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide, `${name}, ${width}, scrolls sideways`).toBe(false);
    for (const scheme of ["dark", "light"] as const) {
      await page.emulateMedia({ colorScheme: scheme });
      expect(await violations(), `${name}, ${width}, ${scheme}`).toEqual([]);
      if (PICTURES !== undefined) {
        mkdirSync(PICTURES, { recursive: true });
        await page.screenshot({ path: `${PICTURES}/${name}-${scheme}-${width}.png`, fullPage: true });
      }
    }
  }
}

async function violations(): Promise<readonly string[]> {
  // A policy keeps scripts of others out; the test is let in by the browser's own way.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(root: unknown): Promise<{ violations: object[] }> };
    };
    return (await axe.run({ exclude: ["iframe"] })).violations;
  });
  return (found as { impact: string; id: string; nodes: { html: string }[] }[])
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
}

test("a newcomer makes a wallet, a profile and a first credential", async () => {
  await heading("Your identity data").waitFor();
  await look("connect");
  await page.getByLabel("Name").fill("Ada");
  await button("Create and connect").click();
  await heading("Welcome").waitFor();
  await look("welcome");
  await button("Begin").click();
  await inWindow(
    () => button("Open the enclave").click(),
    (window) => choosePassword(window, PASSWORD),
  );
  await button("Sign and make my profile").waitFor();
  await look("steps");

  // The issuer is busy; nothing is lost, and a page that is loaded again goes on where it was.
  issuer.failures = 1;
  await button("Sign and make my profile").click();
  await page.getByText("Too many requests: try again in a minute.").waitFor();
  await page.reload();
  await button("Sign and make my profile").click();
  await page.getByLabel("First names").waitFor();

  await button("Sign and request").click();
  await page.getByText("This is needed.").first().waitFor();
  await page.getByLabel("First names").fill("Ada");
  await page.getByLabel("Family name").fill("Lovelace");
  await page.getByLabel("Date of birth").fill("1990-04-30");
  await page.getByLabel("Nationality").fill("pt");
  await page.getByLabel("Country of the document").fill("pt");
  await page.getByLabel("Number of the document").fill("P1234567");
  await look("form");
  const soon = new Date(Date.now() + 10 * 86_400_000).toISOString().slice(0, 10);
  issuer.nextNotes = { id: "urn:first", expires: soon };
  await button("Sign and request").click();
  await heading("My data").waitFor();
  await page.getByRole("link", { name: "Proof of identity" }).waitFor();
  await page.getByText("is valid for 10 more days").waitFor();
  await page.getByText(/Proved at block/).waitFor();
  await look("my-data");
});

test("a credential opens in the enclave, whose text the page never sees", async () => {
  await page.getByRole("link", { name: "Proof of identity" }).click();
  // The page was loaded again since: the keys are locked.
  await inWindow(
    () => button("Open").click(),
    (window) => typePassword(window, PASSWORD),
  );
  await page.frameLocator(".enclave-frame iframe").getByText("Lovelace").first().waitFor();
  expect(await page.locator("body").innerText()).not.toContain("Lovelace");
  await look("opened");
  await page.locator(".enclave-frame").getByRole("button", { name: "Close" }).click();
  await page.locator("dialog.enclave-frame[open]").waitFor({ state: "detached" });
  await look("credential");
});

test("what is shared under a lock cannot be revoked, and deleting says what stays", async () => {
  await button("Share").click();
  await page.getByLabel("Recipient").selectOption({ label: bank.name });
  await page.getByLabel("Lock").selectOption({ label: "30 days" });
  await page.getByText("not even you can revoke this").waitFor();
  await look("share");
  await inWindow(
    () => button("Review in the enclave").click(),
    async (window) => {
      await window.getByText(bank.name).first().waitFor();
      await window.getByRole("button", { name: "Share", exact: true }).click();
    },
  );
  await page.getByText(`Shared with ${bank.name}.`).waitFor();
  await page.getByText(/Locked until/).waitFor();
  await button("Delete").click();
  await page.getByText(`${bank.name} keeps its copy until`).waitFor();
  await look("delete");
  await button("Cancel").click();
  expect(await focused()).toBe("Delete");

  await visit("Shared with others");
  await page.getByRole("heading", { name: bank.name }).waitFor();
  await look("shared");
  // The issuer's own copy has no lock.
  await button(`Revoke: Proof of identity, ${issuer.party.name}`).click();
  await page.locator("dialog[open]").getByRole("button", { name: "Revoke" }).click();
  await page.getByText("Revoked.").waitFor();
  await page.getByRole("heading", { name: issuer.party.name }).waitFor({ state: "detached" });
  // The button that had it is gone.
  await expect.poll(focused).toBe("Shared with others");
  expect(await button(`Revoke: Proof of identity, ${bank.name}`).count()).toBe(0);
});

test("a renewed credential is offered to who has the older version", async () => {
  issuer.nextNotes = { id: "urn:second", replaces: "urn:first", expires: "2031-01-01" };
  await visit("My data");
  await page.getByRole("link", { name: "Request a credential" }).click();
  await page.getByLabel("First names").fill("Ada");
  await page.getByLabel("Family name").fill("Lovelace");
  await page.getByLabel("Date of birth").fill("1990-04-30");
  await page.getByLabel("Nationality").fill("PT");
  await page.getByLabel("Country of the document").fill("PT");
  await page.getByLabel("Number of the document").fill("P7654321");
  await button("Sign and request").click();
  await page.getByText(`${bank.name} still has an older version`).waitFor();
  await look("renewal");
  await inWindow(
    () => button("Share the new one").click(),
    (window) => window.getByRole("button", { name: "Share", exact: true }).click(),
  );
  await page.getByText(`${bank.name} still has an older version`).waitFor({ state: "detached" });
  await page.getByText(`is shared with ${bank.name}`).waitFor();
  await look("renewed");
});

test("attributes are sealed in the enclave, and plain ones only with a warning", async () => {
  await visit("Attributes");
  await heading("No attributes yet").waitFor();
  await look("attributes-empty");
  await button("Add an attribute").click();
  await page.getByLabel("Name").fill("email");
  await inWindow(
    () => button("Type the value in the enclave").click(),
    async (window) => {
      await window.locator("textarea, input[type='text']").first().fill("ada@example.org");
      await window.locator('form button[type="submit"]').click();
    },
  );
  await page.getByText("The attribute is saved.").waitFor();
  await button("Add an attribute").click();
  await page.getByLabel("Name").fill("nickname");
  await page.getByLabel("Store it in plain, readable for all nodes").check();
  expect(await button("Store in plain").isDisabled()).toBe(true);
  await page.getByLabel("I understand that this is not encrypted").check();
  await page.getByLabel("Value").fill("Countess");
  await look("attribute-plain");
  await button("Store in plain").click();
  await page.getByText("Countess").waitFor();
  await page.getByText("Encrypted", { exact: true }).waitFor();
  await look("attributes");
  await button("Delete: nickname").click();
  await page.locator("dialog[open]").getByRole("button", { name: "Delete" }).click();
  await page.getByText("Countess").waitFor({ state: "detached" });
});

test("wallets of other kinds are linked and removed", async () => {
  await visit("Wallets");
  await page.getByText("You have one wallet only").waitFor();
  for (const kind of ["NEAR", "XRPL", "Stellar", "FaceSign"]) {
    await button("Add a wallet").click();
    const dialog = page.locator("dialog[open]");
    await dialog.getByLabel("Kind").selectOption(kind);
    await dialog.getByRole("button", { name: "Create and connect" }).click();
    await page.locator(".item .badge", { hasText: kind }).waitFor();
    await dialog.waitFor({ state: "detached" });
  }
  await look("wallets");
  await button("Add a wallet").click();
  await look("wallets-add");
  await page.locator("dialog[open]").getByRole("button", { name: "Close" }).click();
  const before = await page.locator(".main .item").count();
  await button(/^Remove/)
    .first()
    .click();
  await page.locator("dialog[open]").getByRole("button", { name: "Remove" }).click();
  await page.getByText("The wallet is removed.").waitFor();
  await expect.poll(() => page.locator(".main .item").count()).toBe(before - 1);
});

test("a second account of the same extension is linked, though that has one account at a time", async () => {
  const [one, two] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(32))];
  // Another browser of the person, whose extension has an account that is linked already.
  const [{ secret = "" } = {}] = await page.evaluate((): { secret?: string }[] =>
    JSON.parse(localStorage.getItem("idos-development-wallets") ?? "[]"),
  );
  const { chainId, checkpoint, url } = network;
  const idos = new IdosClient({ nodes: [url], chainId, checkpoint });
  const person = idos.person(await developmentSigner("EVM", Buffer.from(secret, "hex")));
  await person.addWallet(await developmentSigner("EVM", one));

  const other = await browser.newContext({ viewport: { width: DESK[0], height: DESK[1] } });
  const extension = await installWallet(other, one);
  const there = await other.newPage();
  await there.goto(address("/"));
  await there.getByRole("button", { name: new RegExp(`^${WALLET_NAME}`) }).click();
  await there.getByRole("link", { name: "Wallets" }).click();
  await there.getByRole("button", { name: "Add a wallet" }).click();
  const dialog = there.locator("dialog[open]");
  const another = dialog.getByRole("button", { name: new RegExp(`^${WALLET_NAME}: another account`) });
  await another.click();
  await dialog.getByText("This account is linked already").waitFor();
  await extension.switchTo(two);
  await another.click();
  // The new one has signed; the one in use cannot while it is not shown.
  await dialog.getByText("switch it back to").waitFor();
  await extension.switchTo(one);
  await dialog.getByRole("button", { name: "Try again" }).click();
  await there.getByText("The wallet is linked.").waitFor();
  expect(extension.signed.filter((text) => text.startsWith("Sign to add this wallet"))).toHaveLength(1);
  // Who only switches is not signed in any more.
  await extension.switchTo(two);
  await there.getByText("Your wallet has another account now.").waitFor();
  await other.close();
});

test("keys are locked and unlocked, and everything is exported", async () => {
  await visit("Security");
  await button("Lock now").click();
  await page.getByText("The keys are locked on this device.").waitFor();
  await inWindow(
    () => button("Unlock").click(),
    (window) => typePassword(window, PASSWORD),
  );
  await heading("Password").waitFor();
  await look("security");
  await visit("Export");
  await look("export");
  const file = new Promise<string>((resolve) => {
    context.once("page", (window) =>
      window.once("download", async (download) => resolve(readFileSync(await download.path(), "utf8"))),
    );
  });
  await inWindow(
    () => button("Export my data").click(),
    async (window) => {
      await window.getByRole("button", { name: "Save the file" }).click();
      expect(await file).toContain("Lovelace");
      await window.getByRole("button", { name: "Done" }).click();
    },
  );
  await page.getByText(/The file has \d+ items/).waitFor();
  await visit("Shared with me");
  await heading("Nobody shares anything with this wallet").waitFor();
  await look("received");
});

test("a profile is erased; what a lock holds is named before", async () => {
  await visit("Erase profile");
  await page.getByText(`${bank.name} can read its copy until`).first().waitFor();
  await look("erase");
  expect(await button("Erase my profile for good").isDisabled()).toBe(true);
  await page.getByLabel("Type “erase” to go on").fill("erase");
  await button("Erase my profile for good").click();
  await heading("Your profile is erased").waitFor();
  await button(/^Connect Ada$/).click();
  await heading("Welcome").waitFor();
});

test("nothing was refused by the policy, and nothing went wrong unseen", () => {
  expect(complaints.filter((it) => !it.includes("503"))).toEqual([]);
});
