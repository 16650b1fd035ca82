import type { IdosError } from "../errors.ts";
import { type Json, numberOf, objectOf } from "../wire/json.ts";
import { NodeError, RefusedError } from "./node-error.ts";

/** The code by which a node asks its caller to sign in. */
const NOT_AUTHORIZED = -901;
/** The code with which a node rejects a transaction. */
const REJECTED = -201;
/**
 * Codes by which a node says that the request is at fault, so that every node would refuse it. Any other is the node's,
 * also one that no node of this protocol has.
 */
const REFUSED = new Set([
  -32700, -32600, -32601, -32602, -200, -202, -203, -204, -300, -301, -302, -601, -801, -902, -903, -904,
  -906, -1001, -1002, -1003, -1004, -1005, -1007,
]);
/** The code by which a node says that it began nothing, since too much is under way. */
const FULL = -905;
/** Longest text of a node that is passed on. */
const TEXT = 1_000;

/** The error that the member `error` of an answer is. */
export function rpcErrorOf(url: string, json: Json): IdosError {
  const error = objectOf(json, "error");
  const code = typeof error["code"] === "number" ? error["code"] : 0;
  const message = textOf(error["message"]);
  if (code === NOT_AUTHORIZED) {
    return new NodeError("NotSignedIn", url, message);
  }
  if (code === REJECTED) {
    const data = objectOf(error["data"] ?? {}, "data of the error");
    return new RefusedError("Rejected", numberOf(data["code"] ?? 0, "code"), textOf(data["message"]));
  }
  if (code === FULL) {
    return new NodeError("Full", url, message);
  }
  return REFUSED.has(code)
    ? new RefusedError("Request", code, message)
    : new NodeError("Unavailable", url, message);
}

function textOf(json: Json): string {
  return typeof json === "string" ? json.slice(0, TEXT) : "the node does not say why";
}
