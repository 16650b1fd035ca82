import type { Memory } from "./trust.ts";

/** The storage of this browser; where it refuses, what a page needs is asked for again. */
export const browserMemory: Memory = {
  read(name) {
    try {
      return localStorage.getItem(name);
    } catch {
      return null;
    }
  },
  write(name, value) {
    try {
      if (value === null) {
        localStorage.removeItem(name);
      } else {
        localStorage.setItem(name, value);
      }
    } catch {
      // It is not remembered.
    }
  },
};
