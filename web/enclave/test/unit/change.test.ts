// @vitest-environment happy-dom
// How a profile unlocks is changed by one who unlocks it, on the ring that is stored.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, test, vi } from "vitest";
import { TEXTS } from "../../src/texts.ts";
import { change } from "../../src/window/change.ts";
import { Screen } from "../../src/window/screen.ts";
import { unlock } from "../../src/window/unlock.ts";
import { PUBLIC_KEY } from "../support/keys.ts";

const ORIGIN = "https://page.example";
const SEALED = join(import.meta.dirname, "../../../../fixtures/crypto/sealed.json");
const person = JSON.parse(readFileSync(SEALED, "utf8")).key_ring_1;
const NEW_PASSWORD = "four unrelated words here";

let main: HTMLElement;

beforeEach(() => {
  localStorage.clear();
  main = document.createElement("main");
  document.body.replaceChildren(main);
});

/** Waits for a screen, fills its passwords, and sends its form. */
async function type(title: string, typed: string): Promise<void> {
  await vi.waitFor(() => expect(main.querySelector("h1")?.textContent).toBe(title), { timeout: 60_000 });
  for (const input of main.querySelectorAll<HTMLInputElement>("input[type=password]")) {
    input.value = typed;
  }
  main.querySelector("form")?.dispatchEvent(new Event("submit", { cancelable: true }));
}

function argumentOf(encryptionPublicKey: string) {
  const holder = { userId: person.user, encryptionPublicKey, keyRing: person.ring };
  return { origin: ORIGIN, holder, change: { kind: "password" }, seen: 0n, chainId: "1" } as const;
}

test("each ring is stored in place of the one that it was made from", async () => {
  const stored: (readonly [string, string | null])[] = [];
  const changing = change(new Screen(main), argumentOf(person.public_key), async (ring, replaces) => {
    stored.push([ring, replaces]);
    return ring;
  });
  await type(TEXTS.unlock.title, person.password);
  await type(TEXTS.change.password, NEW_PASSWORD);
  const { keyRing } = await changing;
  const [[both] = [], [last] = []] = stored;
  expect(stored).toEqual([
    [both, person.ring],
    [last, both],
  ]);
  expect(keyRing).toBe(last);
  expect(last).not.toBe(both);
});

test("a profile that shows a key of somebody else keeps its ring as it is", async () => {
  const store = vi.fn();
  const changing = change(new Screen(main), argumentOf(PUBLIC_KEY.toBase64()), store);
  const outcome = expect(changing).rejects.toMatchObject({ reason: "KeyRing" });
  await type(TEXTS.unlock.title, person.password);
  await outcome;
  expect(store).not.toHaveBeenCalled();
});

test("a passkey that does not answer is said aloud, and no field is blamed", async () => {
  const holder = { userId: person.user, encryptionPublicKey: person.public_key, keyRing: person.ring };
  // This browser has no passkeys at all: asking for one fails at once.
  void unlock(new Screen(main), { origin: ORIGIN, holder, seen: 0n });
  main.querySelector<HTMLButtonElement>("#passkey")?.click();
  await vi.waitFor(() =>
    expect(main.querySelector("[role=alert]")?.textContent).toBe(TEXTS.unlock.passkeyFailed),
  );
  expect(main.querySelector("[aria-invalid]")).toBeNull();
});
