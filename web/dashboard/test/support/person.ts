// A person whose profile and attributes are kept in memory.
import { type Attribute, KEY_RING_ATTRIBUTE, type Person, type Profile } from "idos-client";

/** What the network has of a person; `profile` may be set later. */
export interface FakePerson {
  readonly person: Person;
  readonly attributes: Attribute[];
  /** Names of what was written, in order. */
  readonly writes: string[];
  readonly has: { profile: Profile | undefined };
}

export function fakePerson({
  keyRing,
  profile,
}: {
  readonly keyRing?: string;
  readonly profile?: Profile;
} = {}): FakePerson {
  const has = { profile };
  const writes: string[] = [];
  const attribute = (id: string, key: string, value: string): Attribute => ({
    id,
    userId: profile?.id ?? "u",
    key,
    value,
    inserter: null,
    originalId: null,
  });
  const attributes = keyRing === undefined ? [] : [attribute("ring", KEY_RING_ATTRIBUTE, keyRing)];
  const answer = async <T>(value: T) => ({ value, proof: undefined });
  const receipt = { hash: "aa" };
  const person = {
    wallet: { type: "EVM", address: "0x1", publicKey: undefined },
    profile: () => answer(has.profile),
    attributes: () => answer([...attributes]),
    wallets: () => answer([]),
    credentials: () => answer([]),
    signOwnership: async (userId: string) => ({ id: "w", type: "EVM", address: "0x1", message: userId }),
    addAttribute: async (key: string, value: string, id = crypto.randomUUID()) => {
      writes.push("add");
      attributes.push(attribute(id, key, value));
      return receipt;
    },
    editAttribute: async (id: string, key: string, value: string) => {
      writes.push("edit");
      const at = attributes.findIndex((it) => it.id === id);
      attributes.splice(at, 1, attribute(id, key, value));
      return receipt;
    },
  };
  return { person: person as unknown as Person, attributes, writes, has };
}
