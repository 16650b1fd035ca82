/** What checks certificates and proofs, for whoever shows them. @module */
export { bytesToHex, equalBytes, fromBase64, fromHex, utf8 } from "../bytes/bytes.ts";
export { uuidBytes } from "../bytes/uuid.ts";
export { IdosError } from "../errors.ts";
export { SET_CHANGES } from "../limits.ts";
export { keyIn, LISTS } from "../rows/leaves.ts";
export { ClaimError, verifyClaim } from "../tree/claim.ts";
export { digestOfParts } from "../tree/digest.ts";
export { decodeProof } from "../tree/proof.ts";
export { CertificateError, decodeCertificate, type RootCertificate } from "./certificate.ts";
export { type Checkpoint, LightClient, LightClientError } from "./light-client.ts";
export { decodeSetChange, PIECE_BYTES, type SetChange } from "./set-change.ts";
export type { RootStatement } from "./statement.ts";
