import type { Reader } from "../bytes/reader.ts";
import { EncodingError } from "../errors.ts";

const IPV4 = 4;
const IPV6 = 6;

/** Reads the IP address and port at which other nodes reach a node, and returns their one spelling. */
export function readNodeAddress(reader: Reader): string {
  const kind = reader.u8();
  if (kind !== IPV4 && kind !== IPV6) {
    throw new EncodingError("Address", `unknown kind ${kind} of address`);
  }
  const ip = reader.take(kind === IPV4 ? 4 : 16);
  const port = reader.u16LittleEndian();
  const address = kind === IPV4 ? spellIpv4(ip) : spellIpv6(ip);
  if (address === undefined || port === 0) {
    throw notAnAddress();
  }
  return `${address}:${port}`;
}

/** Whether a text is an address in its one spelling. */
export function isNodeAddress(text: string): boolean {
  return encodeNodeAddress(text) !== undefined;
}

/** The bytes of an address: kind, address, port; undefined if the text is none in its one spelling. */
export function encodeNodeAddress(text: string): Uint8Array | undefined {
  const [, v6, v4, digits] = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):([1-9][0-9]{0,4})$/.exec(text) ?? [];
  const port = Number(digits);
  const ip = v4 === undefined ? parseIpv6(v6 ?? "") : Uint8Array.from(v4.split("."), Number);
  if (ip === undefined || !(port <= 0xffff)) {
    return undefined;
  }
  const isSpelled = v4 === undefined ? spellIpv6(ip) === `[${v6}]` : spellIpv4(ip) === v4;
  const kind = v4 === undefined ? IPV6 : IPV4;
  return isSpelled ? Uint8Array.of(kind, ...ip, port & 0xff, port >> 8) : undefined;
}

function notAnAddress(): EncodingError {
  return new EncodingError(
    "Address",
    "an address is the IP address and the port of one machine, like 192.0.2.1:8485 or [2001:db8::1]:8485",
  );
}

/** An IPv4 address of one machine. */
function spellIpv4(ip: Uint8Array): string | undefined {
  const first = ip[0] ?? 0;
  const isMulticast = first >= 224 && first < 240;
  const isEqual = (value: number) => ip.every((byte) => byte === value);
  return ip.length === 4 && !isMulticast && !isEqual(0) && !isEqual(255) ? ip.join(".") : undefined;
}

/** An IPv6 address of one machine: shortened as RFC 5952 says; one that maps IPv4 has another spelling. */
function spellIpv6(ip: Uint8Array): string | undefined {
  const isZero = (from: number, to: number) => ip.subarray(from, to).every((byte) => byte === 0);
  const isMapped = isZero(0, 10) && ip[10] === 0xff && ip[11] === 0xff;
  if (isZero(0, 16) || ip[0] === 0xff || isMapped) {
    return undefined;
  }
  const groups = Array.from({ length: 8 }, (_, at) => (ip[2 * at] ?? 0) * 256 + (ip[2 * at + 1] ?? 0));
  let best = { from: 0, length: 1 };
  for (let from = 0; from < 8; from++) {
    const run = groups.slice(from).findIndex((group) => group !== 0);
    const length = run < 0 ? 8 - from : run;
    if (length > best.length) {
      best = { from, length };
    }
  }
  const spell = (part: number[]) => part.map((group) => group.toString(16)).join(":");
  if (best.length < 2) {
    return `[${spell(groups)}]`;
  }
  return `[${spell(groups.slice(0, best.from))}::${spell(groups.slice(best.from + best.length))}]`;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  const groupsOf = (half: string | undefined) => (half === undefined || half === "" ? [] : half.split(":"));
  const [left, right] = [groupsOf(halves[0]), groupsOf(halves[1])];
  const missing = 8 - left.length - right.length;
  const isShortened = halves.length === 2;
  if (halves.length > 2 || (isShortened ? missing < 1 : missing !== 0)) {
    return undefined;
  }
  const groups = [...left, ...Array<string>(missing).fill("0"), ...right];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/.test(group))) {
    return undefined;
  }
  return Uint8Array.from(
    groups.flatMap((group) => {
      const number = Number.parseInt(group, 16);
      return [number >> 8, number & 0xff];
    }),
  );
}
