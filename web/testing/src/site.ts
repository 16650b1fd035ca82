// A small server.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** A server that listens. */
export interface Site {
  readonly port: number;
  readonly close: () => Promise<void>;
}

/** Serves on a port that the system chooses. */
export function site(handle: Handle): Promise<Site> {
  return new Promise((resolve) => {
    const server = createServer((request, response) => void handle(request, response));
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      const close = () => {
        server.closeAllConnections();
        return new Promise<void>((done) => server.close(() => done()));
      };
      resolve({ port, close });
    });
  });
}
