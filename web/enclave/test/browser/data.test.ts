// What the person does with their data: questions of sites, values of attributes, the file of everything.

import { readFileSync } from "node:fs";
import type { Holder, SealedAttribute } from "idos-client/enclave";
import { KeyRing, Password, SecretKey } from "idos-crypto";
import type { Download, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { JsonObject } from "../../src/credential/document.ts";
import { openAttribute } from "../../src/keys/attribute-value.ts";
import { PersonKeys } from "../../src/keys/person-keys.ts";
import { newHolder, type Outcome, typePassword, type Visit } from "../support/browser.ts";
import { SECRET_NAME, SUBJECT, sealedFor, signed } from "../support/credentials.ts";
import { Offline } from "../support/offline.ts";

const PASSWORD = "seven purple kettles";
/** Texts that stand nowhere else: a page that has one has seen a plaintext. */
const [PHONE, NEW_PHONE] = ["+351 555 0142 77", "+351 555 0199 33"];

let sites: Offline;
let visit: Visit;

beforeAll(async () => {
  sites = await Offline.start();
});

afterAll(async () => {
  await sites?.close();
});

beforeEach(async () => {
  visit = await sites.visit();
});

afterEach(async () => {
  await visit?.close();
});

const issued = (holder: Holder, subject: JsonObject = SUBJECT) =>
  sealedFor(holder.encryptionPublicKey, signed(SecretKey.generate().expose(), subject));
const click = (window: Page, name: string) => window.getByRole("button", { name, exact: true }).click();
const shownValues = () => visit.frame.locator("dd").allTextContents();

async function textOfDownload(download: Download): Promise<string> {
  return readFileSync(await download.path(), "utf8");
}

/** Nothing in the page, its messages, its storage, or on the network has one of these texts. Gives all of it. */
async function expectUnseen(...secrets: readonly string[]): Promise<string> {
  const everything = `${await visit.everything()}\n${visit.sent.join("\n")}`;
  for (const secret of secrets) {
    expect(everything).not.toContain(secret);
  }
  return everything;
}

/** Types a value in the window of `editAttribute`. */
const typeValue = (value: string) => async (window: Page) => {
  await window.getByLabel("Value").fill(value);
  await click(window, "Encrypt and save");
};

const edited = ({ result, ...rest }: Outcome): SealedAttribute => {
  expect(rest).toEqual({});
  return result as SealedAttribute;
};

test("a question is answered with ids, if the person agrees; a no gives nothing", async () => {
  const holder = await newHolder(visit, PASSWORD, false);
  const met = issued(holder);
  const [otherCountry, young] = [
    issued(holder, { ...SUBJECT, nationality: "FR" }),
    issued(holder, { ...SUBJECT, dateOfBirth: "2015-04-30" }),
  ];
  // Junk that somebody wrote to the person keeps no site from the others.
  const junk = { ...issued(holder), content: met.content };
  const argument = {
    credentials: [junk, otherCountry, met, young],
    conditions: [
      { path: ["nationality"], is: "in", value: ["PT", "ES"] },
      { path: ["dateOfBirth"], is: "before", value: "2008-01-01" },
    ],
  };
  const declined = await visit.inWindow("filter", argument, (window) => click(window, "Do not answer"));
  expect(declined).toMatchObject({ reason: "Declined" });
  expect(declined).not.toHaveProperty("result");
  const answered = await visit.inWindow("filter", argument, async (window) => {
    await window.getByText("which of 4 credentials").waitFor();
    expect(await window.locator("li bdi").allTextContents()).toEqual([
      "Nationality",
      "PT",
      "ES",
      "Date of birth",
      "2008-01-01",
    ]);
    await expect(window.locator(".asker").textContent()).resolves.toBe(new URL(sites.pageUrl).origin);
    await click(window, "Answer");
  });
  expect(answered).toEqual({ result: { ids: [met.id] } });
  await visit.ask("lock", null);
  expect(await visit.ask("filter", argument)).toMatchObject({ reason: "Locked" });
  expect(visit.complaints).toEqual([]);
  await expectUnseen(SECRET_NAME, "P1234567");
});

test("a condition that compares with no date is refused, and the person is not asked", async () => {
  const holder = await newHolder(visit, PASSWORD, true);
  const argument = {
    credentials: [issued(holder)],
    conditions: [{ path: ["dateOfBirth"], is: "before", value: "yesterday" }],
  };
  expect(await visit.ask("filter", argument)).toMatchObject({
    reason: "BadRequest",
    message: expect.stringContaining("YYYY-MM-DD"),
  });
});

test("a value that the person types reaches the page sealed, and opens again", async () => {
  const holder = await newHolder(visit, PASSWORD, false);
  const empty = { id: crypto.randomUUID(), key: "phoneNumber", value: null };
  const sealed = edited(await visit.inWindow("editAttribute", empty, typeValue(PHONE)));
  expect(sealed).toMatchObject({ id: empty.id, key: "phoneNumber" });
  expect(sealed.value).toMatch(/^idos:envelope:/);
  expect(await visit.ask("showAttributes", { attributes: [sealed] })).toEqual({ result: null });
  expect(await shownValues()).toEqual([PHONE]);

  const stopped = await visit.inWindow("editAttribute", sealed, async (window) => {
    await expect(window.getByLabel("Value").inputValue()).resolves.toBe(PHONE);
    await window.getByLabel("Value").fill(NEW_PHONE);
    await click(window, "Cancel");
  });
  expect(stopped).toMatchObject({ reason: "Declined" });
  expect(stopped).not.toHaveProperty("result");
  const renewed = edited(await visit.inWindow("editAttribute", sealed, typeValue(NEW_PHONE)));
  const ring = KeyRing.fromBase64(holder.keyRing ?? "", holder.userId);
  const { keys } = await ring.unlock({ kind: "password", password: new Password(PASSWORD) }, 0n);
  expect(openAttribute(PersonKeys.of(holder.userId, keys), renewed)).toBe(NEW_PHONE);

  // What was sealed for one attribute is not shown, nor edited, as another.
  const moved = { ...renewed, key: "ssn" };
  expect(await visit.ask("showAttributes", { attributes: [moved] })).toMatchObject({ reason: "Unreadable" });
  const unreadable = await visit.inWindow("editAttribute", moved, async (window) => {
    await window.getByText("That did not work").waitFor();
    await window.close();
  });
  expect(unreadable).toMatchObject({ reason: "Unreadable" });
  await visit.ask("hide", null);
  expect(await shownValues()).toEqual([]);
  expect(visit.complaints).toEqual([]);
  expect(await expectUnseen(PHONE, NEW_PHONE)).toContain(sealed.value);
});

test("a value of several lines keeps them", async () => {
  await newHolder(visit, PASSWORD, true);
  const value = "Rua do Salitre 1\n1269-052 Lisboa";
  const plain = { id: crypto.randomUUID(), key: "address", value };
  const kept = edited(
    await visit.inWindow("editAttribute", plain, (window) => click(window, "Encrypt and save")),
  );
  expect(kept.value).toMatch(/^idos:box:/);
  await visit.ask("showAttributes", { attributes: [kept] });
  expect(await shownValues()).toEqual([value]);
});

const fixture = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../../fixtures/crypto/${name}.json`, import.meta.url), "utf8"));

test("values that the Rust SDK sealed are shown and edited; altered ones are not", async () => {
  const { id, key, value, boxes, envelopes } = fixture("attributes");
  const person = fixture("sealed").key_ring_1;
  const holder = { userId: person.user, encryptionPublicKey: person.public_key, keyRing: person.ring };
  const unlocked = await visit.inWindow("unlock", holder, (window) => typePassword(window, person.password));
  expect(unlocked.result).toMatchObject({ encryptionPublicKey: person.public_key });
  const attributes = [...boxes, ...envelopes].map((sealed: string) => ({ id, key, value: sealed }));
  expect(attributes).toHaveLength(2);
  expect(await visit.ask("showAttributes", { attributes })).toEqual({ result: null });
  expect(await shownValues()).toEqual([value, value]);
  for (const attribute of attributes) {
    const altered = {
      ...attribute,
      value: attribute.value.replace(/.(?=.{8}$)/, (it) => (it === "A" ? "B" : "A")),
    };
    expect(await visit.ask("showAttributes", { attributes: [altered] })).toMatchObject({
      reason: "Unreadable",
    });
    const same = edited(
      await visit.inWindow("editAttribute", attribute, async (window) => {
        await expect(window.getByLabel("Value").inputValue()).resolves.toBe(value);
        await click(window, "Encrypt and save");
      }),
    );
    expect(same.value).not.toBe(attribute.value);
    await visit.ask("showAttributes", { attributes: [same] });
    expect(await shownValues()).toEqual([value]);
  }
  await expectUnseen(value, person.password);
});

test("everything is offered as a file in the window; the page gets a number", async () => {
  const holder = await newHolder(visit, PASSWORD, false);
  const empty = { id: crypto.randomUUID(), key: "phoneNumber", value: null };
  const attribute = edited(await visit.inWindow("editAttribute", empty, typeValue(PHONE)));
  const [whole, junk] = [issued(holder), { ...issued(holder), content: "AAAA" }];
  const record = { profile: holder.userId, wallets: ["0xab"] };
  const argument = { credentials: [whole, junk], attributes: [attribute], record };

  const stopped = await visit.inWindow("export", argument, (window) => click(window, "Cancel"));
  expect(stopped).toMatchObject({ reason: "Declined" });
  expect(stopped).not.toHaveProperty("result");
  let name = "";
  let text = "";
  const outcome = await visit.inWindow("export", argument, async (window) => {
    await window.getByText("holds 2 items of yours").waitFor();
    await window.getByText("1 more could not be opened").waitFor();
    const download = window.waitForEvent("download");
    await window.getByRole("button", { name: "Save the file" }).click();
    name = (await download).suggestedFilename();
    text = await textOfDownload(await download);
    await click(window, "Done");
  });
  expect(outcome).toEqual({ result: { items: 2 } });
  expect(name).toMatch(/^idos-\d{4}-\d{2}-\d{2}\.json$/);
  expect(JSON.parse(text)).toMatchObject({
    record,
    credentials: [
      { id: whole.id, credential: { credentialSubject: SUBJECT, proof: expect.anything() } },
      { id: junk.id, error: expect.any(String) },
    ],
    attributes: [{ id: attribute.id, key: "phoneNumber", value: PHONE }],
  });
  expect(visit.complaints).toEqual([]);
  await expectUnseen(SECRET_NAME, PHONE, "P1234567");
});

test("a document within a credential is offered as a download, for as long as it is shown", async () => {
  const holder = await newHolder(visit, PASSWORD, false);
  const document = `%PDF-1.7\n${SECRET_NAME}\n%%EOF\n`;
  const asFile = (text: string) => `data:application/pdf;base64,${Buffer.from(text).toString("base64")}`;
  const credential = issued(holder, {
    ...SUBJECT,
    residentialAddressProofFile: asFile(document),
    // Says that it is a PDF, and is a page.
    selfieFile: asFile("<!doctype html><script>alert(1)</script>"),
  });
  expect(await visit.ask("show", { credential })).toEqual({ result: null });
  const link = visit.frame.getByRole("link", { name: "Save the document" });
  await expect.poll(() => link.count()).toBe(1);
  await visit.frame.getByText("Proof of address", { exact: true }).waitFor();
  const download = visit.page.waitForEvent("download");
  await link.click();
  expect((await download).suggestedFilename()).toBe("residentialAddressProofFile.pdf");
  expect(await textOfDownload(await download)).toBe(document);
  expect(await visit.frame.locator("a, img").count()).toBe(1);
  await visit.ask("hide", null);
  expect(await link.count()).toBe(0);
  await expectUnseen(SECRET_NAME);
});
