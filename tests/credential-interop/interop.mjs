// Issues or verifies credentials with the libraries of Digital Bazaar. Reads one JSON object from
// standard input, writes one to standard output. Asks nobody: contexts come with the input.
import { readFileSync } from 'node:fs';

import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020';
import { Ed25519VerificationKey2020 } from '@digitalbazaar/ed25519-verification-key-2020';
import { cryptosuite as eddsaRdfc2022 } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import * as vc from '@digitalbazaar/vc';

const input = JSON.parse(readFileSync(0, 'utf8'));
const now = new Date(input.now);

const SUITE_2020 = 'Ed25519Signature2020';
const KEY_CONTEXT = 'https://w3id.org/security/suites/ed25519-2020/v1';

/** A key or the document of a did:key. */
function ofDidKey(url) {
  const [did, fragment] = url.split('#');
  const key = {
    '@context': KEY_CONTEXT,
    id: `${did}#${did.slice('did:key:'.length)}`,
    type: 'Ed25519VerificationKey2020',
    controller: did,
    publicKeyMultibase: did.slice('did:key:'.length),
  };
  if (fragment) return key;
  return {
    '@context': ['https://www.w3.org/ns/did/v1', KEY_CONTEXT],
    id: did,
    verificationMethod: [key],
    assertionMethod: [key.id],
    authentication: [key.id],
  };
}

async function documentLoader(url) {
  const document = url.startsWith('did:key:') ? ofDidKey(url) : input.contexts[url];
  if (!document) throw new Error(`nothing is fetched: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
}

function suiteFor(name, options = {}) {
  return name === SUITE_2020
    ? new Ed25519Signature2020(options)
    : new DataIntegrityProof({ ...options, cryptosuite: eddsaRdfc2022 });
}

async function verified(credential) {
  const name = credential.proof.cryptosuite ?? credential.proof.type;
  const result = await vc.verifyCredential({ credential, suite: suiteFor(name), documentLoader, now });
  const error = result.error?.errors?.[0] ?? result.error;
  return { verified: result.verified, error: error && String(error.message) };
}

async function presentationVerified(presentation, challenge, domain) {
  const name = presentation.proof.cryptosuite ?? presentation.proof.type;
  const result = await vc.verify({
    presentation, challenge, domain, documentLoader, now,
    suite: [suiteFor(SUITE_2020), suiteFor('eddsa-rdfc-2022')],
  });
  const error = result.error?.errors?.[0] ?? result.error;
  return { verified: result.verified, error: error && String(error.message), name };
}

async function issued({ suite, seed, credential }) {
  const bytes = Buffer.from(seed, 'hex');
  const plain = await Ed25519VerificationKey2020.generate({ seed: bytes });
  const did = `did:key:${plain.publicKeyMultibase}`;
  const id = `${did}#${plain.publicKeyMultibase}`;
  plain.id = id;
  plain.controller = did;
  const signer = suite === SUITE_2020
    ? { key: plain }
    : { signer: (await Ed25519Multikey.from(await plain.export({ publicKey: true, privateKey: true, includeContext: true }))).signer() };
  return vc.issue({
    credential: { ...credential, issuer: did },
    suite: suiteFor(suite, { ...signer, date: now }),
    documentLoader,
    now,
  });
}

const output = {};
if (input.verify) output.verify = await Promise.all(input.verify.map(verified));
if (input.presentation) {
  const { document, challenge, domain } = input.presentation;
  output.presentation = await presentationVerified(document, challenge, domain);
}
if (input.issue) output.issue = await Promise.all(input.issue.map(issued));
console.log(JSON.stringify(output));
