/**
 * Which stored keys of an asking origin still count. IndexedDB deletes later, or not at all if the document goes before;
 * this is in `localStorage`, where what is taken away is away at once, for all tabs.
 */
export class LiveMark {
  readonly #name: string;

  constructor(origin: string) {
    this.#name = `idos-enclave:live:${origin}`;
  }

  /** From now on what is stored under this id counts, and nothing else. False if the browser keeps no such mark. */
  begin(id: string): boolean {
    try {
      localStorage.setItem(this.#name, id);
    } catch {
      // Full, or refused. What was marked before does not count any more either.
      this.end();
    }
    return this.is(id);
  }

  is(id: string): boolean {
    try {
      return localStorage.getItem(this.#name) === id;
    } catch {
      return false;
    }
  }

  /** Nothing counts any more. */
  end(): void {
    try {
      localStorage.removeItem(this.#name);
    } catch {
      // Storage is refused: then `is` is false for everything.
    }
  }
}
