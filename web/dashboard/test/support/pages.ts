// The built dashboard and the built enclave, each on an origin of its own, under the policies of the real server.
import type { PageConfig } from "idos-kit/page-config";
import type { Site } from "idos-testing/site";
import { builtPage } from "./built-page.ts";

const OWN =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; base-uri 'none'; " +
  "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'; ";
const dist = (name: string) => new URL(`../../../${name}/dist`, import.meta.url).pathname;

export function dashboardPage(config: () => PageConfig): Promise<Site> {
  return builtPage(dist("dashboard"), config, () => {
    const { network, issuers, enclave } = config();
    const reached = [...network.nodes, ...issuers.map((it) => it.url)].join(" ");
    return `${OWN}connect-src 'self' ${reached}; frame-src ${enclave}; frame-ancestors 'none'`;
  });
}

export function enclavePage(config: () => PageConfig): Promise<Site> {
  return builtPage(dist("enclave"), config, (path) => {
    const ancestors = path === "/window.html" ? "'none'" : "*";
    return `${OWN}connect-src 'self' ${config().network.nodes.join(" ")}; frame-ancestors ${ancestors}`;
  });
}
