import type { Signer } from "idos-client";

/** Something that a wallet was asked to sign, and has not yet. */
export interface PendingSignature {
  readonly id: number;
  readonly text: string;
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
  watched(signer: Signer): Signer {
    return { ...signer, sign: (text) => this.#during(text, () => signer.sign(text)) };
  }

  async #during<T>(text: string, work: () => Promise<T>): Promise<T> {
    this.#count += 1;
    const entry = { id: this.#count, text };
    this.#change([...this.#pending, entry]);
    try {
      return await work();
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
