/**
 * The dialogs that are open, the last one on top. What lies outside of it can neither be seen well, nor clicked, nor
 * heard by who uses a screen reader: what has to be noticed is put into it.
 */
class TopLayer {
  #dialogs: readonly HTMLElement[] = [];
  readonly #listeners = new Set<() => void>();

  /** Has a dialog on top until the function that is returned is called. */
  enter(dialog: HTMLElement): () => void {
    this.#set([...this.#dialogs, dialog]);
    return () => this.#set(this.#dialogs.filter((it) => it !== dialog));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): HTMLElement | undefined => this.#dialogs.at(-1);

  #set(dialogs: readonly HTMLElement[]): void {
    this.#dialogs = dialogs;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** Of the one document that there is. */
export const topLayer = new TopLayer();
