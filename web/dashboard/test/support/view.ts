// What of a page is in view, for environments that show nothing.
import { act } from "@testing-library/react";
import { vi } from "vitest";

/** Puts what is in view in place, until `vi.unstubAllGlobals`: everything that is there, or only what is scrolled to. */
export function withView({ isAll = true }: { readonly isAll?: boolean } = {}) {
  type Tell = (entries: readonly { readonly isIntersecting: boolean }[]) => void;
  const waiting = new Map<Element, Tell>();
  class View {
    readonly #tell: Tell;
    #box: Element | undefined;

    constructor(tell: Tell) {
      this.#tell = tell;
    }

    observe(box: Element): void {
      this.#box = box;
      waiting.set(box, this.#tell);
      this.#tell([{ isIntersecting: isAll }]);
    }

    disconnect(): void {
      if (this.#box !== undefined) {
        waiting.delete(this.#box);
      }
    }
  }
  vi.stubGlobal("IntersectionObserver", View);
  return { scrollTo: (box: Element) => act(() => waiting.get(box)?.([{ isIntersecting: true }])) };
}
