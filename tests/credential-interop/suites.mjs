// The suites of Digital Bazaar by their names: what signs, derives and verifies by each.
import * as Bls12381Multikey from '@digitalbazaar/bls12-381-multikey';
import {
  createDiscloseCryptosuite, createSignCryptosuite as bbsSigning, createVerifyCryptosuite as bbsVerifying,
} from '@digitalbazaar/bbs-2023-cryptosuite';
import { DataIntegrityProof } from '@digitalbazaar/data-integrity';
import * as EcdsaMultikey from '@digitalbazaar/ecdsa-multikey';
import { cryptosuite as ecdsaRdfc2019 } from '@digitalbazaar/ecdsa-rdfc-2019-cryptosuite';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020';
import { Ed25519VerificationKey2020 } from '@digitalbazaar/ed25519-verification-key-2020';
import {
  createSignCryptosuite as jcsSigning, createVerifyCryptosuite as jcsVerifying,
} from '@digitalbazaar/eddsa-jcs-2022-cryptosuite';
import { cryptosuite as eddsaRdfc2022 } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';

const SUITE_2020 = 'Ed25519Signature2020';
const KEY_2020_CONTEXT = 'https://w3id.org/security/suites/ed25519-2020/v1';
const MULTIKEY_CONTEXT = 'https://w3id.org/security/multikey/v1';
const DID_CONTEXT = 'https://www.w3.org/ns/did/v1';
const ED25519 = 'z6Mk';

const SUITES = {
  'eddsa-jcs-2022': { keys: Ed25519Multikey, signing: jcsSigning, verifying: jcsVerifying },
  'eddsa-rdfc-2022': { keys: Ed25519Multikey, signing: () => eddsaRdfc2022, verifying: () => eddsaRdfc2022 },
  'ecdsa-rdfc-2019': { keys: EcdsaMultikey, signing: () => ecdsaRdfc2019, verifying: () => ecdsaRdfc2019 },
  'bbs-2023': { keys: Bls12381Multikey, signing: bbsSigning, verifying: bbsVerifying },
};

/** The key of a `did:key`, in the form of its kind. */
function keyOf(did) {
  const publicKeyMultibase = did.slice('did:key:'.length);
  const [context, type] = publicKeyMultibase.startsWith(ED25519)
    ? [KEY_2020_CONTEXT, 'Ed25519VerificationKey2020']
    : [MULTIKEY_CONTEXT, 'Multikey'];
  return {
    '@context': context, id: `${did}#${publicKeyMultibase}`, type, controller: did, publicKeyMultibase,
  };
}

/** A key or the document of a `did:key`. */
export function ofDidKey(url) {
  const [did, fragment] = url.split('#');
  const key = keyOf(did);
  if (fragment) return key;
  return {
    '@context': [DID_CONTEXT, key['@context']],
    id: did,
    verificationMethod: [key],
    assertionMethod: [key.id],
    authentication: [key.id],
  };
}

/** What signs with a key, given as two multikeys. `mandatoryPointers` are of bbs-2023. */
export async function signing(name, { publicKey, secretKey }, { date, mandatoryPointers }) {
  const { keys, signing: cryptosuite } = SUITES[name === SUITE_2020 ? 'eddsa-rdfc-2022' : name];
  const controller = `did:key:${publicKey}`;
  const key = await keys.from({
    '@context': MULTIKEY_CONTEXT, type: 'Multikey', id: `${controller}#${publicKey}`, controller,
    publicKeyMultibase: publicKey, secretKeyMultibase: secretKey,
  });
  if (name !== SUITE_2020) {
    return new DataIntegrityProof({
      signer: key.signer(), date, cryptosuite: cryptosuite({ mandatoryPointers }),
    });
  }
  const { secretKey: seed } = await key.export({ secretKey: true, raw: true });
  const older = await Ed25519VerificationKey2020.generate({ seed, id: key.id, controller });
  return new Ed25519Signature2020({ key: older, date });
}

/** What verifies proofs of a suite; those of bbs-2023 for the occasion of a header, if it is given. */
export function verifying(name, expectedPresentationHeader) {
  if (name === SUITE_2020) return new Ed25519Signature2020();
  return new DataIntegrityProof({
    cryptosuite: SUITES[name].verifying({ expectedPresentationHeader }),
  });
}

/** What derives a proof of bbs-2023 over what the pointers select. */
export function deriving(selectivePointers, presentationHeader) {
  const cryptosuite = createDiscloseCryptosuite({ selectivePointers, presentationHeader });
  return new DataIntegrityProof({ cryptosuite });
}
