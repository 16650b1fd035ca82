// One file of everything, whatever a person has.
import { ed25519 } from "@noble/curves/ed25519.js";
import type { SealedAttribute, Serve } from "idos-client/enclave";
import { seal } from "idos-crypto";
import { afterEach, expect, test, vi } from "vitest";
import { TEXTS } from "../../src/texts.ts";
import type { Steps } from "../../src/window/steps.ts";
import { SECRET_NAME, sealedFor, signed } from "../support/credentials.ts";
import { ADA, PUBLIC_KEY } from "../support/keys.ts";
import { enclave, later } from "../support/service.ts";

type Offer = Parameters<Steps["offer"]>[0];

const credential = sealedFor(PUBLIC_KEY.toBase64(), signed(ed25519.utils.randomSecretKey()));
const attribute: SealedAttribute = { id: ADA, key: "x", value: "y" };
const part = { credentials: [credential], attributes: [], record: null };
const next = { ...part, isLast: false };
const last = { credentials: [], attributes: [attribute], record: { wallets: ["0xab"] }, isLast: true };

afterEach(() => vi.unstubAllGlobals());

/** An enclave whose window takes every file. */
async function exporting(serve: Serve = async () => null) {
  const offers: Offer[] = [];
  const made = await enclave((method, argument) => {
    if (method === "offer") {
      offers.push(argument as Offer);
    }
    return serve(method, argument);
  });
  const file = async () => JSON.parse((await offers[0]?.file.text()) ?? "");
  return { ...made, offers, file };
}

test("an export counts what is in the file, and says how much is not", async () => {
  const { service, offers, file } = await exporting();
  const junk = { ...credential, content: "AAAA" };
  const all = { credentials: [credential, junk], attributes: [attribute], record: 1 };
  await expect(service.serve("export", all)).resolves.toEqual({ items: 2 });
  expect(offers).toMatchObject([{ items: 2, failed: 1 }]);
  expect(await file()).toMatchObject({
    record: 1,
    credentials: [
      { id: credential.id, credential: { credentialSubject: { familyName: SECRET_NAME } } },
      { id: junk.id, error: expect.any(String) },
    ],
    attributes: [{ id: ADA, key: "x", value: "y" }],
  });
});

test("a credential that is nested without end does not keep the others from being exported", async () => {
  const { service, offers, file } = await exporting();
  const depth = 200_000;
  const text = `{"credentialSubject":${"[".repeat(depth)}${"]".repeat(depth)}}`;
  const sealed = seal(PUBLIC_KEY, new TextEncoder().encode(text));
  const deep = {
    ...credential,
    id: crypto.randomUUID(),
    content: sealed.contentBase64(),
    encryptorPublicKey: sealed.encryptorPublicKey.toBase64(),
  };
  const all = { ...part, credentials: [deep, credential] };
  await expect(service.serve("export", all)).resolves.toEqual({ items: 1 });
  expect(offers).toMatchObject([{ items: 1, failed: 1 }]);
  expect((await file()).credentials).toMatchObject([
    { id: deep.id, error: expect.stringContaining("nested deeper") },
    { id: credential.id, credential: { credentialSubject: { familyName: SECRET_NAME } } },
  ]);
  // It is not shown, nor shared, and says why.
  await expect(service.serve("show", { credential: deep })).rejects.toMatchObject({ reason: "Unreadable" });
});

test("numbers, and members of one name, are exported as the issuer wrote them", async () => {
  const { service, offers, file } = await exporting();
  const text =
    '{\r\n  "credentialSubject": {\n    "account": 9007199254740993, "share": 1.10, "x": 1, "x": 2 }\n}';
  const box = seal(PUBLIC_KEY, new TextEncoder().encode(text));
  const one = {
    ...credential,
    content: box.contentBase64(),
    encryptorPublicKey: box.encryptorPublicKey.toBase64(),
  };
  await expect(service.serve("export", { ...part, credentials: [one] })).resolves.toEqual({ items: 1 });
  expect(await offers[0]?.file.text()).toContain(
    '"account": 9007199254740993, "share": 1.10, "x": 1, "x": 2',
  );
  const found = { id: one.id, credential: { credentialSubject: { share: 1.1 } } };
  expect((await file()).credentials).toMatchObject([found]);
  // A screen would show one of them.
  const shown = service.serve("show", { credential: one });
  await expect(shown).rejects.toMatchObject({
    reason: "Unreadable",
    message: expect.stringContaining("two members of one name"),
  });
});

