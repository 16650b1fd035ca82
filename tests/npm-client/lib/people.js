// People of every kind of wallet, issuers, and the network owner: fresh random keys each time.
import { randomBytes, randomUUID } from "node:crypto";
import { Keypair as StellarKeypair } from "@stellar/stellar-sdk";
import { Mnemonic, Wallet, hexlify } from "ethers";
import { KeyPair as NearKeyPair } from "near-api-js";
import { deriveAddress, deriveKeypair, generateSeed } from "ripple-keypairs";
import nacl from "tweetnacl";
import * as actions from "./actions.js";
import { driven } from "./driven.js";
import { connect, ownerSeed } from "./network.js";
import * as proofs from "./proofs.js";
import * as raw from "./raw.js";
import * as signers from "./signers.js";

const hex = (bytes) => Buffer.from(bytes).toString("hex");
const b64 = (bytes) => Buffer.from(bytes).toString("base64");

function xrpl(algorithm) {
  const keys = deriveKeypair(generateSeed({ algorithm }));
  const address = deriveAddress(keys.publicKey);
  return {
    walletType: "XRPL", address, publicKey: keys.publicKey, identifier: address, keys,
    signer: signers.fromXrpl(keys), prove: proofs.xrpl(keys),
  };
}

/** An ed25519 key as a wallet: the row type is FaceSign, for a nacl key pair as well. */
function ed25519(keys, signer) {
  const key = hex(keys.publicKey);
  return {
    walletType: "FaceSign", address: key, publicKey: key, identifier: key, keys,
    signer, prove: proofs.faceSign(keys),
  };
}

/** The seven kinds. `identifier` is what the node calls the person: `@caller`, owner and grantee of grants. */
export const kinds = {
  evm() {
    const wallet = new Wallet(hexlify(randomBytes(32)));
    return {
      walletType: "EVM", address: wallet.address, publicKey: null, identifier: wallet.address, keys: wallet,
      signer: signers.fromEthers(wallet), prove: proofs.evm(wallet),
    };
  },
  nacl() {
    const keys = nacl.sign.keyPair();
    return ed25519(keys, signers.fromNacl(keys));
  },
  near() {
    const keys = NearKeyPair.fromRandom("ed25519");
    const publicKey = keys.getPublicKey().toString();
    return {
      walletType: "NEAR", address: `p${hex(randomBytes(6))}.testnet`, publicKey, identifier: publicKey, keys,
      signer: signers.fromNear(keys), prove: proofs.near(keys),
    };
  },
  xrplEd25519: () => xrpl("ed25519"),
  xrplSecp256k1: () => xrpl("ecdsa-secp256k1"),
  stellar() {
    const keys = StellarKeypair.random();
    const address = keys.publicKey();
    return {
      walletType: "Stellar", address, publicKey: hex(keys.rawPublicKey()), identifier: address, keys,
      signer: signers.fromStellar(keys), prove: proofs.stellar(keys), proveSep53: proofs.stellarSep53(keys),
    };
  },
  facesign() {
    const seed = Mnemonic.fromEntropy(hexlify(randomBytes(16))).computeSeed();
    const keys = nacl.sign.keyPair.fromSeed(new Uint8Array(Buffer.from(seed.slice(2), "hex").subarray(0, 32)));
    return ed25519(keys, signers.fromFaceSign(keys));
  },
};

export class Person {
  constructor(kind = "evm", wallet = kinds[kind]()) {
    Object.assign(this, wallet, { kind, kwil: connect(), box: nacl.box.keyPair() });
  }

  get encryptionKey() {
    return b64(this.box.publicKey);
  }

  /** kwil-js cannot tell the account type of an XRPL secp256k1 key, so such a person writes by raw JSON-RPC. */
  execute(action, args, options) {
    return this.kind === "xrplSecp256k1"
      ? raw.execute(this.signer, action, args, options)
      : actions.execute(this.kwil, this.signer, action, args, options);
  }

  call(action, args) {
    return actions.call(this.kwil, this.signer, action, args);
  }

  /** The raw answer of a view within this person's session; kwil-js hides what a view complains of. */
  async answer(action, args) {
    this.session ??= await raw.login(this.signer);
    const body = await raw.call(this.signer, action, args, this.session);
    if (body.result?.error) driven(action, "refused");
    else if (body.result?.query_result?.values?.length) driven(action, "ok");
    return body;
  }

  /** The arguments that describe a wallet and prove it, for `add_wallet` and `upsert_wallet_as_inserter`. */
  async wallet({ message = proofs.ownershipMessage(), ...changes } = {}) {
    return {
      id: randomUUID(), address: this.address, public_key: this.publicKey, wallet_type: this.walletType,
      message, signature: await this.prove(message), ...changes,
    };
  }
}

/** The network owner, who holds IDOS_OWNER_SEED. */
let theOwner;
export function owner() {
  if (!theOwner) {
    const keys = nacl.sign.keyPair.fromSeed(new Uint8Array(ownerSeed));
    theOwner = new Person("nacl", ed25519(keys, signers.fromNacl(keys)));
  }
  return theOwner;
}

/** A profile creator: an inserter of its own with this key as its delegate. */
export async function newIssuer(kind = "nacl") {
  const issuer = new Person(kind);
  issuer.inserterId = randomUUID();
  issuer.name = `issuer-${issuer.inserterId}`;
  await owner().execute("add_inserter_as_owner", { id: issuer.inserterId, name: issuer.name });
  await owner().execute("add_delegate_as_owner", { address: issuer.identifier, inserter_id: issuer.inserterId });
  return issuer;
}

/** Somebody with a profile that `issuer` made. Until the first own act, the issuer may write to it. */
export async function newMember(issuer, kind = "evm") {
  const person = new Person(kind);
  person.userId = randomUUID();
  await issuer.execute("add_user_as_inserter", profileOf(person));
  person.firstWallet = await person.wallet();
  await issuer.execute("upsert_wallet_as_inserter", { ...person.firstWallet, user_id: person.userId });
  return person;
}

export const profileOf = (person, store = "user") => ({
  id: person.userId, recipient_encryption_public_key: person.encryptionKey, encryption_password_store: store,
});
