import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { WALLET_NAME } from "idos-testing/wallet";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { seriousViolations, type Violation } from "../../src/accessibility.ts";
import { EnclaveWindow } from "../../src/objects/enclave-window.ts";
import { Story, SUBJECT } from "../../src/story.ts";

const FOLDER = join(import.meta.dirname, "../../screenshots");
const WIDTHS = { phone: 390, desktop: 1280 } as const;
const THEMES = ["light", "dark"] as const;

let story: Story | undefined;
const tooWide: string[] = [];
const broken: { readonly screen: string; readonly violation: Violation }[] = [];

beforeAll(async () => {
  await mkdir(FOLDER, { recursive: true });
  story = await Story.begin();
});

afterAll(async () => {
  await story?.end();
});

/** Until every frame has drawn what it shows now. Frames of no size are not drawn at all, and not waited for. */
async function drawn(page: Page): Promise<void> {
  const twice = () =>
    new Promise<void>((resolve) => {
      setTimeout(resolve, 500);
      requestAnimationFrame(() => requestAnimationFrame(() => resolve()));
    });
  await Promise.all(page.frames().map((frame) => frame.evaluate(twice)));
}

/** Takes a screen in both themes at both widths, and looks at each: whether axe finds fault, and whether it fits. */
async function take(name: string, page: Page): Promise<void> {
  for (const theme of THEMES) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    for (const [width, pixels] of Object.entries(WIDTHS)) {
      const screen = `${name}-${theme}-${width}`;
      await page.setViewportSize({ width: pixels, height: 844 });
      await drawn(page);
      await page.screenshot({ path: join(FOLDER, `${screen}.png`), fullPage: true });
      const found = await seriousViolations(page);
      broken.push(...found.map((violation) => ({ screen, violation })));
      if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) {
        tooWide.push(screen);
      }
    }
  }
}

test("every screen is taken, axe finds nothing serious, and nothing scrolls sideways", async () => {
  if (story === undefined) {
    throw new Error("the story has not begun");
  }
  const { places } = story.devnet;
  const device = await story.newDevice();
  const { dashboard, bank } = device;

  await bank.page.goto(places.demo);
  await bank.page.getByRole("heading", { level: 1 }).waitFor();
  await take("bank-welcome", bank.page);
  await bank.page.getByRole("button", { name: "Open an account with idOS" }).click();
  await take("bank-wallets", bank.page);
  await bank.page.getByRole("button", { name: WALLET_NAME }).click();
  await bank.isAt("This wallet has no idOS profile yet");
  await take("bank-no-profile", bank.page);

  await dashboard.page.goto(places.dashboard);
  await dashboard.page.getByRole("heading", { level: 1 }).waitFor();
  await take("dashboard-connect", dashboard.page);
  await dashboard.connect(WALLET_NAME);
  await dashboard.isAt("Welcome. Let’s make your profile");
  await take("dashboard-welcome", dashboard.page);
  await dashboard.page.getByRole("button", { name: "Begin" }).click();
  const opening = () => dashboard.page.getByRole("button", { name: "Open the enclave" }).click();
  const creating = await EnclaveWindow.openedBy(dashboard.page, opening);
  await creating.title();
  await take("enclave-create", creating.page);
  await creating.createWithPassword(story.password, () => take("enclave-words", creating.page));
  await dashboard.makeProfile();
  await take("dashboard-first-credential", dashboard.page);
  await dashboard.requestCredential(SUBJECT);
  await dashboard.says("Proof of identity");
  await take("dashboard-my-data", dashboard.page);
  await dashboard.openCredential();
  await take("dashboard-credential", dashboard.page);
  await dashboard.show();
  await dashboard.enclave().getByText(SUBJECT.documentNumber).first().waitFor();
  await take("dashboard-credential-open", dashboard.page);
  await dashboard.closeFrame();

  await bank.page.goto(places.demo);
  await bank.openAccount(WALLET_NAME);
  await bank.isAt("What you share with us");
  await take("bank-offer", bank.page);
  const sharing = await bank.agreeUnlocking(story.password, (window) => take("enclave-unlock", window.page));
  await sharing.title();
  await take("enclave-share", sharing.page);
  await sharing.share(story.bankName);
  await bank.isAt(`Welcome to ${story.bankName}`);
  await take("bank-approved", bank.page);

  for (const [name, title] of [
    ["Shared with others", "Shared with others"],
    ["Shared with me", "Shared with me"],
    ["Attributes", "Attributes"],
    ["Wallets", "Wallets"],
    ["Security", "Security"],
    ["Export", "Export"],
    ["Erase profile", "Erase my profile"],
  ] as const) {
    await dashboard.goTo(name, title);
    await dashboard.page.waitForLoadState("networkidle");
    await take(`dashboard-${name.toLowerCase().replaceAll(" ", "-")}`, dashboard.page);
  }

  const explorer = await device.context.newPage();
  const at = (path: string) => `${places.nodes[0]}/explorer/${path}`;
  const read = async (name: string, path: string, text?: string) => {
    await explorer.goto(at(path));
    await explorer.getByRole("heading", { level: 1 }).waitFor();
    if (text !== undefined) {
      await explorer.getByText(text).first().waitFor();
    }
    await take(`explorer-${name}`, explorer);
  };
  const first = async (list: string, within = "main") => {
    const path = await explorer
      .locator(`${within} a[href^="/explorer/${list}/"]`)
      .first()
      .getAttribute("href");
    return (path ?? "").replace("/explorer/", "");
  };
  // Blocks without transactions are made when nothing happens for a while.
  const filled = 'main tr:not(:has(td:nth-child(3):text-is("0")))';
  const verified = "Verified in your browser";
  await read("overview", "", verified);
  for (const list of ["grants", "validators", "motions", "about", "blocks"]) {
    await read(list, list);
  }
  await read("block", await first("blocks", filled), verified);
  await read("transaction", await first("transactions"));
  const [grant] = await story.grantsToBank();
  await read("grants-found", `grants?grantee=${grant?.grantee}`, grant?.dataId.slice(0, 8));
  await read("grant", await first("grants"), verified);
  await read("nothing", "search?q=nobody");
  expect(broken).toEqual([]);
  expect(tooWide).toEqual([]);
}, 720_000);
