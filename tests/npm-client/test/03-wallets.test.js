// Wallets: linking every type, the five checks, removing, detaching.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { describe, test } from "node:test";
import { flipped } from "../lib/credentials.js";
import { refused, refusedStranger, withheld } from "../lib/expect.js";
import { Person, kinds, newIssuer, newMember } from "../lib/people.js";
import { chainId } from "../lib/network.js";
import { ownershipMessage, writeGrant } from "../lib/proofs.js";
import * as raw from "../lib/raw.js";
import { DUPLICATE, NO_PROFILE, SECOND_WALLET, boundOwnershipMessage } from "../lib/rules.js";

const issuer = await newIssuer();
const member = await newMember(issuer);
const neighbour = await newMember(issuer, "near");
const idsOf = async (person) => (await person.call("get_wallets")).map(({ id }) => id);

/** A wrong proof in the encoding of its own kind. */
const brokenSignature = (signature) =>
  signature.startsWith("0x")
    ? `0x${flipped(signature.slice(2), "hex")}`
    : signature.replace(/..$/, (end) => (end === "00" ? "01" : "00"));

for (const kind of Object.keys(kinds)) {
  describe(kind, () => {
    test("is linked, signs in to the same profile, and is removed by another wallet", async () => {
      const person = await newMember(issuer, kind === "evm" ? "stellar" : "evm");
      const wallet = new Person(kind);
      const args = await wallet.wallet();
      await person.execute("add_wallet", args);
      const row = (await wallet.call("get_wallets")).find(({ id }) => id === args.id);
      assert.deepEqual(row, {
        id: args.id, user_id: person.userId, address: args.address, public_key: args.public_key,
        wallet_type: args.wallet_type, message: args.message, signature: args.signature, inserter: null,
      });
      assert.equal((await wallet.call("get_user"))[0].id, person.userId);
      await refused(
        wallet.execute("remove_wallet", { id: args.id }),
        "You can not delete a wallet you are connected with. To delete this wallet you have to connect other wallet.",
      );
      await person.execute("remove_wallet", { id: args.id });
      assert.deepEqual(await idsOf(person), [person.firstWallet.id]);
      assert.deepEqual(await wallet.call("get_wallets"), []);
    });

    test("a wrong proof is refused", async () => {
      const args = await new Person(kind).wallet();
      const wrong = [
        { ...args, signature: brokenSignature(args.signature) },
        { ...args, message: ownershipMessage() },
        { ...args, signature: "" },
        { ...args, signature: (await new Person(kind).wallet()).signature },
      ];
      for (const attempt of wrong) await refused(member.execute("add_wallet", attempt), "wallet is invalid");
    });

    test("a wallet belongs to one profile", async () => {
      const owner = await newMember(issuer, kind);
      const again = await owner.wallet();
      const keyed = kind !== "evm";
      await refused(
        member.execute("add_wallet", again),
        keyed ? "wallet public key already exists in idos" : "wallet address already exists in idos",
      );
    });

    test("detaches itself", async () => {
      const person = await newMember(issuer, kind === "evm" ? "stellar" : "evm");
      const wallet = new Person(kind);
      await person.execute("add_wallet", await wallet.wallet());
      await wallet.execute("detach_wallet");
      assert.deepEqual(await idsOf(person), [person.firstWallet.id]);
      assert.deepEqual(await wallet.call("get_user"), []);
    });
  });
}

test("nobody reads the wallets of another person", async () => {
  for (const from of [neighbour, issuer, new Person()]) await withheld("get_wallets", {}, { to: member, from });
});

