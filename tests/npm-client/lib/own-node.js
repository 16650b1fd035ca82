// A node of a test file's own, for what a setting changes. Import what talks to the node only after `startNode`: it
// puts the node in the place of the one that the other files play against.
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { countNoMore } from "./driven.js";

/** The binary: as said, or as cargo says to its tests. */
export const binary = process.env.IDOS_BIN ?? process.env.CARGO_BIN_EXE_idos;

/** Starts a network of one node, with these settings changed, until this process ends. */
export async function startNode(settings) {
  const folder = mkdtempSync(join(tmpdir(), "idos-npm-client-node-"));
  const home = join(folder, "node");
  let node;
  process.on("exit", () => {
    node?.kill("SIGKILL");
    rmSync(folder, { recursive: true, force: true });
  });
  const init = ["node", "init", "--chain-id", "idos-own", "--home", home];
  execFileSync(binary, init, { stdio: ["ignore", "ignore", "inherit"] });

  const file = join(home, "config.toml");
  let config = readFileSync(file, "utf8");
  const all = { stranger_writes_per_minute: 1_000_000, p2p_listen: "127.0.0.1:0", ...settings };
  for (const [key, value] of Object.entries(all)) {
    const line = new RegExp(`^${key} = .*$`, "m");
    assert.match(config, line);
    config = config.replace(line, `${key} = ${JSON.stringify(value)}`);
  }
  writeFileSync(file, config);

  const start = ["node", "start", "--home", home, "--listen", "127.0.0.1:0"];
  node = spawn(binary, start, { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface(node.stdout);
  const [url] = await Promise.race([
    once(lines, "line").then(([line]) => /(?<=^listening on ).*/.exec(line) ?? assert.fail(line)),
    once(node, "exit").then(([code]) => assert.fail(`the node ended with ${code}`)),
  ]);
  // Neither keeps this process alive.
  node.unref();
  node.stdout.unref();
  countNoMore();
  process.env.IDOS_URL = url;
  process.env.IDOS_OWNER_SEED = readFileSync(join(home, "owner.key"), "utf8").trim();
}
