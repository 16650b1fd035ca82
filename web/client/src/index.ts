export * from "./errors.ts";
export * from "./light-client/light-client.ts";