describe("the checks of a wallet", () => {
  const evm = () => new Person("evm").wallet();
  const attempt = (args, text) => refused(member.execute("add_wallet", args), text);

  test("the type", async () => {
    for (const wallet_type of ["STELLAR", "evm", "Bitcoin", ""])
      await attempt({ ...(await evm()), wallet_type }, "unsupported wallet type");
  });

  test("address and key must fit each other", async () => {
    await attempt({ ...(await evm()), address: new Person("evm").address }, "wallet is invalid");
    for (const kind of ["xrplEd25519", "xrplSecp256k1", "stellar", "facesign"])
      await attempt({ ...(await new Person(kind).wallet()), address: new Person(kind).address }, "wallet is invalid");
    await attempt({ ...(await new Person("near").wallet()), address: "ab".repeat(32) }, "wallet is invalid");
    await attempt({ ...(await evm()), wallet_type: "FaceSign" }, /^wallet (is invalid|require a public_key to be given)$/);
  });

  test("a key where the type has one", async () => {
    for (const kind of ["near", "xrplEd25519", "stellar", "facesign"])
      await attempt({ ...(await new Person(kind).wallet()), public_key: null }, "wallet require a public_key to be given");
  });

  test("an address in other letters is the same EVM address", async () => {
    const owner = await newMember(issuer);
    await attempt({ ...(await owner.wallet()), address: owner.address.toLowerCase() }, "wallet address already exists in idos");
  });

  test("a NEAR account may have several keys, and an implicit account is its key", async () => {
    const [one, two, implicit] = [new Person("near"), new Person("near"), new Person("near")];
    two.address = one.address;
    implicit.address = Buffer.from(implicit.keys.getPublicKey().data).toString("hex");
    const person = await newMember(issuer);
    for (const wallet of [one, two, implicit]) await person.execute("add_wallet", await wallet.wallet());
    assert.equal((await two.call("get_wallets")).length, 4);
  });

  test("Stellar proofs by SEP-53, and Stellar keys as StrKey", async () => {
    const person = await newMember(issuer);
    const stellar = new Person("stellar");
    const message = ownershipMessage();
    await person.execute("add_wallet", await stellar.wallet({ message, signature: stellar.proveSep53(message) }));
    const strKey = new Person("stellar");
    await person.execute("add_wallet", await strKey.wallet({ public_key: strKey.address }));
    assert.equal((await strKey.call("get_user"))[0].id, person.userId);
  });

  test("an empty public key of an EVM wallet is none", async () => {
    const person = await newMember(issuer);
    const args = await new Person("evm").wallet({ public_key: "" });
    await person.execute("add_wallet", args);
    assert.equal((await person.call("get_wallets")).find(({ id }) => id === args.id).public_key, null);
  });

  test("an id is used once", async () => {
    await attempt({ ...(await evm()), id: neighbour.firstWallet.id }, DUPLICATE);
  });

  const SPENT = "this signed message was used before, sign a new one with another text, for example with a nonce in it";

  test("a wallet that was taken off is put back by the same message, into the same profile only", async () => {
    const person = await newMember(issuer);
    const args = await evm();
    await person.execute("add_wallet", args);
    await person.execute("remove_wallet", { id: args.id });
    await attempt({ ...args, id: randomUUID() }, SPENT);
    await person.execute("add_wallet", args);
    assert.deepEqual(await idsOf(person), [person.firstWallet.id, args.id]);
  });

  test("the message of a wallet that left is spent", async () => {
    const person = await newMember(issuer);
    const wallet = new Person("evm");
    const args = await wallet.wallet();
    await person.execute("add_wallet", args);
    await wallet.execute("detach_wallet");
    await refused(person.execute("add_wallet", args), SPENT);
    await attempt({ ...args, id: randomUUID() }, SPENT);
  });

  test("our own ownership text counts for its chain and profile", async () => {
    const person = await newMember(issuer);
    const proof = (chain, userId) =>
      new Person("facesign").wallet({ message: boundOwnershipMessage(chain, userId, randomUUID()) });
    await refused(person.execute("add_wallet", await proof(chainId, member.userId)), "wallet is invalid");
    await refused(person.execute("add_wallet", await proof("another-chain", person.userId)), "wallet is invalid");
    await person.execute("add_wallet", await proof(chainId, person.userId));
  });

  test("what was signed for another purpose proves no ownership", async () => {
    const wallet = await newMember(issuer, "facesign");
    const [{ message: grant }] = await wallet.call("dwg_message", writeGrant({
      owner: wallet.identifier, grantee: member.identifier, issuer: issuer.identifier,
    }));
    const transaction = raw.signedText(await raw.transaction(wallet.signer, raw.payloadOf("detach_wallet")));
    const signIn = raw.signInText(await raw.result("kgw.authn_param"));
    for (const message of [grant, transaction, signIn])
      await attempt(await new Person("facesign").wallet({ message }), "wallet is invalid");
  });

  test("nobody adds a wallet to no profile", async () => {
    const stranger = new Person();
    await refusedStranger(stranger.execute("add_wallet", await stranger.wallet()), NO_PROFILE);
  });
});

describe("upsert_wallet_as_inserter", () => {
  test("checks the caller first, so that nobody learns which wallets exist", async () => {
    const person = await newMember(issuer, "facesign");
    const args = { ...(await new Person().wallet()), user_id: person.userId };
    const cases = [
      [{ ...args, wallet_type: "x" }, "unsupported wallet type"],
      [{ ...args, address: new Person().address }, "wallet is invalid"],
      [{ ...(await new Person("near").wallet({ public_key: null })), user_id: person.userId }, "wallet require a public_key to be given"],
      [{ ...(await member.wallet()), user_id: person.userId }, "wallet address already exists in idos"],
      [{ ...(await neighbour.wallet()), user_id: person.userId }, "wallet public key already exists in idos"],
    ];
    for (const [attempt, text] of cases) {
      await refused(member.execute("upsert_wallet_as_inserter", attempt), "Unauthorized inserter");
      await refused(issuer.execute("upsert_wallet_as_inserter", attempt), text);
    }
  });

  test("replaces what this creator added, and adds no second wallet", async () => {
    const person = await newMember(issuer, "facesign");
    const second = { ...(await new Person("evm").wallet()), user_id: person.userId };
    await refused(issuer.execute("upsert_wallet_as_inserter", second), SECOND_WALLET);
    const near = new Person("near");
    const other = { ...(await near.wallet()), id: person.firstWallet.id, user_id: person.userId };
    await issuer.execute("upsert_wallet_as_inserter", other);
    const rows = await near.call("get_wallets");
    assert.deepEqual(rows.map(({ address, wallet_type }) => [address, wallet_type]), [[other.address, "NEAR"]]);
    assert.deepEqual(await person.call("get_user"), []);
  });
});

describe("removing", () => {
  test("somebody else's or an unknown wallet stays, in silence", async () => {
    await member.execute("remove_wallet", { id: neighbour.firstWallet.id });
    await member.execute("remove_wallet", { id: randomUUID() });
    assert.deepEqual(await idsOf(neighbour), [neighbour.firstWallet.id]);
  });

  test("the only wallet does not detach itself, and a stranger has nothing to detach", async () => {
    await refused(
      neighbour.execute("detach_wallet"),
      "this is the only wallet of the profile, erase the profile instead",
    );
    await refusedStranger(new Person().execute("detach_wallet"), /./);
    assert.deepEqual(await idsOf(neighbour), [neighbour.firstWallet.id]);
  });
});
