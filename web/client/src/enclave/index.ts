/** The enclave, for pages: keys and plaintexts stay in a frame of another origin. @module */
export type { EnclaveApi, SealedByEnclave } from "./api.ts";
export { Channel, type Serve } from "./channel.ts";
export { Enclave, type EnclaveOptions } from "./enclave.ts";
export { EnclaveError } from "./enclave-error.ts";
export * from "./protocol.ts";
