/**
 * What is not seen of a text, or puts what is seen in another order: with it a name looks like another one. The nodes
 * have the same in `crates/types/src/unseen.rs`.
 */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]+/gu;

/** A name that somebody gave themselves, as it may be shown; undefined if nothing of it would be seen. */
export function shownName(name: string): string | undefined {
  const seen = name.replace(UNSEEN, "").trim();
  return seen === "" ? undefined : seen;
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { "\t": "\\t", "\n": "\\n", "\r": "\\r" };

/** A text that has to stay the one it is: what is not seen is written out, as Rust does. */
export function inert(text: string): string {
  const written = (one: string) => SHORT_ESCAPES[one] ?? `\\u{${one.codePointAt(0)?.toString(16)}}`;
  return text.replace(UNSEEN, (unseen) => Array.from(unseen, written).join(""));
}
