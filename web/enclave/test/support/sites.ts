// The two sites of the tests: a page on 127.0.0.1, and the enclave on localhost with the headers of its server.
import { readFileSync } from "node:fs";
import { build } from "esbuild";
import { type Site, site } from "idos-testing/site";

const DIST = new URL("../../dist", import.meta.url).pathname;
const TYPES: Readonly<Record<string, string>> = { html: "text/html", js: "text/javascript", css: "text/css" };

/** Serves the built enclave. `nodes` may change between loads. */
export function enclaveSite(config: () => unknown, nodes: () => readonly string[]): Promise<Site> {
  return site((request, response) => {
    const path = new URL(request.url ?? "/", "http://x").pathname;
    if (path === "/config.json") {
      response.setHeader("content-type", "application/json").end(JSON.stringify(config()));
      return;
    }
    const file = path === "/" ? "/index.html" : path;
    const ancestors = file === "/window.html" ? "'none'" : "*";
    response.setHeader(
      "content-security-policy",
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
        `connect-src 'self' ${nodes().join(" ")}; frame-ancestors ${ancestors}; base-uri 'none'; form-action 'none'; ` +
        "require-trusted-types-for 'script'; trusted-types 'none'",
    );
    response.setHeader("referrer-policy", "no-referrer").setHeader("x-content-type-options", "nosniff");
    try {
      const body = readFileSync(DIST + file);
      response
        .setHeader("content-type", TYPES[file.split(".").at(-1) ?? ""] ?? "application/octet-stream")
        .end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
}

/** A page with the client, and a button that does what the test says. */
export async function pageSite(): Promise<Site> {
  const { outputFiles } = await build({
    entryPoints: [new URL("./page.ts", import.meta.url).pathname],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    conditions: ["idos-source"],
    write: false,
  });
  const script = outputFiles[0]?.contents ?? new Uint8Array();
  const html =
    '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>page</title></head><body>' +
    '<button id="go">Go</button><div id="enclave"></div><script type="module" src="/page.js"></script></body></html>';
  return site((request, response) => {
    const isScript = request.url === "/page.js";
    response
      .setHeader("content-type", isScript ? "text/javascript" : "text/html")
      .end(isScript ? script : html);
  });
}
