/** What this browser keeps for the page, as JSON. Browsers may refuse storage: then nothing is kept. */

/** What is kept under a name; undefined if there is nothing that can be read. */
export function kept(name: string): unknown {
  try {
    const text = localStorage.getItem(name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a value, or with undefined nothing any more. False if the browser does not let it. */
export function keep(name: string, value: unknown): boolean {
  try {
    if (value === undefined) {
      localStorage.removeItem(name);
    } else {
      localStorage.setItem(name, JSON.stringify(value));
    }
    return true;
  } catch {
    return false;
  }
}

/** An object of JSON; undefined for everything else. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
