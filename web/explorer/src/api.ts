import {
  type Checkpoint,
  decodeSetChange,
  fromBase64,
  PIECE_BYTES,
  SET_CHANGES,
  type SetChange,
} from "idos-client/light-client";
import { TEXTS } from "./texts.ts";

/** Most characters of an answer: a full block has two thousand transactions. */
const ANSWER_CHARS = 4_000_000;

/** This node did not answer, or not with what it should. */
export class AnswerError extends Error {
  override readonly name = "AnswerError";
}

/** A block, as `/api/v1/blocks/{height}` answers. */
export interface Block {
  readonly height: number;
  readonly hash: string;
  readonly header: string;
  readonly time: number;
  readonly root: string;
  readonly leaves: number;
  readonly transactions: readonly { readonly hash: string }[];
  readonly certificate: { readonly bytes: string } | null;
}

/** What proves a grant, as `/api/v1/grants/{id}/proof` answers. */
export interface GrantProof {
  readonly certificate: string;
  readonly id: string;
  readonly grantee: string;
  readonly data_id: string;
  readonly leaf: string;
  readonly grantee_proof: string;
  readonly entry: string;
  readonly data_proof: string;
}

/** What a visitor's checks start from, as `/api/v1/network` answers. */
export interface Network {
  readonly chain_id: string;
  readonly checkpoint: Checkpoint | null;
}

/** News, as `/api/v1/events` tells. */
export interface BlockSummary {
  readonly height: number;
  readonly hash: string;
  readonly time: number;
  readonly transactions: number;
  readonly certified: boolean;
}

/** The node of this page. Every answer is checked by whoever uses it. */
export const api = {
  network: () => get<Network>("/api/v1/network"),
  block: (height: number) => get<Block>(`/api/v1/blocks/${height}`),
  grantProof: (id: string) => get<GrantProof>(`/api/v1/grants/${encodeURIComponent(id)}/proof`),

  /** What proves who validates from an epoch on. */
  async setChanges(fromEpoch: bigint): Promise<SetChange[]> {
    const request = {
      jsonrpc: "2.0",
      id: 1,
      method: "idos.set_changes",
      params: { from_epoch: Number(fromEpoch) },
    };
    const answer = await ask<{ readonly result?: { readonly changes?: readonly string[] } }>("/rpc/v1", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(request),
    });
    const changes = answer.result?.changes ?? [];
    return changes.slice(0, SET_CHANGES).map((change) => decodeSetChange(fromBase64(change, PIECE_BYTES)));
  },
};

function get<T>(path: string): Promise<T> {
  return ask<T>(path, {});
}

async function ask<T>(path: string, options: RequestInit): Promise<T> {
  let text: string;
  let isOk: boolean;
  try {
    const response = await fetch(path, {
      ...options,
      credentials: "omit",
      signal: AbortSignal.timeout(20_000),
    });
    isOk = response.ok;
    text = await response.text();
  } catch (cause) {
    throw new AnswerError(TEXTS.unreachable, { cause });
  }
  if (text.length > ANSWER_CHARS) {
    throw new AnswerError(TEXTS.unreachable);
  }
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new AnswerError(TEXTS.unreachable, { cause });
  }
  if (!isOk) {
    const said = (json as { error?: unknown } | null)?.error;
    throw new AnswerError(typeof said === "string" ? said : TEXTS.unreachable);
  }
  return json as T;
}
