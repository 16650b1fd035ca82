// A node between client and node that does as it likes with what passes.
import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { URL_OF_FIRST } from "./network.ts";

export interface Message {
  readonly method: string;
  readonly params: object;
}
/** Changes the result of a request; undefined if the answer is to be lost. */
export type Tamper = (message: Message, result: unknown) => unknown;

/** Answers a request by a `result` or an `error`, so that no node hears of it; undefined to pass it on. */
export type Instead = (message: Message) => { result: unknown } | { error: unknown } | undefined;

/** A proxy's URL; it ends with the test. */
export async function proxy(
  tamper: Tamper,
  instead: Instead = () => undefined,
): Promise<{ url: string; close: () => void }> {
  const server = createServer((request, response) => {
    pass(request, response, tamper, instead).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") {
    throw new Error("the proxy has no port");
  }
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { url: `http://127.0.0.1:${address.port}`, close };
}

async function pass(
  asked: IncomingMessage,
  response: ServerResponse,
  tamper: Tamper,
  instead: Instead,
): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of asked) {
    parts.push(part as Buffer);
  }
  const body = Buffer.concat(parts).toString();
  const message = JSON.parse(body) as Message & { id: unknown };
  const made = instead(message);
  if (made !== undefined) {
    response.end(JSON.stringify({ jsonrpc: "2.0", id: message.id, ...made }));
    return;
  }
  const answer = await forwarded(asked, body);
  const json = JSON.parse(answer.body) as { result?: unknown };
  if (json.result !== undefined) {
    const changed = tamper(message, json.result);
    if (changed === undefined) {
      response.destroy();
      return;
    }
    json.result = changed;
  }
  response.writeHead(answer.status, {
    "content-type": "application/json",
    "set-cookie": answer.cookies,
  });
  response.end(JSON.stringify(json));
}

/** Asks the node as if it were the one that the client named. */
async function forwarded(
  { headers: { host, cookie } }: IncomingMessage,
  body: string,
): Promise<{ status: number; cookies: string[]; body: string }> {
  const headers = { "content-type": "application/json", host, ...(cookie === undefined ? {} : { cookie }) };
  const asked = request(`${URL_OF_FIRST}/rpc/v1`, { method: "POST", headers });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    asked.on("response", resolve).on("error", reject).end(body);
  });
  const parts: Buffer[] = [];
  for await (const part of answer) {
    parts.push(part as Buffer);
  }
  const { statusCode: status = 0 } = answer;
  return { status, cookies: answer.headers["set-cookie"] ?? [], body: Buffer.concat(parts).toString() };
}
