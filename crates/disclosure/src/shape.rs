//! What the value of a proof has to be before the library looks at it. Of a derived one it takes the
//! identity for a point, and with it anybody proves everything; of a base one it selects by however many
//! pointers there are.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_types::limits::DISCLOSURE_POINTERS;
use serde_json::Value;

use crate::{pointers::PointersError, proofs::DisclosureError};

/// How the bytes of a base proof begin (`serializeBaseProofValue` of Data Integrity BBS Cryptosuites
/// 1.0): its tag, and a list of five in CBOR.
const BEGIN_BASE: [u8; 4] = [0xd9, 0x5d, 0x02, 0x85];

/// What is in that list before the mandatory pointers: signature, header, public key and HMAC key.
const BEFORE_POINTERS: usize = 4;

/// How the bytes of a derived proof begin (`serializeDerivedProofValue`).
const BEGIN_DERIVED: [u8; 4] = [0xd9, 0x5d, 0x03, 0x85];

/// Kinds of values in CBOR (RFC 8949, section 3.1).
const BYTES: u8 = 2;
const TEXT: u8 = 3;
const LIST: u8 = 4;

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
    let value = proof_value(document)?;
    let rest = value.strip_prefix(&BEGIN_DERIVED);
    let proof = rest.and_then(|rest| string(BYTES, rest));
    let (proof, _) = proof.ok_or_else(|| malformed("it is not written as derived proofs are"))?;
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

/// The mandatory pointers in the value of a base proof.
pub(crate) fn mandatory(value: &[u8]) -> Result<Vec<&str>, DisclosureError> {
    let pointers = |value| {
        let mut rest = <[u8]>::strip_prefix(value, &BEGIN_BASE)?;
        for _ in 0..BEFORE_POINTERS {
            rest = string(BYTES, rest)?.1;
        }
        let (kind, length, rest) = head(rest)?;
        (kind == LIST).then_some((length, rest))
    };
    let malformed = || malformed("it is not written as base proofs are");
    let (length, mut rest) = pointers(value).ok_or_else(malformed)?;
    if length > DISCLOSURE_POINTERS {
        let error = PointersError::TooMany(length);
        return Err(DisclosureError::Mandatory(error));
    }
    let mut pointers = Vec::with_capacity(length);
    for _ in 0..length {
        let (pointer, after) = string(TEXT, rest).ok_or_else(malformed)?;
        pointers.push(str::from_utf8(pointer).map_err(|_| malformed())?);
        rest = after;
    }
    Ok(pointers)
}

/// The bytes of a document's proof value.
pub(crate) fn proof_value(document: &Value) -> Result<Vec<u8>, DisclosureError> {
    let value = document.pointer("/proof/proofValue");
    let value = value
        .and_then(Value::as_str)
        .and_then(|it| it.strip_prefix('u'));
    let value = value.ok_or_else(|| malformed("its value is no base64url after `u`"))?;
    URL_SAFE_NO_PAD
        .decode(value)
        .map_err(|error| DisclosureError::Malformed(error.to_string()))
}

/// A string of this kind that CBOR begins with, and what follows it.
fn string(kind: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (found, length, rest) = head(bytes)?;
    let (string, rest) = rest.split_at_checked(length)?;
    (found == kind).then_some((string, rest))
}

/// The kind and the length of what CBOR begins with, and what follows that, if the length is said
/// beforehand and in four bytes at most.
fn head(bytes: &[u8]) -> Option<(u8, usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    let (length, rest) = match first & 0x1f {
        length @ ..24 => (u32::from(length), rest),
        24 => {
            let (length, rest) = rest.split_first()?;
            (u32::from(*length), rest)
        }
        25 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from(u16::from_be_bytes(*length)), rest)
        }
        26 => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from_be_bytes(*length), rest)
        }
        _ => return None,
    };
    Some((first >> 5, usize::try_from(length).ok()?, rest))
}

fn malformed(why: &str) -> DisclosureError {
    DisclosureError::Malformed(why.to_owned())
}
