//! `relatedResource`: what else a credential speaks of, pinned by digests (VC Data Model 2.0, section
//! 5.3).

use std::collections::BTreeSet;

use base64::{
    Engine as _, alphabet,
    engine::{
        DecodePaddingMode,
        general_purpose::{GeneralPurpose, GeneralPurposeConfig, URL_SAFE_NO_PAD},
    },
};
use idos_linked_data::published_context;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::{
    StructureError, each,
    members::{is_url, wrong},
};
use crate::did::short;

const MEMBER: &str = "relatedResource";

/// Text of SRI, whose grammar takes either alphabet of Base64.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A digest of the SHA-2 family; its length tells which.
struct Sum(Vec<u8>);

impl Sum {
    /// An algorithm, `-`, Base64.
    fn of_sri(text: &str) -> Option<Self> {
        let (algorithm, text) = text.split_once('-')?;
        let length = match algorithm {
            "sha256" => 32,
            "sha384" => 48,
            "sha512" => 64,
            _ => return None,
        };
        let text = text.replace('-', "+").replace('_', "/");
        let bytes = BASE64.decode(text).ok()?;
        (bytes.len() == length).then_some(Self(bytes))
    }

    /// `u` and base64url, or `z` and base58, of a multihash. The W3C's own test suite leaves out the
    /// two bytes that say which hash it is; no length fits both forms.
    fn of_multibase(text: &str) -> Option<Self> {
        let bytes = if let Some(text) = text.strip_prefix('u') {
            URL_SAFE_NO_PAD.decode(text).ok()?
        } else {
            bs58::decode(text.strip_prefix('z')?).into_vec().ok()?
        };
        match (bytes.as_slice(), bytes.len()) {
            ([0x12, 0x20, sum @ ..], 34)
            | ([0x20, 0x30, sum @ ..], 50)
            | ([0x13, 0x40, sum @ ..], 66)
            | (sum, 32 | 48 | 64) => Some(Self(sum.to_vec())),
            _ => None,
        }
    }

    fn is_of(&self, text: &str) -> bool {
        match self.0.len() {
            32 => self.0 == Sha256::digest(text).as_slice(),
            48 => self.0 == Sha384::digest(text).as_slice(),
            _ => self.0 == Sha512::digest(text).as_slice(),
        }
    }
}

