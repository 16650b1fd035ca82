/**
 * The dialogs that are open, the last one on top. What lies outside of it can neither be seen well, nor clicked, nor
 * heard by who uses a screen reader: what has to be noticed is put into it, or into the place within that it names.
 */
class TopLayer {
  #places: readonly HTMLElement[] = [];
  readonly #listeners = new Set<() => void>();

  /** Has a dialog, or a place in it, on top until the function that is returned is called. */
  enter(place: HTMLElement): () => void {
    this.#set([...this.#places, place]);
    return () => this.#set(this.#places.filter((it) => it !== place));
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly current = (): HTMLElement | undefined => this.#places.at(-1);

  #set(places: readonly HTMLElement[]): void {
    this.#places = places;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

/** Of the one document that there is. */
export const topLayer = new TopLayer();
