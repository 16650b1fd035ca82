// Which actions were driven, and how they ended, across the test files of one run. The runner starts one process for
// each file; they share the runner as their parent, and so a scratch file named after it.
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const file = join(tmpdir(), `idos-npm-client-driven-${process.ppid}`);
const seen = new Set();

export function driven(action, outcome) {
  const line = `${action} ${outcome}\n`;
  if (seen.has(line)) return;
  seen.add(line);
  appendFileSync(file, line);
}

/** { ok: Set, refused: Set } of the whole run so far. */
export function outcomes() {
  const result = { ok: new Set(), refused: new Set() };
  if (!existsSync(file)) return result;
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const [action, outcome] = line.split(" ");
    result[outcome].add(action);
  }
  return result;
}

export const forget = () => rmSync(file, { force: true });
