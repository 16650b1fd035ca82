import { api } from "./api.ts";
import { TEXTS } from "./texts.ts";
import { keepCheckpoint, type Memory, ownCheckpoint } from "./trust.ts";

/** Lets a visitor start from a checkpoint of their own. */
export async function offerCheckpoint(section: HTMLElement, memory: Memory): Promise<void> {
  const { chain_id: chainId } = await api.network();
  const text = section.querySelector("textarea");
  const error = section.querySelector<HTMLElement>("#checkpoint-error");
  const state = section.querySelector<HTMLElement>("#checkpoint-state");
  if (text === null || error === null || state === null) {
    return;
  }
  const show = () => {
    const own = ownCheckpoint(memory, chainId);
    text.value = own === undefined ? "" : JSON.stringify(own, null, 1);
    state.textContent = own === undefined ? TEXTS.checkpointOfNode : TEXTS.checkpointKept(own.epoch);
  };
  const keep = (given: string | null) => {
    error.textContent = "";
    text.removeAttribute("aria-invalid");
    try {
      keepCheckpoint(memory, chainId, given);
      show();
    } catch (fault) {
      text.setAttribute("aria-invalid", "true");
      error.textContent = fault instanceof Error ? fault.message : TEXTS.checkpointBad;
    }
  };
  section.querySelector("#checkpoint-keep")?.addEventListener("click", () => keep(text.value));
  section.querySelector("#checkpoint-forget")?.addEventListener("click", () => keep(null));
  show();
  section.hidden = false;
}
