// What wallets may answer instead of what they are asked for.
import { ed25519 } from "@noble/curves/ed25519.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { expect, test, vi } from "vitest";
import { ed25519Signer } from "../../src/adapters/ed25519.ts";
import {
  connectAnotherEvm,
  connectEvm,
  discoverEvmWallets,
  type EvmProvider,
  type EvmWallet,
  resumeEvm,
} from "../../src/adapters/evm.ts";
import { connectNear, nep413Payload } from "../../src/adapters/near.ts";
import { connectStellar } from "../../src/adapters/stellar.ts";
import { connectXrpl } from "../../src/adapters/xrpl.ts";
import { bytesToHex, fromHex, toBase64, utf8 } from "../../src/bytes/bytes.ts";
import { Enclave } from "../../src/enclave/enclave.ts";
import { fixture } from "../support/fixtures.ts";
import { evmProvider } from "../support/wallets.ts";

test("EVM wallets announce themselves by EIP-6963, each once", async () => {
  const target = new EventTarget();
  Object.assign(globalThis, {
    addEventListener: target.addEventListener.bind(target),
    removeEventListener: target.removeEventListener.bind(target),
    dispatchEvent: target.dispatchEvent.bind(target),
  });
  const announce = (detail: unknown) =>
    target.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  const wallet = { info: { uuid: "1", name: "W", icon: "data:", rdns: "w.test" }, provider: evmProvider() };
  target.addEventListener("eip6963:requestProvider", () => announce(wallet));
  const found: EvmWallet[] = [];
  const stop = discoverEvmWallets((it) => found.push(it));
  announce(wallet);
  for (const wrong of [
    undefined,
    {},
    { info: {} },
    { ...wallet, provider: {} },
    { ...wallet, info: { uuid: 2 } },
  ]) {
    announce(wrong);
  }
  stop();
  announce({ ...wallet, info: { ...wallet.info, uuid: "3" } });
  expect(found).toEqual([wallet]);
  expect((await connectEvm(wallet.provider)).sender).toHaveLength(20);
});

/** An EVM wallet with these accounts that may be asked which of them the page may use. */
function evmWallet(accounts: readonly string[], choose: () => Promise<unknown>) {
  const asked: string[] = [];
  const provider: EvmProvider = {
    async request({ method, params }) {
      asked.push(method);
      if (method === "personal_sign") {
        return `0x${String(params?.[1]).slice(2, 4).repeat(65)}`;
      }
      return method === "wallet_requestPermissions" ? choose() : accounts;
    },
  };
  return { provider, asked };
}

const [ONE, TWO] = [`0x${"aa".repeat(20)}`, `0x${"bb".repeat(20)}`];

test("another account of an EVM wallet is the first that is not known, in either case of letters", async () => {
  const { provider, asked } = evmWallet([`0x${"aA".repeat(20)}`, "0x12", TWO], async () => []);
  const signer = await connectAnotherEvm(provider, [`0x${"Aa".repeat(20)}`]);
  expect(signer.wallet.address).toBe(TWO);
  expect(asked).toEqual(["wallet_requestPermissions", "eth_accounts"]);
  // The account is named, whichever is selected.
  expect(await signer.sign("x")).toEqual(new Uint8Array(65).fill(0xbb));
});

test("a signature of an EVM wallet has 27 or 28 as V, however the wallet writes it", async () => {
  const account = `0x${"12".repeat(20)}`;
  for (const [written, v] of [
    ["00", 27],
    ["01", 28],
    ["1b", 27],
    ["1c", 28],
    ["02", 2],
  ] as const) {
    const request: EvmProvider["request"] = async ({ method }) =>
      method === "personal_sign" ? `0x${"ab".repeat(64)}${written}` : [account];
    const signature = await (await connectEvm({ request })).sign("x");
    expect(signature).toEqual(Uint8Array.of(...new Uint8Array(64).fill(0xab), v));
  }
});

test.each([-32601, 4200])(
  "a wallet that cannot ask (%i) gives the account that was switched to",
  async (code) => {
    const { provider } = evmWallet([TWO], () => Promise.reject({ code }));
    expect((await connectAnotherEvm(provider, [ONE])).wallet.address).toBe(TWO);
  },
);

test("an EVM wallet that has no other account, or whose owner refuses, gives none", async () => {
  const known = evmWallet([ONE, TWO], async () => []);
  const same = { name: "WalletError", reason: "SameAccount" };
  await expect(connectAnotherEvm(known.provider, [TWO, ONE])).rejects.toMatchObject(same);
  await expect(connectAnotherEvm(evmWallet([], async () => []).provider, [])).rejects.toMatchObject(same);
  for (const error of [{ code: 4001 }, new Error("not now"), undefined]) {
    const { provider, asked } = evmWallet([ONE, TWO], () => Promise.reject(error));
    await expect(connectAnotherEvm(provider, [ONE])).rejects.toMatchObject({ reason: "Rejected" });
    expect(asked).toEqual(["wallet_requestPermissions"]);
  }
});

