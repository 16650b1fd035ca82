/** Where a page finds what it is to work with: on its own origin. */
export const CONFIG_PATH = "/config.json";

/** Most bytes of a configuration. */
const MOST_BYTES = 64 * 1024;

/** Milliseconds that a configuration may take: it is small, and whatever wants it can try again. */
const LOAD_MILLIS = 20_000;

/** Most characters of a text. */
const TEXT_CHARACTERS = 8192;

/** Most characters of a set: each of 128 validators has a key of 32 bytes and an address of at most 19, in hexadecimal. */
const SET_CHARACTERS = 16_384;

/** Who the network is, as far as it has to be trusted; the same for every page. */
export interface NetworkConfig {
  readonly chainId: string;
  /** URLs of nodes, as the nodes call themselves. */
  readonly nodes: readonly string[];
  /** The validators to begin with. */
  readonly checkpoint: {
    readonly chainId: string;
    readonly epoch: string;
    readonly sets: readonly [string, string];
  };
}

/** An issuer that takes people on. */
export interface IssuerConfig {
  readonly name: string;
  readonly url: string;
}

/** What a server gives to the page that it serves. */
export interface PageConfig {
  readonly network: NetworkConfig;
  /** Origin of the enclave; null on the enclave's own. */
  readonly enclave: string | null;
  readonly issuers: readonly IssuerConfig[];
  /** URL of the dashboard, where pages send people who have no profile yet; null if none is known. */
  readonly dashboard: string | null;
  /** URL of the demo bank, if one runs beside this page. */
  readonly demo: string | null;
  /** A network for development: wallets may be made in the page. */
  readonly development: boolean;
}

/** The configuration is not there, or is none. The operator of the page has to act. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";

  constructor(message: string, options?: ErrorOptions) {
    super(`${CONFIG_PATH}: ${message}`, options);
  }
}

type Json = { readonly [member: string]: unknown };

const isJson = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function text(value: unknown, name: string, most = TEXT_CHARACTERS): string {
  if (typeof value !== "string" || value === "" || value.length > most) {
    throw new ConfigError(`${name} is to be a text of at most ${most} characters`);
  }
  return value;
}

const set = (value: unknown, name: string) => text(value, name, SET_CHARACTERS);

/** An address with scheme and host only is normalised to have no slash at its end. */
function url(value: unknown, name: string): string {
  const given = text(value, name);
  const parsed = URL.canParse(given) ? new URL(given) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw new ConfigError(`${name} is to be an address with http or https`);
  }
  return given.replace(/\/+$/, "");
}

function list<T>(value: unknown, name: string, one: (value: unknown, name: string) => T): readonly T[] {
  if (!Array.isArray(value) || value.length > 64) {
    throw new ConfigError(`${name} is to be a list of at most 64`);
  }
  return value.map((it, index) => one(it, `${name}[${index}]`));
}

function object(value: unknown, name: string): Json {
  if (!isJson(value)) {
    throw new ConfigError(`${name} is to be an object`);
  }
  return value;
}

function network(value: unknown): NetworkConfig {
  const { chainId, nodes, checkpoint } = object(value, "network");
  const trusted = object(checkpoint, "network.checkpoint");
  const [current, next] = list(trusted["sets"], "network.checkpoint.sets", set);
  if (current === undefined || next === undefined) {
    throw new ConfigError("network.checkpoint.sets is to be two sets of validators");
  }
  return {
    chainId: text(chainId, "network.chainId"),
    nodes: list(nodes, "network.nodes", url),
    checkpoint: {
      chainId: text(trusted["chainId"], "network.checkpoint.chainId"),
      epoch: text(trusted["epoch"], "network.checkpoint.epoch"),
      sets: [current, next],
    },
  };
}

function issuer(value: unknown, name: string): IssuerConfig {
  const it = object(value, name);
  return { name: text(it["name"], `${name}.name`), url: url(it["url"], `${name}.url`) };
}

/** Reads a configuration from its JSON. */
export function parsePageConfig(json: unknown): PageConfig {
  const it = object(json, "the configuration");
  const page = (name: string) => (it[name] === null ? null : url(it[name], name));
  return {
    network: network(it["network"]),
    enclave: page("enclave"),
    issuers: list(it["issuers"], "issuers", issuer),
    dashboard: page("dashboard"),
    demo: page("demo"),
    development: it["development"] === true,
  };
}

/** The configuration of this page, from its own origin. */
export async function loadPageConfig(): Promise<PageConfig> {
  const response = await fetch(CONFIG_PATH, {
    credentials: "same-origin",
    cache: "no-cache",
    signal: AbortSignal.timeout(LOAD_MILLIS),
  });
  if (!response.ok) {
    throw new ConfigError(`the server answered with status ${response.status}`);
  }
  const body = await response.text();
  if (body.length > MOST_BYTES) {
    throw new ConfigError(`more than ${MOST_BYTES} bytes`);
  }
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch (cause) {
    throw new ConfigError("not JSON", { cause });
  }
  return parsePageConfig(json);
}
