import { abortable, type Signer } from "idos-client";

/** Something that a wallet was asked to sign, and has not yet. */
export interface PendingSignature {
  readonly id: number;
  readonly text: string;
  /** Waits no more: whoever asked is told so, and what the wallet signs later goes nowhere. */
  readonly giveUp: () => void;
}

/** A signer whose signatures are announced. */
export interface Watched {
  readonly signer: Signer;
  /** Gives up what is awaited of it, and has it asked for nothing more: its person left. */
  readonly end: () => void;
}

/** The signatures that are awaited, oldest first; says when that changes. */
export class PendingSignatures {
  #pending: readonly PendingSignature[] = [];
  #count = 0;
  readonly #listeners = new Set<() => void>();

  /** Changes with every change, so that it can be compared. */
  readonly current = (): readonly PendingSignature[] => this.#pending;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** The same signer; whatever it is asked to sign is shown while it is awaited. */
  watched(signer: Signer): Watched {
    const end = new AbortController();
    const ending = abortable(signer, end.signal);
    const shown = { ...ending, sign: (text: string) => this.#shown(text, ending) };
    // The outer one, so that nothing is shown of what is asked for after the end.
    return { signer: abortable(shown, end.signal), end: () => end.abort() };
  }

  async #shown(text: string, signer: Signer): Promise<Uint8Array> {
    this.#count += 1;
    const patience = new AbortController();
    const entry = { id: this.#count, text, giveUp: () => patience.abort() };
    this.#change([...this.#pending, entry]);
    try {
      return await abortable(signer, patience.signal).sign(text);
    } finally {
      this.#change(this.#pending.filter((it) => it !== entry));
    }
  }

  #change(pending: readonly PendingSignature[]): void {
    this.#pending = pending;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
