// A small server on a port that the system chooses.
import { existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

type Handle = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

export interface Site {
  readonly port: number;
  readonly close: () => Promise<void>;
}

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

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
};

/** Serves a built page with its configuration; `policy` is what the browser lets the file at a path do. */
export function builtPage(
  dist: string,
  config: () => unknown,
  policy: (path: string) => string,
): Promise<Site> {
  return site((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://page");
    const path = extname(pathname) === "" ? "/index.html" : pathname;
    const headers = { "content-security-policy": policy(path), "x-content-type-options": "nosniff" };
    if (path === "/config.json") {
      response.writeHead(200, { ...headers, "content-type": "application/json" });
      response.end(JSON.stringify(config()));
      return;
    }
    const file = join(dist, path);
    const type = TYPES[extname(path)];
    if (type === undefined || !file.startsWith(dist) || !existsSync(file)) {
      response.writeHead(404, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, "content-type": type }).end(readFileSync(file));
  });
}
