import { checkPage } from "./check-page.ts";
import { offerCheckpoint } from "./checkpoint-form.ts";
import { followBlocks } from "./live.ts";
import { browserMemory } from "./memory.ts";

const verdict = document.getElementById("verdict");
const check = () => verdict === null || void checkPage(verdict, browserMemory);
check();
const newest = document.getElementById("newest-blocks");
if (newest !== null) {
  followBlocks(newest);
}
const checkpoint = document.getElementById("checkpoint");
if (checkpoint !== null) {
  // Without an answer the form stays hidden.
  offerCheckpoint(checkpoint, browserMemory, check).catch(() => undefined);
}
