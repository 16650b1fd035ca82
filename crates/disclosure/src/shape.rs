//! What a derived proof has to be before the library looks at it: the library takes the identity for a
//! point of a proof, and with it anybody proves everything.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use crate::proofs::DisclosureError;

/// How the bytes of a derived proof begin (`serializeDerivedProofValue` of Data Integrity BBS
/// Cryptosuites 1.0): its tag, and a list of five in CBOR.
const BEGIN: [u8; 4] = [0xd9, 0x5d, 0x03, 0x85];

/// How a string of bytes begins in CBOR whose length follows in two bytes, or in four. No proof fits one.
const LENGTH_IN_TWO: u8 = 0x59;
const LENGTH_IN_FOUR: u8 = 0x5a;

/// Bytes of a point of G1, compressed.
const POINT: usize = 48;

/// Points that a proof begins with: Abar, Bbar and D.
const POINTS: usize = 3;

/// Bytes of a scalar.
const SCALAR: usize = 32;

/// The bit of the first byte of a point that says it is the identity.
const IDENTITY: u8 = 0x40;

/// Refuses a proof with the identity among its points or zero among its scalars, as `octets_to_proof` of
/// draft-irtf-cfrg-bbs-signatures does. A list or string that is not of a length said beforehand is
/// refused, too: the library would have to put together what is looked at here in the same way.
pub(crate) fn check(document: &Value) -> Result<(), DisclosureError> {
    let malformed = |why: &str| DisclosureError::Malformed(why.to_owned());
    let value = document.pointer("/proof/proofValue");
    let value = value
        .and_then(Value::as_str)
        .and_then(|it| it.strip_prefix('u'));
    let value = value.ok_or_else(|| malformed("its value is no base64url after `u`"))?;
    let bytes = URL_SAFE_NO_PAD
        .decode(value)
        .map_err(|error| DisclosureError::Malformed(error.to_string()))?;
    let proof =
        proof(&bytes).ok_or_else(|| malformed("it is not written as derived proofs are"))?;
    let (points, scalars) = proof
        .split_at_checked(POINTS * POINT)
        .ok_or_else(|| malformed("it is too short"))?;
    let is_identity = |point: &[u8]| point.first().is_none_or(|byte| byte & IDENTITY != 0);
    if points.chunks(POINT).any(is_identity) {
        return Err(DisclosureError::Identity);
    }
    if scalars
        .chunks(SCALAR)
        .any(|it| it.iter().all(|byte| *byte == 0))
    {
        return Err(malformed("a scalar of it is zero"));
    }
    Ok(())
}

/// The BBS proof within the bytes of a proof value.
fn proof(bytes: &[u8]) -> Option<&[u8]> {
    let (kind, rest) = bytes.strip_prefix(&BEGIN)?.split_first()?;
    let (length, rest) = match *kind {
        LENGTH_IN_TWO => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from(u16::from_be_bytes(*length)), rest)
        }
        LENGTH_IN_FOUR => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from_be_bytes(*length), rest)
        }
        _ => return None,
    };
    rest.get(..usize::try_from(length).ok()?)
}
