import { bytesToHex } from "../bytes/bytes.ts";
import { Nodes } from "../nodes/nodes.ts";
import { keyTypeOf } from "../signer/caller.ts";
import type { Signer } from "../signer/signer.ts";
import { numberOf, objectOf } from "../wire/json.ts";
import type { Network } from "./network.ts";

/**
 * The nonce that a signer used last, in a block or waiting for one: so many nodes say that it is at least that, that one
 * of them tells the truth. No node can have a transaction signed that it could keep until its nonce comes. Who lies, or
 * is behind, can at most make it too low, and then the transaction is refused.
 */
export async function lastNonce(network: Network, { authType, sender }: Signer): Promise<number> {
  const { nodes, faults } = network;
  const params = { id: { identifier: bytesToHex(sender), key_type: keyTypeOf(authType) }, status: 1 };
  const told = await nodes.several(faults, async (node, signal) => {
    const account = objectOf(await Nodes.ask(node, "user.account", params, signal), "the account");
    return numberOf(account["nonce"], "nonce");
  });
  const highest = [...told].sort((one, other) => other - one).slice(0, faults + 1);
  return Math.min(...highest);
}
