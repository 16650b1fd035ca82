// An issuer that takes people on as the onboarding surface has it, and takes their word for who they are.
import { ed25519 } from "@noble/curves/ed25519.js";
import type { SignedWriteGrant } from "idos-client";
import { contentHash, PublicKey, seal } from "idos-crypto";
import { action, type TestParty } from "idos-testing/network";
import { type Site, site } from "idos-testing/site";
import { concatBytes, toBase64, utf8 } from "../../../client/src/bytes/bytes.ts";
import { text, uuid } from "../../../client/src/wire/value.ts";
import { signedCredential } from "./credential.ts";

interface NewProfile {
  readonly userId: string;
  readonly encryptionPublicKey: string;
  readonly passwordStore: string;
  readonly wallet: {
    readonly type: string;
    readonly address: string;
    readonly publicKey: string | null;
    readonly message: string;
    readonly signature: string;
  };
}

interface NewCredential {
  readonly encryptionPublicKey: string;
  readonly writeGrant: SignedWriteGrant;
  readonly subject: Readonly<Record<string, string>>;
}

/** What the next credential says of itself, besides what every one says. */
export interface Notes {
  readonly id: string;
  readonly [name: string]: string;
}

export class TestIssuer {
  readonly party: TestParty;
  /** How many requests are refused from now on, as a server does that is overloaded. */
  failures = 0;
  nextNotes: Notes | undefined;
  #site: Site | undefined;

  constructor(party: TestParty) {
    this.party = party;
  }

  async listen(): Promise<string> {
    this.#site = await site(async (request, response) => {
      let body = "";
      for await (const chunk of request) {
        body += chunk;
      }
      const headers = { "access-control-allow-origin": "*", "access-control-allow-headers": "content-type" };
      const answer = (status: number, json: object) =>
        response
          .writeHead(status, { ...headers, "content-type": "application/json" })
          .end(JSON.stringify(json));
      if (request.method === "OPTIONS") {
        response.writeHead(204, headers).end();
      } else if (this.failures > 0) {
        this.failures -= 1;
        answer(503, { title: "Busy", detail: "too many requests: try again in a minute" });
      } else if (request.url === "/onboarding/v1") {
        const { name, id, address } = this.party;
        answer(200, { name, partyId: id, grantee: address, issuerPublicKey: address, selfAsserted: true });
      } else if (request.url === "/onboarding/v1/profiles") {
        await this.#create(JSON.parse(body));
        answer(201, {});
      } else {
        answer(201, { credentialId: await this.#issue(JSON.parse(body)) });
      }
    });
    return `http://127.0.0.1:${this.#site.port}`;
  }

  async close(): Promise<void> {
    await this.#site?.close();
  }

  async #create({ userId, encryptionPublicKey, passwordStore, wallet }: NewProfile): Promise<void> {
    const { transactions } = this.party;
    const keys = [text(encryptionPublicKey), text(passwordStore)];
    await transactions.send(action("add_user_as_inserter", uuid(userId), ...keys));
    const { type, address, publicKey, message, signature } = wallet;
    const values = [text(address), text(publicKey), text(type), text(message), text(signature)];
    await transactions.send(action("upsert_wallet_as_inserter", uuid(userId), uuid(userId), ...values));
  }

  async #issue({ encryptionPublicKey, writeGrant: grant, subject }: NewCredential): Promise<string> {
    const { signing, encryption, address, name, transactions } = this.party;
    const id = this.nextNotes?.id ?? `urn:uuid:${crypto.randomUUID()}`;
    const document = signedCredential(signing, id, subject);
    const notes = JSON.stringify({
      id,
      type: "kyc",
      level: "basic",
      status: "approved",
      issuer: name,
      ...this.nextNotes,
    });
    const row = (key: PublicKey, publicNotes: string) => {
      const sealed = seal(key, document);
      const notesSignature = ed25519.sign(utf8(publicNotes), signing);
      const broader = ed25519.sign(concatBytes(notesSignature, sealed.content), signing);
      return {
        encryptor: text(sealed.encryptorPublicKey.toBase64()),
        content: text(sealed.contentBase64()),
        signatures: [text(toBase64(notesSignature)), text(toBase64(broader))],
      };
    };
    const original = row(PublicKey.fromBase64(encryptionPublicKey), notes);
    const copy = row(encryption.publicKey(), "");
    const credentialId = crypto.randomUUID();
    await transactions.send(
      action(
        "create_credentials_by_dwg",
        text(address),
        original.encryptor,
        uuid(credentialId),
        original.content,
        text(notes),
        ...original.signatures,
        copy.encryptor,
        uuid(crypto.randomUUID()),
        copy.content,
        ...copy.signatures,
        text(contentHash(document)),
        text(grant.owner),
        text(grant.grantee),
        text(grant.issuerPublicKey),
        uuid(grant.id),
        text(grant.accessGrantTimelock),
        text(grant.notUsableBefore),
        text(grant.notUsableAfter),
        text(grant.signature),
      ),
    );
    return credentialId;
  }
}
