/** What this browser keeps for the page, as JSON. Browsers may refuse storage: then nothing is kept. */

/** For all tabs, and until it is taken away. Asked for each time: some browsers refuse that already. */
const everywhere = () => localStorage;

/** What is kept under a name; undefined if there is nothing that can be read. */
export function kept(name: string, where: () => Storage = everywhere): unknown {
  try {
    const text = where().getItem(name);
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Keeps a value, or with undefined nothing any more. False if the browser does not let it. */
export function keep(name: string, value: unknown, where: () => Storage = everywhere): boolean {
  try {
    if (value === undefined) {
      where().removeItem(name);
    } else {
      where().setItem(name, JSON.stringify(value));
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
