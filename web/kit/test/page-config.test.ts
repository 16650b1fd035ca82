import { expect, test, vi } from "vitest";
import { ConfigError, loadPageConfig, parsePageConfig } from "../src/page-config.ts";

const good = {
  network: {
    chainId: "idos-x",
    nodes: ["http://127.0.0.1:8484/", "https://node.example"],
    checkpoint: { chainId: "idos-x", epoch: "0", sets: ["a", "b"] },
  },
  enclave: "http://localhost:8481",
  issuers: [{ name: "An issuer", url: "http://127.0.0.1:8482" }],
  dashboard: "http://127.0.0.1:8480",
  demo: null,
  development: true,
};

test("a configuration is read, and addresses lose the slash at their end", () => {
  const read = parsePageConfig(good);
  expect(read).toEqual({
    ...good,
    network: { ...good.network, nodes: ["http://127.0.0.1:8484", "https://node.example"] },
  });
});

test.each([
  ["no object", []],
  ["no network", { ...good, network: undefined }],
  ["a node that is no address", { ...good, network: { ...good.network, nodes: ["node"] } }],
  ["a script as an address", { ...good, enclave: "javascript:alert(1)" }],
  ["one set of validators", { ...good, network: { ...good.network, checkpoint: { sets: ["a"] } } }],
  ["issuers without end", { ...good, issuers: Array(65).fill(good.issuers[0]) }],
  ["no word on the demo", { ...good, demo: undefined }],
])("%s is refused by name", (_, config) => {
  expect(() => parsePageConfig(config)).toThrow(ConfigError);
});

test("a page may know no dashboard", () => {
  expect(parsePageConfig({ ...good, dashboard: null }).dashboard).toBe(null);
  expect(() => parsePageConfig({ ...good, dashboard: "nowhere" })).toThrow(ConfigError);
});

test("only true makes a network one for development", () => {
  expect(parsePageConfig({ ...good, development: "yes" }).development).toBe(false);
});

test("a checkpoint may be of as many validators as an epoch has", () => {
  const of = (validators: number) => {
    const set = "0".repeat(2 * (4 + validators * 51));
    return {
      ...good,
      network: { ...good.network, checkpoint: { ...good.network.checkpoint, sets: [set, set] } },
    };
  };
  expect(parsePageConfig(of(128)).network.checkpoint.sets[0]).toHaveLength(13_064);
  expect(() => parsePageConfig(of(200))).toThrow(ConfigError);
});

test("a configuration that does not come is not waited for without end", async () => {
  const within = AbortSignal.timeout;
  const patience = vi.spyOn(AbortSignal, "timeout").mockImplementation(() => within.call(AbortSignal, 5));
  vi.stubGlobal(
    "fetch",
    (_: string, { signal }: RequestInit) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason))),
  );
  try {
    await expect(loadPageConfig()).rejects.toMatchObject({ name: "TimeoutError" });
    expect(patience).toHaveBeenCalledWith(20_000);
  } finally {
    vi.unstubAllGlobals();
    vi.restoreAllMocks();
  }
});