test("who comes back to an EVM wallet is not asked, and gets no other account than before", async () => {
  const { provider, asked } = evmWallet([TWO, ONE], async () => []);
  expect((await resumeEvm(provider, ONE.toUpperCase().replace("0X", "0x"))).wallet.address).toBe(ONE);
  expect(asked).toEqual(["eth_accounts"]);
  for (const accounts of [[], [TWO]]) {
    const resumed = resumeEvm(evmWallet(accounts, async () => []).provider, ONE);
    await expect(resumed).rejects.toMatchObject({ reason: "OtherAccount" });
  }
});

test("wallets that refuse or answer nonsense are the wallet's fault", async () => {
  const refuse = async () => Promise.reject(new Error("user rejected"));
  const rejected = { name: "WalletError", fault: "wallet", reason: "Rejected" };
  await expect(connectEvm({ request: refuse })).rejects.toMatchObject(rejected);
  await expect(connectNear({ signMessage: refuse })).rejects.toMatchObject(rejected);
  await expect(connectXrpl({ getPublicKey: async () => ({}), signMessage: refuse })).rejects.toMatchObject(
    rejected,
  );
  await expect(connectStellar({ getAddress: refuse, signMessage: refuse })).rejects.toMatchObject(rejected);

  for (const accounts of [[], ["0x12"], [7], "0x", undefined]) {
    await expect(connectEvm({ request: async () => accounts })).rejects.toMatchObject({ fault: "wallet" });
  }
  const account = `0x${"12".repeat(20)}`;
  const evm = await connectEvm({
    request: async ({ method }) => (method === "personal_sign" ? "0x00" : [account]),
  });
  await expect(evm.sign("x")).rejects.toMatchObject({ reason: "Malformed" });
  const answer = {
    accountId: "a.near",
    publicKey: "ed25519:11111111111111111111111111111112",
    signature: "AA==",
  };
  await expect(connectNear({ signMessage: async () => answer })).rejects.toMatchObject({ fault: "wallet" });
  const other = { address: "rGMTQpyhaDwWTqmw4dcYHj5NPJhtWNhtRW", publicKey: `ED${"00".repeat(32)}` };
  await expect(
    connectXrpl({ getPublicKey: async () => ({ result: other }), signMessage: refuse }),
  ).rejects.toMatchObject({ reason: "OtherAccount" });
  const address = `G${"A".repeat(55)}`;
  const stellar = await connectStellar({
    getAddress: async () => ({ address }),
    signMessage: async () => ({ signedMessage: "AAAA", signerAddress: address }),
  });
  await expect(stellar.sign("x")).rejects.toMatchObject({ reason: "Malformed" });
});

test("a NEAR wallet that changes its account is noticed", async () => {
  const { base58, base64 } = await import("@scure/base");
  const keys = [ed25519.keygen(), ed25519.keygen()];
  let asked = 0;
  const signer = await connectNear({
    async signMessage({ message, nonce, recipient }) {
      const { secretKey, publicKey } = keys[asked++] ?? ed25519.keygen();
      const signature = ed25519.sign(sha256(nep413Payload(message, nonce, recipient)), secretKey);
      return {
        accountId: "a.near",
        publicKey: `ed25519:${base58.encode(publicKey)}`,
        signature: base64.encode(signature),
      };
    },
  });
  await expect(signer.sign("x")).rejects.toMatchObject({ reason: "OtherAccount" });
});

interface Owned {
  wallet_type: string;
  address: string;
  public_key: string;
  signature: string;
}
const owned = fixture<{ vectors: { id: string; message: string; cases: Owned[] }[] }>(
  "protocol/kwil-vectors.json",
).vectors.find(({ id }) => id === "wallet-ownership-01") ?? { message: "", cases: [] };
const casesOf = (type: string) => owned.cases.filter((it) => it.wallet_type === type);

/** A wallet of XRPL that says it has the account of a recorded case, and answers this as its signature. */
const xrplAnswering = ({ address, public_key: publicKey }: Owned, signedMessage: string) =>
  connectXrpl({
    getPublicKey: async () => ({ result: { address, publicKey } }),
    signMessage: async () => ({ result: { signedMessage } }),
  });

/** The other signature of secp256k1 that is right: with the high `s`, which the ledger does not take. */
const high = (der: string) => {
  const { r, s } = secp256k1.Signature.fromBytes(fromHex(der), "der");
  return bytesToHex(new secp256k1.Signature(r, secp256k1.Point.Fn.neg(s)).toBytes("der"));
};

