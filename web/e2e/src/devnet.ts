import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { freePorts } from "./ports.ts";

/** Where everything of a network is. */
export interface Places {
  readonly nodes: readonly string[];
  readonly dashboard: string;
  readonly enclave: string;
  readonly issuer: string;
  readonly demo: string;
}

/** Four nodes with every page, made by the real binary, which runs until `stop`. */
export class Devnet {
  readonly places: Places;
  readonly #process: ChildProcess;
  readonly #folder: string;
  readonly #nodes: readonly number[];

  private constructor(places: Places, process: ChildProcess, folder: string, nodes: readonly number[]) {
    this.places = places;
    this.#process = process;
    this.#folder = folder;
    this.#nodes = nodes;
  }

  /** Starts a network of its own: the binary is named by `IDOS_BIN`. */
  static async start(): Promise<Devnet> {
    const binary = process.env["IDOS_BIN"];
    if (binary === undefined) {
      throw new Error(
        "name the binary of idOS in the environment as IDOS_BIN (target/debug/idos, for instance)",
      );
    }
    const folder = await mkdtemp(join(tmpdir(), "idos-story-"));
    const first = await freePorts(30);
    const port = { nodes: first + 10, p2p: first + 20, web: first };
    const args = ["--json", "devnet", "--folder", join(folder, "net")];
    args.push("--port", `${port.nodes}`, "--p2p-port", `${port.p2p}`, "--web-port", `${port.web}`);
    const child = spawn(binary, args, { stdio: ["ignore", "pipe", "pipe"] });
    child.stderr.pipe(createWriteStream(join(folder, "errors")));
    try {
      const running = await firstLine(child);
      const nodes = running.nodes.map(({ url }) => url);
      const at = (host: string, place: number) => `http://${host}:${port.web + place}`;
      const places: Places = {
        nodes,
        dashboard: at("127.0.0.1", 0),
        enclave: at("localhost", 1),
        issuer: at("127.0.0.1", 2),
        demo: at("127.0.0.1", 3),
      };
      return new Devnet(
        places,
        child,
        folder,
        running.nodes.map((node) => node.process),
      );
    } catch (cause) {
      child.kill();
      const said = await readFile(join(folder, "errors"), "utf8");
      throw new Error(`the network did not start: ${said}`, { cause });
    }
  }

  /** Ends a node as a power failure would, as far as a process can. */
  kill(node: number): void {
    const id = this.#nodes[node];
    if (id === undefined) {
      throw new Error(`there is no node ${node}`);
    }
    process.kill(id, "SIGKILL");
  }

  /** Ends the network, and removes what it kept. */
  async stop(): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = new Promise((resolve) => this.#process.once("exit", resolve));
      this.#process.kill("SIGTERM");
      await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

/** What the command prints once everything runs. */
interface Running {
  readonly nodes: readonly { readonly url: string; readonly process: number }[];
}

function firstLine(child: ChildProcess): Promise<Running> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`it ended with code ${code}`)));
    if (child.stdout !== null) {
      createInterface(child.stdout).once("line", (line) => resolve(JSON.parse(line) as Running));
    }
  });
}
