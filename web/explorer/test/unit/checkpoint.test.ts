// @vitest-environment happy-dom
// What visitors see of their own checkpoint: on the page where they give it, and where something is checked.
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { genesisCheckpoint } from "../../../client/src/light-client/genesis.ts";
import { checkPage } from "../../src/check-page.ts";
import { offerCheckpoint } from "../../src/checkpoint-form.ts";
import { fingerprint } from "../../src/fingerprint.ts";
import { TEXTS } from "../../src/texts.ts";
import { keepCheckpoint } from "../../src/trust.ts";
import { Verdict } from "../../src/verdict.ts";
import { memory } from "../support/memory.ts";

const KEY = "5866666666666666666666666666666666666666666666666666666666666666";
const of = (chainId: string) => genesisCheckpoint(chainId, [{ key: KEY, address: "192.0.2.1:8485" }]);

/** A node that says it is of this chain. */
function nodeOf(chainId: string): void {
  const network = { chain_id: chainId, checkpoint: of(chainId) };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(network)));
}

beforeEach(() => {
  document.body.innerHTML = `<section id="verdict" data-verify="network"></section>
    <div id="checkpoint" hidden><textarea></textarea><p id="checkpoint-error"></p><p id="checkpoint-state"></p>
      <button id="checkpoint-keep"></button><button id="checkpoint-forget"></button></div>`;
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const element = (id: string) => document.getElementById(id) as HTMLElement;

test("a node of another chain than the visitor's own checkpoint is refuted, and the page says what to do", async () => {
  const kept = memory();
  keepCheckpoint(kept, "unit", JSON.stringify(of("unit")));
  nodeOf("unit2");
  await checkPage(element("verdict"), kept);
  expect(element("verdict").dataset["state"]).toBe("refuted");
  expect(element("verdict").textContent).toMatch(
    /of the chain unit, .* of unit2\. .*replace your checkpoint/,
  );
});

test("a checkpoint of another chain is shown where it can be replaced or given up", async () => {
  const kept = memory();
  keepCheckpoint(kept, "unit", JSON.stringify(of("unit")));
  nodeOf("unit2");
  const changed = vi.fn();
  await offerCheckpoint(element("checkpoint"), kept, changed);
  expect(document.querySelector("textarea")?.value).toContain('"unit"');
  expect(element("checkpoint-state").textContent).toContain(
    "is of the chain unit, and this node is of unit2",
  );
  expect(changed).not.toHaveBeenCalled();
  element("checkpoint-forget").click();
  expect(element("checkpoint-state").textContent).toContain("that this node names");
  expect(changed).toHaveBeenCalledOnce();
});

test("what is kept and cannot be read is told, and can be given up", async () => {
  const kept = memory();
  kept.write("idos-explorer-checkpoint", "{}");
  nodeOf("unit");
  await offerCheckpoint(element("checkpoint"), kept, () => undefined);
  expect(element("checkpoint").hidden).toBe(false);
  expect(element("checkpoint-error").textContent).toContain("cannot be read any longer");
  element("checkpoint-forget").click();
  expect(element("checkpoint-error").textContent).toBe("");
});

test("a change of chain is told with the verdict", () => {
  const anchor = { checkpoint: of("unit2"), fingerprint: "00", isOwn: false };
  const verified = { signers: 1, validators: 1, height: 1n, timeMillis: 0 };
  const told = (before: string) => {
    const section = element("verdict");
    new Verdict(section).verified(verified, [], {
      ...anchor,
      before: { chainId: before, fingerprint: "01" },
    });
    expect(section.dataset["state"]).toBe("changed");
    expect(section.querySelector(".verdict-title")?.textContent).toBe(TEXTS.verifiedFromOther);
    return section.textContent;
  };
  expect(told("unit")).toContain("is of the chain unit2; on your first visit here it was of unit.");
  expect(told("unit2")).toContain("other first validators than on your first visit");
});

/** The page on which people compare fingerprints, once it is checked. */
async function compared(shown: string, kept = memory()): Promise<HTMLElement> {
  element("verdict").dataset["verify"] = "anchor";
  document.body.insertAdjacentHTML(
    "beforeend",
    `<dl><dd id="fact-fingerprint"><code>${shown}</code></dd></dl>`,
  );
  await checkPage(element("verdict"), kept);
  return element("verdict");
}

test("the fingerprint that people compare is that of what the script starts from, all of it", async () => {
  nodeOf("unit");
  const verdict = await compared(fingerprint(of("unit")));
  expect(verdict.dataset["state"]).toBe("starts");
  expect(verdict.querySelector("code")?.textContent).toBe(fingerprint(of("unit")));
});

test("a page that shows another fingerprint than that of what the node names is refuted", async () => {
  nodeOf("unit");
  const verdict = await compared(fingerprint(of("unit2")));
  expect(verdict.dataset["state"]).toBe("refuted");
  expect(verdict.textContent).toContain(TEXTS.otherFingerprint);
});

test("with a checkpoint of one's own, that is the one to compare", async () => {
  nodeOf("unit");
  const kept = memory();
  const own = { ...of("unit"), epoch: "7" };
  keepCheckpoint(kept, "unit", JSON.stringify(own));
  const verdict = await compared(fingerprint(of("unit")), kept);
  expect(verdict.textContent).toContain("of epoch 7");
  expect(verdict.querySelector("code")?.textContent).toBe(fingerprint(own));
});

test("an overview that calls no height certified is refuted, whatever the node answers", async () => {
  nodeOf("unit");
  await checkPage(element("verdict"), memory());
  expect(element("verdict").dataset["state"]).toBe("refuted");
});

test("of two checks the later one counts, whichever ends first", async () => {
  const answers: ((answer: Response) => void)[] = [];
  vi.stubGlobal("fetch", () => new Promise((resolve) => answers.push(resolve)));
  element("verdict").dataset["verify"] = "anchor";
  const runs = [checkPage(element("verdict"), memory()), checkPage(element("verdict"), memory())];
  answers[1]?.(new Response(null, { status: 503 }));
  await runs[1];
  const { textContent } = element("verdict");
  expect(element("verdict").dataset["state"]).toBe("unverified");
  answers[0]?.(new Response(JSON.stringify({ chain_id: "unit", checkpoint: of("unit") })));
  await runs[0];
  expect(element("verdict").textContent).toBe(textContent);
});
