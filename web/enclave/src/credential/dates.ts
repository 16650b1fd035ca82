const DATE = /^(\d{4}-\d{2}-\d{2})T([01]\d|2[0-3])(:[0-5]\d){2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * A date of RFC 3339, as `crates/credential/src/dates.rs` reads it: of a day that exists, and with a time zone. Without
 * one it would be another moment wherever it is read.
 */
export function dateOf(value: unknown): Date | undefined {
  const [, day = ""] = typeof value === "string" ? (DATE.exec(value) ?? []) : [];
  if (day === "" || !isDay(day)) {
    return undefined;
  }
  const date = new Date(String(value));
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Whether a day, as in `2024-02-29`, exists: `Date` takes the 30th of February for the 2nd of March. */
export function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}
