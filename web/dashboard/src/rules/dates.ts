/** Days, as public notes have them: `YYYY-MM-DD`, in UTC. */

const DAY_MILLIS = 86_400_000;
const DAY = /^(\d{4}-\d{2}-\d{2})(?:T.*)?$/;

/** The day that a text names, at its beginning; undefined if it names none. A time of that day is let through. */
export function parseDay(text: unknown): Date | undefined {
  const [, day] = (typeof text === "string" ? DAY.exec(text) : null) ?? [];
  const date = day === undefined ? undefined : new Date(`${day}T00:00:00Z`);
  // The 30th of February becomes a day of March, or none: neither is what the text says.
  const isReal =
    date !== undefined && !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day ?? " ");
  return isReal ? date : undefined;
}

/** Whole days from today until a day; negative if it is over. */
export function daysUntil(day: Date, now: Date): number {
  return Math.round((day.getTime() - startOfDay(now)) / DAY_MILLIS);
}

function startOfDay(now: Date): number {
  return Math.floor(now.getTime() / DAY_MILLIS) * DAY_MILLIS;
}

/** A time in seconds since 1970, as the network counts. */
export function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

const SHOWN: Intl.DateTimeFormatOptions = { day: "numeric", month: "long", year: "numeric" };

/** A day for people: 3 May 2027. */
export function shownDay(day: Date): string {
  return day.toLocaleDateString("en-GB", { ...SHOWN, timeZone: "UTC" });
}

/** A time in seconds since 1970 for people, in their time zone: 3 May 2027, 14:05. */
export function shownTime(at: number): string {
  return new Date(at * 1000).toLocaleString("en-GB", { ...SHOWN, hour: "2-digit", minute: "2-digit" });
}

/** A moment of today or before for people, in their time zone: 14:05:03, with its day unless that is today. */
export function shownMoment(time: Date, now: Date): string {
  const at = time.toLocaleTimeString("en-GB");
  const isToday = time.toDateString() === now.toDateString();
  return isToday ? at : `${time.toLocaleDateString("en-GB", SHOWN)}, ${at}`;
}
