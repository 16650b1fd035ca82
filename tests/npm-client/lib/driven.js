// Which actions were driven, and how they ended, across the test files of one run:
//   ok        it did something, or showed something
//   refused   a rule of its own refused it: a transaction that was included, or a view that complained
//   denied    it is the owner's, and somebody else sent it
//   spared    it refuses nothing, and left alone what is somebody else's
//   withheld  a view kept from one person what it showed to another
// Nothing is noted of what is wrong in form, not included, or without a session. The runner starts one process for
// each file; they share the runner as their parent, and so a scratch file named after it.
import { appendFileSync, existsSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const file = join(tmpdir(), `idos-npm-client-driven-${process.ppid}`);
const seen = new Set();
const OUTCOMES = ["ok", "refused", "denied", "spared", "withheld"];

let isCounted = true;

/** What this file does from now on counts for nothing: it plays against another node. */
export const countNoMore = () => {
  isCounted = false;
};

export function driven(action, outcome) {
  if (!isCounted) return;
  const line = `${action} ${outcome}\n`;
  if (seen.has(line)) return;
  seen.add(line);
  appendFileSync(file, line);
}

/** { ok: Set, refused: Set, … } of the whole run so far. */
export function outcomes() {
  const result = Object.fromEntries(OUTCOMES.map((outcome) => [outcome, new Set()]));
  if (!existsSync(file)) return result;
  for (const line of readFileSync(file, "utf8").split("\n").filter(Boolean)) {
    const [action, outcome] = line.split(" ");
    result[outcome].add(action);
  }
  return result;
}

export const forget = () => rmSync(file, { force: true });
