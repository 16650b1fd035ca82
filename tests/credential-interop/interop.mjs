// Issues, derives or verifies credentials with the libraries of Digital Bazaar. Reads one JSON object
// from standard input, writes one to standard output. Asks nobody: contexts come with the input.
import { readFileSync } from 'node:fs';

import * as vc from '@digitalbazaar/vc';
import jsigs from 'jsonld-signatures';

import { deriving, ofDidKey, signing, verifying } from './suites.mjs';

const input = JSON.parse(readFileSync(0, 'utf8'));
const now = new Date(input.now);

async function documentLoader(url) {
  const document = url.startsWith('did:key:') ? ofDidKey(url) : input.contexts[url];
  if (!document) throw new Error(`nothing is fetched: ${url}`);
  return { contextUrl: null, documentUrl: url, document };
}

function bytes(hex) {
  return hex === undefined ? undefined : new Uint8Array(Buffer.from(hex, 'hex'));
}

function nameOf({ proof }) {
  return proof.cryptosuite ?? proof.type;
}

function told(result) {
  const error = result.error?.errors?.[0] ?? result.error;
  return { verified: result.verified, error: error && String(error.message) };
}

async function verified(credential) {
  const suite = verifying(nameOf(credential), bytes(input.header));
  return told(await vc.verifyCredential({ credential, suite, documentLoader, now }));
}

/** The proof alone, whoever the issuer is. */
async function proofVerified(document) {
  const purpose = new jsigs.purposes.AssertionProofPurpose();
  const suite = verifying(nameOf(document));
  return told(await jsigs.verify(document, { suite, purpose, documentLoader }));
}

async function presentationVerified({ document: presentation, challenge, domain }) {
  const suite = ['Ed25519Signature2020', 'eddsa-rdfc-2022'].map((name) => verifying(name));
  return told(await vc.verify({ presentation, challenge, domain, documentLoader, now, suite }));
}

async function issued({ suite, key, credential, mandatory }) {
  return vc.issue({
    credential: { ...credential, issuer: `did:key:${key.publicKey}` },
    suite: await signing(suite, key, { date: now, mandatoryPointers: mandatory }),
    documentLoader,
    now,
  });
}

async function derived({ credential, pointers, header }) {
  const suite = deriving(pointers, bytes(header));
  return vc.derive({ verifiableCredential: credential, suite, documentLoader });
}

async function each(list, one) {
  return list && Promise.all(list.map(one));
}

console.log(JSON.stringify({
  issue: await each(input.issue, issued),
  derive: await each(input.derive, derived),
  verify: await each(input.verify, verified),
  proofs: await each(input.proofs, proofVerified),
  presentation: input.presentation && await presentationVerified(input.presentation),
}));