test("as much as the ledger lets a person have is one file, brought in parts", async () => {
  const { service, windows, offers, file } = await exporting();
  const whole = service.serve("export", { credentials: [], attributes: [], record: null, more: true });
  const ids = Array.from({ length: 2_048 }, () => crypto.randomUUID());
  for (let at = 0; at < ids.length; at += 64) {
    const credentials = ids.slice(at, at + 64).map((id) => ({ ...credential, id }));
    await service.serve("exportPart", { ...next, credentials });
  }
  await service.serve("exportPart", { ...last, attributes: Array(1_024).fill(attribute) });
  await expect(whole).resolves.toEqual({ items: 2_048 + 1_024 });
  expect(windows).toHaveLength(1);
  expect(offers).toHaveLength(1);
  const { credentials, attributes, record } = await file();
  expect(credentials.map(({ id }: { id: string }) => id)).toEqual(ids);
  expect(attributes).toHaveLength(1_024);
  expect(record).toEqual(last.record);
});

test.each([
  ["credentials", { ...next, credentials: [credential, credential] }],
  ["attributes", { ...next, attributes: [attribute, attribute] }],
])("more %s than one person has are refused, in however many parts", async (_, tooMany) => {
  const { service, offers } = await exporting();
  const most = {
    ...part,
    credentials: Array(2_047).fill(credential),
    attributes: Array(1_023).fill(attribute),
  };
  const whole = expect(service.serve("export", { ...most, more: true })).rejects.toMatchObject({
    reason: "BadRequest",
  });
  await service.serve("exportPart", tooMany);
  await whole;
  expect(offers).toEqual([]);
});

test("more text than one person has is refused, in however many parts", async () => {
  const { service, offers } = await exporting();
  const junk = { ...credential, content: "A".repeat(8_000_000), encryptorPublicKey: "" };
  const large = { ...next, credentials: Array(8).fill(junk) };
  const whole = expect(service.serve("export", { ...large, more: true })).rejects.toMatchObject({
    reason: "BadRequest",
  });
  for (let at = 1; at <= 4; at++) {
    await service.serve("exportPart", large);
  }
  await whole;
  expect(offers).toEqual([]);
});

test("a part is not taken before the one before it was opened", async () => {
  const [shown, show] = later<null>();
  const { service } = await exporting((method) => (method === "collecting" ? shown : Promise.resolve(null)));
  const whole = service.serve("export", { ...part, more: true });
  const taken = vi.fn();
  const second = service.serve("exportPart", next).then(taken);
  await new Promise((resolve) => setTimeout(resolve));
  expect(taken).not.toHaveBeenCalled();
  show(null);
  await second;
  await service.serve("exportPart", last);
  await expect(whole).resolves.toEqual({ items: 3 });
});

test("a page that cannot go on says so in the window, and no file is offered", async () => {
  const said = vi.fn<Serve>(async () => null);
  const { service, offers } = await exporting(said);
  const whole = expect(service.serve("export", { ...part, more: true })).rejects.toMatchObject({
    reason: "Network",
  });
  await service.serve("exportPart", next);
  await service.serve("exportPart", null);
  await whole;
  await vi.waitFor(() => expect(said).toHaveBeenCalledWith("fail", { message: TEXTS.export.stopped }));
  expect(offers).toEqual([]);
});

test("who closes the window ends the export, and another one begins anew", async () => {
  const { service, frame, file } = await exporting();
  const whole = expect(service.serve("export", { ...part, more: true })).rejects.toMatchObject({
    reason: "Declined",
  });
  await service.serve("exportPart", next);
  frame.leave();
  await whole;
  await expect(service.serve("exportPart", next)).rejects.toMatchObject({ reason: "BadRequest" });
  await expect(service.serve("export", part)).resolves.toEqual({ items: 1 });
  expect((await file()).credentials).toHaveLength(1);
});

test("there is one export at a time, and no part without one", async () => {
  const { service, windows } = await exporting();
  await expect(service.serve("exportPart", last)).rejects.toMatchObject({ reason: "BadRequest" });
  const whole = service.serve("export", { ...part, more: true });
  await expect(service.serve("export", part)).rejects.toMatchObject({ reason: "BadRequest" });
  await service.serve("exportPart", last);
  await expect(whole).resolves.toEqual({ items: 2 });
  expect(windows).toHaveLength(1);
});
