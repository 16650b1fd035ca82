import type { Memory } from "../../src/trust.ts";

/** The storage of a browser that has been nowhere. */
export function memory(): Memory {
  const kept = new Map<string, string>();
  return {
    read: (name) => kept.get(name) ?? null,
    write: (name, value) => (value === null ? kept.delete(name) : kept.set(name, value)),
  };
}
