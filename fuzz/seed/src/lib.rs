//! What the fuzz targets and the program that writes their first inputs share: how several fields
//! lie in one input, and the recorded messages.

use serde_json::Value;

/// Lays fields out as one input: each but the last behind its length, 16 bits, least significant
/// byte first.
pub fn join(fields: &[&[u8]]) -> Vec<u8> {
    let mut input = Vec::new();
    let last = fields.len().saturating_sub(1);
    for (at, field) in fields.iter().enumerate() {
        if at < last {
            let len = u16::try_from(field.len()).unwrap_or(u16::MAX);
            input.extend_from_slice(&len.to_le_bytes());
            input.extend(field.iter().take(usize::from(len)));
        } else {
            input.extend_from_slice(field);
        }
    }
    input
}

/// Takes an input apart; whatever the input is, there are `N` fields.
pub fn split<const N: usize>(mut input: &[u8]) -> [&[u8]; N] {
    let mut fields = [[].as_slice(); N];
    for (at, field) in fields.iter_mut().enumerate() {
        if at + 1 == N {
            *field = input;
            break;
        }
        let Some((len, rest)) = input.split_first_chunk::<2>() else {
            break;
        };
        let len = usize::from(u16::from_le_bytes(*len)).min(rest.len());
        (*field, input) = rest.split_at(len);
    }
    fields
}

/// Applies edits to something valid: every three bytes are a position (16 bits) and a byte to
/// combine with the one there by "exclusive or". Returns whether anything differs afterwards.
pub fn edit(valid: &mut [u8], edits: &[u8]) -> bool {
    let before = valid.to_vec();
    for edit in edits.chunks_exact(3) {
        if let [low, high, byte] = *edit
            && !valid.is_empty()
        {
            let at = usize::from(u16::from_le_bytes([low, high])) % valid.len();
            valid[at] ^= byte;
        }
    }
    before != valid
}

/// Messages recorded from clients of the incumbent network.
pub struct Fixtures {
    /// Vectors of the protocol.
    pub kwil: Value,
    /// Requests and signatures of the SDK.
    pub sdk: Value,
    /// Vectors of proofs, of certificates, and of a light client's way.
    pub proof: [Value; 3],
    /// What this project has sealed, with the keys to it.
    pub sealed: Value,
}

impl Fixtures {
    /// The recorded messages of this repository.
    pub fn load() -> Self {
        let parse = |text| serde_json::from_str(text).expect("the fixtures are JSON");
        Self {
            kwil: parse(include_str!("../../../fixtures/protocol/kwil-vectors.json")),
            sdk: parse(include_str!("../../../fixtures/protocol/sdk-vectors.json")),
            proof: [
                include_str!("../../../fixtures/proof/proofs.json"),
                include_str!("../../../fixtures/proof/certificates.json"),
                include_str!("../../../fixtures/proof/light-client.json"),
            ]
            .map(parse),
            sealed: parse(include_str!("../../../fixtures/crypto/sealed.json")),
        }
    }

    /// The vectors of one kind; all of them if `kind` is empty.
    pub fn vectors(&self, kind: &str) -> impl Iterator<Item = &Value> {
        let all = self.kwil["vectors"].as_array().into_iter().flatten();
        all.filter(move |vector| kind.is_empty() || vector["kind"] == kind)
    }

    /// Everything that is written in hexadecimal in the vectors of proofs.
    pub fn proof_bytes(&self) -> Vec<Vec<u8>> {
        let mut open: Vec<_> = self.proof.iter().collect();
        let mut found = Vec::new();
        while let Some(value) = open.pop() {
            match value {
                Value::String(text) => found.extend(hex::decode(text)),
                Value::Array(values) => open.extend(values),
                Value::Object(members) => open.extend(members.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        found
    }

    /// Every recorded request body.
    pub fn requests(&self) -> Vec<String> {
        let of_vectors = self.vectors("").flat_map(|vector| {
            let members = vector.as_object().into_iter().flatten();
            members
                .filter(|(name, _)| name.ends_with("request_json"))
                .map(|(_, body)| match body {
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                })
        });
        let of_sdk = self.sdk["requests"].as_object().into_iter().flatten();
        of_vectors
            .chain(of_sdk.map(|(_, exchange)| exchange["request"].to_string()))
            .collect()
    }
}

/// Leaves that crowd each other: every two bytes are where one lies in the key, half of the bits
/// in its list and half in its element.
pub fn crowded_key(one: u8, other: u8) -> [u8; 64] {
    let mut key = [0; 64];
    (key[0], key[31]) = (one & 0xc3, one & 0x3c);
    (key[32], key[63]) = (other & 0xf0, other & 0x0f);
    key
}

/// The text in a member, empty if there is none.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_come_apart_as_they_were_laid_out() {
        let input = join(&[b"a", b"", b"rest"]);
        assert_eq!(split::<3>(&input), [b"a".as_slice(), b"", b"rest"]);
        assert_eq!(split::<2>(&[9, 0, 7]), [[7].as_slice(), b""]);
        assert_eq!(split::<3>(&[]), [b"".as_slice(); 3]);
    }

    #[test]
    fn edits_say_whether_anything_changed() {
        let mut bytes = *b"abc";
        assert!(!edit(&mut bytes, &[0, 0, 0]));
        assert!(!edit(&mut bytes, &[1, 0, 5, 4, 0, 5]));
        assert!(edit(&mut bytes, &[1, 0, 5]));
        assert_eq!(bytes, [b'a', b'b' ^ 5, b'c']);
        assert!(!edit(&mut [], &[1, 0, 5]));
    }

    #[test]
    fn the_fixtures_hold_requests() {
        assert!(Fixtures::load().requests().len() > 40);
        assert!(Fixtures::load().proof_bytes().len() > 40);
    }
}
