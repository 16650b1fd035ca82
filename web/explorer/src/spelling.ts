// How pages spell numbers, times and digests; the nodes do the same in `crates/explorer/src/page/text.rs`.

/** A moment for machines, and for people. */
export interface SpelledTime {
  readonly machine: string;
  readonly text: string;
}

/** A moment in milliseconds since 1970, to the second. */
export function spelledTime(millis: number): SpelledTime {
  const iso = new Date(millis).toISOString();
  const [day, time] = [iso.slice(0, 10), iso.slice(11, 19)];
  return { machine: `${day}T${time}Z`, text: `${day} ${time} UTC` };
}

/** A number with its thousands apart. */
export function count(value: number | bigint): string {
  return value.toLocaleString("en");
}

/** So many of the validators. */
export function ofValidators(signers: number, validators: number): string {
  return `${count(signers)} of ${count(validators)} validator${validators === 1 ? "" : "s"}`;
}

/** The beginning and the end of a digest. */
export function shortened(hash: string): string {
  return `${hash.slice(0, 8)}…${hash.slice(-6)}`;
}
