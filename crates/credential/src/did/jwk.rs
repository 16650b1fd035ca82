//! `did:jwk`: the whole DID is a public key as JSON Web Key.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_types::limits::PUBLIC_KEY_BYTES;
use serde_json::Value;

use super::Purpose;
use crate::{
    json,
    key::{KeyError, KeyKind, PublicKey},
};

/// A key and what it may be used for.
pub(super) struct Jwk {
    pub(super) key: PublicKey,
    pub(super) purposes: Vec<Purpose>,
}

/// The key of the method-specific part of a `did:jwk`.
pub(super) fn of_did(text: &str) -> Result<Jwk, KeyError> {
    if text.len() > 8 * PUBLIC_KEY_BYTES {
        return Err(KeyError::Text);
    }
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| KeyError::Text)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| KeyError::Text)?;
    let jwk = json::parse(text).map_err(|_| KeyError::Text)?;
    let key = public_key(&jwk)?;
    // A key for encryption signs nothing.
    let purposes = match jwk.get("use").and_then(Value::as_str) {
        None | Some("sig") => vec![Purpose::AssertionMethod, Purpose::Authentication],
        Some(_) => Vec::new(),
    };
    Ok(Jwk { key, purposes })
}

/// The public key of a JSON Web Key (RFC 7517, RFC 8037).
pub(super) fn public_key(jwk: &Value) -> Result<PublicKey, KeyError> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    let bytes = |name: &str| {
        text(name)
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok())
            .ok_or(KeyError::Text)
    };
    if jwk.get("d").is_some() {
        return Err(KeyError::Text);
    }
    match (text("kty"), text("crv")) {
        (Some("OKP"), Some("Ed25519")) => PublicKey::from_bytes(KeyKind::Ed25519, &bytes("x")?),
        (Some("EC"), Some(curve @ ("P-256" | "P-384"))) => {
            let (kind, len) = if curve == "P-256" {
                (KeyKind::P256, 32)
            } else {
                (KeyKind::P384, 48)
            };
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != len || y.len() != len {
                return Err(KeyError::Invalid(kind));
            }
            PublicKey::from_bytes(kind, &[&[4], x.as_slice(), &y].concat())
        }
        _ => Err(KeyError::Kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the did:jwk method specification.
    const P256: &str = "eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9";

    fn did(jwk: &str) -> String {
        URL_SAFE_NO_PAD.encode(jwk)
    }

    #[test]
    fn the_example_of_the_method_is_read() {
        let jwk = of_did(P256).unwrap();
        assert_eq!(jwk.key.kind(), KeyKind::P256);
        assert_eq!(jwk.purposes.len(), 2);
    }

    #[test]
    fn the_key_of_rfc_8037_is_read() {
        let jwk = of_did(&did(
            r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ));
        assert_eq!(jwk.unwrap().key.kind(), KeyKind::Ed25519);
    }

    #[test]
    fn others_are_refused() {
        let refused = |jwk: &str| of_did(&did(jwk)).err();
        assert_eq!(refused(r#"{"kty":"RSA","n":"AQ"}"#), Some(KeyError::Kind));
        assert_eq!(
            refused(r#"{"kty":"OKP","crv":"Ed25519","x":"AA"}"#),
            Some(KeyError::Invalid(KeyKind::Ed25519))
        );
        assert_eq!(
            refused(r#"{"kty":"OKP","kty":"OKP"}"#),
            Some(KeyError::Text)
        );
        assert_eq!(
            refused(r#"{"kty":"OKP","crv":"Ed25519","d":"AA"}"#),
            Some(KeyError::Text)
        );
        assert_eq!(of_did("!").err(), Some(KeyError::Text));
        let encryption = of_did(&did(
            r#"{"use":"enc","kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
        ));
        assert_eq!(encryption.unwrap().purposes, Vec::new());
    }
}
