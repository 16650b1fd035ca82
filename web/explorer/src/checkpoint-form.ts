import type { Checkpoint } from "idos-client/light-client";
import { api } from "./api.ts";
import { TEXTS } from "./texts.ts";
import { keepCheckpoint, type Memory, ownCheckpoint } from "./trust.ts";

/** Lets a visitor start from a checkpoint of their own; calls `changed` when they do, or do no longer. */
export async function offerCheckpoint(
  section: HTMLElement,
  memory: Memory,
  changed: () => void,
): Promise<void> {
  const { chain_id: chainId } = await api.network();
  const text = section.querySelector("textarea");
  const error = section.querySelector<HTMLElement>("#checkpoint-error");
  const state = section.querySelector<HTMLElement>("#checkpoint-state");
  if (text === null || error === null || state === null) {
    return;
  }
  const show = () => {
    const own = ownCheckpoint(memory);
    text.value = own === undefined ? "" : JSON.stringify(own, null, 1);
    state.textContent = stateOf(own, chainId);
  };
  const attempt = (step: () => void) => {
    error.textContent = "";
    text.removeAttribute("aria-invalid");
    try {
      step();
    } catch (fault) {
      text.setAttribute("aria-invalid", "true");
      error.textContent = fault instanceof Error ? fault.message : TEXTS.checkpointBad;
    }
  };
  const keep = (given: string | null) =>
    attempt(() => {
      keepCheckpoint(memory, chainId, given);
      show();
      changed();
    });
  section.querySelector("#checkpoint-keep")?.addEventListener("click", () => keep(text.value));
  section.querySelector("#checkpoint-forget")?.addEventListener("click", () => keep(null));
  attempt(show);
  section.hidden = false;
}

function stateOf(own: Checkpoint | undefined, chainId: string): string {
  if (own === undefined) {
    return TEXTS.checkpointOfNode;
  }
  return own.chainId === chainId
    ? TEXTS.checkpointKept(own.epoch)
    : TEXTS.checkpointNotOfNode(own.chainId, chainId);
}