test("an XRPL wallet of either curve that changes its account is noticed", async () => {
  const [ed, secp] = casesOf("XRPL");
  if (ed === undefined || secp === undefined) {
    throw new Error("the recorded cases are not there");
  }
  for (const it of [ed, secp]) {
    const signer = await xrplAnswering(it, it.signature);
    expect(bytesToHex(await signer.sign(owned.message))).toBe(it.signature.toLowerCase());
    await expect(signer.sign(`${owned.message}!`)).rejects.toMatchObject({ reason: "OtherAccount" });
  }
  const otherEd = bytesToHex(ed25519.sign(utf8(owned.message), ed25519.keygen().secretKey));
  const otherSecp = bytesToHex(
    secp256k1.sign(sha512(utf8(owned.message)).slice(0, 32), secp256k1.keygen().secretKey, {
      prehash: false,
      format: "der",
    }),
  );
  const wrong: [Owned, string, string][] = [
    [ed, otherEd, "OtherAccount"],
    [ed, otherSecp, "Malformed"],
    [secp, otherSecp, "OtherAccount"],
    [secp, high(secp.signature), "OtherAccount"],
    [secp, otherEd, "Malformed"],
    [secp, "", "Malformed"],
    // Of a length that is longer than it has to be.
    [secp, secp.signature.replace(/^3045/, "308145"), "Malformed"],
  ];
  for (const [it, signature, reason] of wrong) {
    const signer = await xrplAnswering(it, signature);
    await expect(signer.sign(owned.message), signature).rejects.toMatchObject({ reason });
  }
});

test("a Stellar wallet that changes its account is noticed, also if it does not say who signed", async () => {
  const [raw, sep53] = casesOf("Stellar");
  const signerOf = (it: Owned | undefined, signerAddress: string | undefined) =>
    connectStellar({
      getAddress: async () => ({ address: it?.address ?? "" }),
      signMessage: async () => ({
        signedMessage: toBase64(fromHex(it?.signature ?? "")),
        ...(signerAddress === undefined ? {} : { signerAddress }),
      }),
    });
  for (const named of [undefined, sep53?.address]) {
    const signer = await signerOf(sep53, named);
    expect(bytesToHex(await signer.sign(owned.message))).toBe(sep53?.signature);
  }
  const silent = await signerOf(sep53, undefined);
  await expect(silent.sign("x")).rejects.toMatchObject({ reason: "OtherAccount" });
  const other = await signerOf(sep53, `G${"A".repeat(55)}`);
  await expect(other.sign(owned.message)).rejects.toMatchObject({ reason: "OtherAccount" });
  // The right account, by a signature that is none of SEP-53.
  const old = await signerOf(raw, raw?.address);
  await expect(old.sign(owned.message)).rejects.toMatchObject({ reason: "Malformed" });
});

test("the wallet of recovery words signs by its own words, whichever were typed since", async () => {
  const signAsRecovery = vi.fn(async () => ({ signature: "0a".repeat(64) }));
  const publicKey = "0b".repeat(32);
  const page = { signAsRecovery } as unknown as Enclave;
  const signer = Enclave.prototype.recoverySigner.call(page, publicKey);
  expect(await signer.sign("x")).toEqual(new Uint8Array(64).fill(10));
  expect(signAsRecovery).toHaveBeenCalledExactlyOnceWith({ text: "x", publicKey });
  expect(() => Enclave.prototype.recoverySigner.call(page, "0b")).toThrow("instead of 32");
});

test("what NEAR wallets sign is what they were recorded to sign", () => {
  interface Vector {
    id: string;
    signature_hex: string;
    signed_message_text: string;
    nep413_nonce_hex: string;
    nep413_recipient: string;
  }
  const { vectors } = fixture<{ vectors: Vector[] }>("protocol/kwil-vectors.json");
  const it = vectors.find(({ id }) => id.startsWith("tx-06"));
  const nonce = fromHex(it?.nep413_nonce_hex ?? "");
  const payload = bytesToHex(nep413Payload(it?.signed_message_text ?? "", nonce, it?.nep413_recipient ?? ""));
  // Its length in two bytes, itself, a signature.
  expect(it?.signature_hex.slice(4, -128)).toBe(payload);
});

test("an ed25519 key in hand signs as recorded", async () => {
  interface Vector {
    id: string;
    ed25519_seed_hex: string;
    signed_message_text: string;
    signature_hex: string;
    sender_hex: string;
  }
  const { vectors } = fixture<{ vectors: Vector[] }>("protocol/kwil-vectors.json");
  const it = vectors.find(({ id }) => id.startsWith("tx-04"));
  const signer = ed25519Signer(fromHex(it?.ed25519_seed_hex ?? ""));
  expect(bytesToHex(signer.sender)).toBe(it?.sender_hex);
  expect(bytesToHex(await signer.sign(it?.signed_message_text ?? ""))).toBe(it?.signature_hex);
  expect(() => ed25519Signer(new Uint8Array(31))).toThrow("32 bytes");
});
