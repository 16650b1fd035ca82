/** What is not seen of a text, or puts what is seen in another order: with it a name looks like another one. */
const UNSEEN = /[\p{Cc}\p{Cf}]+/gu;

/** A name that somebody gave themselves, as it may be shown; undefined if nothing of it would be seen. */
export function shownName(name: string): string | undefined {
  const seen = name.replace(UNSEEN, "").trim();
  return seen === "" ? undefined : seen;
}
