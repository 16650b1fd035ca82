// Serves a built page as its own server does.
import { existsSync, readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { type Site, site } from "idos-testing/site";

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
