/** Most characters that are read: what fits a credential. */
const MOST = 8_000_000;

/**
 * Reads Adobe's Ascii85, in which the official issuer writes files: between `<~` and `~>`, `z` for four zero bytes.
 * Undefined if it is none.
 */
export function fromAscii85(text: string): Uint8Array | undefined {
  if (!text.startsWith("<~") || !text.endsWith("~>") || text.length > MOST) {
    return undefined;
  }
  const bytes: number[] = [];
  let group: number[] = [];
  for (const character of text.slice(2, -2)) {
    if (/\s/.test(character)) {
      continue;
    }
    if (character === "z" && group.length === 0) {
      bytes.push(0, 0, 0, 0);
      continue;
    }
    const digit = character.charCodeAt(0) - 33;
    if (digit < 0 || digit > 84) {
      return undefined;
    }
    group.push(digit);
    if (group.length === 5) {
      const word = wordOf(group);
      if (word > 0xffffffff) {
        return undefined;
      }
      bytes.push(...bytesOf(word));
      group = [];
    }
  }
  if (group.length === 1) {
    return undefined;
  }
  if (group.length > 1) {
    const word = wordOf([...group, 84, 84, 84, 84].slice(0, 5));
    bytes.push(...bytesOf(Math.min(word, 0xffffffff)).slice(0, group.length - 1));
  }
  return Uint8Array.from(bytes);
}

function wordOf(digits: readonly number[]): number {
  return digits.reduce((word, digit) => word * 85 + digit, 0);
}

function bytesOf(word: number): readonly number[] {
  return [word >>> 24, (word >>> 16) & 0xff, (word >>> 8) & 0xff, word & 0xff];
}