/// Checks the form of each resource, and the digests of what is part of this program: nothing is
/// fetched to be compared.
pub(super) fn check(document: &Map<String, Value>) -> Result<(), StructureError> {
    let mut ids = BTreeSet::new();
    for resource in each(document.get(MEMBER)) {
        let resource = resource
            .as_object()
            .ok_or_else(|| wrong(MEMBER, "one object or several"))?;
        let id = resource.get("id").and_then(Value::as_str);
        let id = id
            .filter(|id| is_url(id) && ids.insert(*id))
            .ok_or_else(|| wrong(MEMBER, "objects, each with a URL of its own as id"))?;
        let sums = [
            (
                "digestSRI",
                Sum::of_sri as fn(&str) -> Option<Sum>,
                "sha256-, sha384- or sha512- and Base64 of the digest",
            ),
            (
                "digestMultibase",
                Sum::of_multibase,
                "a digest by SHA-256, SHA-384 or SHA-512 in multibase",
            ),
        ];
        if !sums.iter().any(|(name, ..)| resource.contains_key(*name)) {
            return Err(wrong(MEMBER, "objects with a digestSRI or digestMultibase"));
        }
        for (name, read, expected) in sums {
            let Some(digest) = resource.get(name) else {
                continue;
            };
            let sum = digest.as_str().and_then(read);
            let sum = sum.ok_or_else(|| wrong(name, expected))?;
            if published_context(id).is_some_and(|text| !sum.is_of(text)) {
                return Err(StructureError::Digest(short(id)));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use idos_linked_data::{CREDENTIALS_V2, DATA_INTEGRITY_V2, IDOS_KYC};
    use serde_json::json;

    use super::*;

    /// Digests of the base context, as the W3C's test suite gives them.
    const SRI: &str = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU";
    const BARE: &str = "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ";

    fn of(resources: Value) -> Result<(), String> {
        let document = json!({ MEMBER: resources });
        check(document.as_object().unwrap()).map_err(|error| error.to_string())
    }

    fn multihash(url: &str) -> Vec<u8> {
        let text = published_context(url).unwrap();
        [&[0x12, 0x20], Sha256::digest(text).as_slice()].concat()
    }

    #[test]
    fn every_form_of_a_right_digest_is_accepted() {
        let hash = multihash(CREDENTIALS_V2);
        let url_safe = format!("u{}", URL_SAFE_NO_PAD.encode(&hash));
        let base58 = format!("z{}", bs58::encode(&hash).into_string());
        for digest in [BARE, &url_safe, &base58] {
            let resource = json!({"id": CREDENTIALS_V2, "digestMultibase": digest});
            assert_eq!(of(resource), Ok(()), "{digest}");
        }
        let text = published_context(CREDENTIALS_V2).unwrap();
        let sums = [
            SRI.to_owned(),
            format!("sha256-{}", BASE64.encode(Sha256::digest(text))),
            format!("sha512-{}", URL_SAFE_NO_PAD.encode(Sha512::digest(text))),
        ];
        for digest in sums {
            let resource = json!([{"id": CREDENTIALS_V2, "digestSRI": digest}]);
            assert_eq!(of(resource), Ok(()), "{digest}");
        }
    }

    #[test]
    fn a_wrong_digest_of_what_is_here_is_refused() {
        let other = format!("u{}", URL_SAFE_NO_PAD.encode(multihash(IDOS_KYC)));
        for (name, digest) in [("digestSRI", SRI), ("digestMultibase", &other)] {
            let right = if name == "digestSRI" {
                IDOS_KYC
            } else {
                CREDENTIALS_V2
            };
            let error = of(json!([{"id": right, name: digest}])).unwrap_err();
            assert!(error.contains("digest"), "{error}");
        }
        // What is not here cannot be compared, nor what is here in other line breaks.
        for elsewhere in ["https://example.com/image.png", DATA_INTEGRITY_V2] {
            assert_eq!(of(json!({"id": elsewhere, "digestSRI": SRI})), Ok(()));
        }
    }

    #[test]
    fn resources_have_an_id_of_their_own_and_a_digest() {
        let twice = json!({"id": "urn:a:1", "digestSRI": SRI});
        for resources in [
            json!(["urn:a:1"]),
            json!("urn:a:1"),
            json!({"digestSRI": SRI}),
            json!({"id": ["urn:a:1"], "digestSRI": SRI}),
            json!({"id": "no url", "digestSRI": SRI}),
            json!({"id": "urn:a:1"}),
            json!({"id": "urn:a:1", "mediaType": "text/plain"}),
            json!([twice, twice]),
        ] {
            assert!(of(resources.clone()).is_err(), "{resources}");
        }
    }

    #[test]
    fn what_is_no_digest_is_refused() {
        for digest in [
            "",
            "sha384",
            "sha384-",
            "sha384-AAAA",
            "md5-AAAA",
            "sha256-!!!!",
        ] {
            let resource = json!({"id": "urn:a:1", "digestSRI": digest});
            assert!(of(resource).is_err(), "{digest}");
        }
        let cut = BARE.get(..40).unwrap();
        for digest in ["", "u", "uAAAA", cut, "xAAAA", "z0OIl"] {
            let resource = json!({"id": "urn:a:1", "digestMultibase": digest});
            assert!(of(resource).is_err(), "{digest}");
        }
        assert!(of(json!({"id": "urn:a:1", "digestSRI": SRI, "digestMultibase": 5})).is_err());
    }
}
