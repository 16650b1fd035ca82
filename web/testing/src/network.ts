// A network of one real node, as `idos devnet` starts it, with an issuer and a recipient whom its owner admitted.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ed25519 } from "@noble/curves/ed25519.js";
import { SecretKey } from "idos-crypto";
import { ed25519Signer } from "../../client/src/adapters/ed25519.ts";
import { bytesToHex, fromHex, utf8 } from "../../client/src/bytes/bytes.ts";
import type { Action } from "../../client/src/client/actions.ts";
import { Network } from "../../client/src/client/network.ts";
import { Transactions } from "../../client/src/client/transactions.ts";
import { genesisCheckpoint } from "../../client/src/light-client/genesis.ts";
import { Nodes } from "../../client/src/nodes/nodes.ts";
import { type Argument, text, uuid } from "../../client/src/wire/value.ts";

const BINARY = process.env["IDOS_BIN"] ?? new URL("../../../target/debug/idos", import.meta.url).pathname;

/** Longer than a network takes to start, so that a test fails instead of hanging. */
const START_MILLIS = 120_000;

/** An action as a wallet signs it. */
export const action = (name: string, ...values: Argument[]): Action => ({ name, description: "", values });

/** A port that was free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() =>
        typeof address === "object" && address !== null ? resolve(address.port) : reject(),
      );
    });
  });
}

/** An organisation with its keys. */
export interface TestParty {
  readonly id: string;
  readonly name: string;
  /** Ed25519, hexadecimal: by which grants name it. */
  readonly address: string;
  /** The secret half of `address`. */
  readonly signing: Uint8Array;
  readonly encryption: SecretKey;
  readonly transactions: Transactions;
}

/** A network that runs until it is stopped. */
export class TestNetwork {
  readonly url: string;
  readonly chainId: string;
  readonly checkpoint: ReturnType<typeof genesisCheckpoint>;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #owner: Transactions;

  private constructor(url: string, child: ChildProcess, folder: string) {
    const genesis = readFileSync(join(folder, "net/node-1/genesis.toml"), "utf8");
    const value = (name: string) => new RegExp(`^${name} = "([^"]*)"$`, "m").exec(genesis)?.[1] ?? "";
    this.url = url;
    this.chainId = value("chain_id");
    this.checkpoint = genesisCheckpoint(this.chainId, [{ key: value("key"), address: value("address") }]);
    this.#process = child;
    this.#folder = folder;
    this.#owner = this.#sender(fromHex(readFileSync(join(folder, "net/owner.key"), "utf8").trim(), 32));
  }

  static async start(): Promise<TestNetwork> {
    if (!existsSync(BINARY)) {
      throw new Error(`build ${BINARY} by "cargo build -p idos", or name another in IDOS_BIN`);
    }
    const folder = mkdtempSync(join(tmpdir(), "idos-network-"));
    const [port, p2p] = [await freePort(), await freePort()];
    const places = ["--folder", join(folder, "net"), "--port", `${port}`, "--p2p-port", `${p2p}`];
    // Without its pages, whose ports may be taken: tests serve their own.
    const command = ["--json", "devnet", "--nodes", "1", "--no-web", ...places];
    const child = spawn(BINARY, command, { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("the network does not start")), START_MILLIS);
      child.stdout.once("data", () => {
        clearTimeout(timer);
        resolve();
      });
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`the network ended with ${code}`)));
    });
    return new TestNetwork(`http://127.0.0.1:${port}`, child, folder);
  }

  async stop(): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Admits a party, which publishes its keys; an issuer may also create profiles. */
  async admit(name: string, role: "consumer" | "issuer"): Promise<TestParty> {
    const signing = ed25519.utils.randomSecretKey();
    const address = bytesToHex(ed25519.getPublicKey(signing));
    const [id, encryption] = [crypto.randomUUID(), SecretKey.generate()];
    await this.#owner.send(action("add_party_as_owner", uuid(id), text(address), text(role)));
    if (role === "issuer") {
      await this.#owner.send(action("add_inserter_as_owner", uuid(id), text(name)));
      await this.#owner.send(action("add_delegate_as_owner", text(address), uuid(id)));
    }
    const key = encryption.publicKey().toBase64();
    const message =
      `operation: publishPartyKeys\nid: ${id}\nversion: 1\nname: ${name}\ndid: \n` +
      `signing public key: ${address}\nencryption public key: ${key}\nchain id: ${this.chainId}`;
    const signature = bytesToHex(ed25519.sign(utf8(message), signing));
    const transactions = this.#sender(signing);
    const values = [uuid(id), text(name), text(null), text(address), text(key), text(signature)];
    await transactions.send(action("publish_party_keys", ...values));
    return { id, name, address, signing, encryption, transactions };
  }

  #sender(seed: Uint8Array): Transactions {
    const network = new Network(this.chainId, new Nodes({ urls: [this.url] }), undefined, 0);
    return new Transactions(network, ed25519Signer(seed));
  }
}
