//! The two signatures of an issuer on a credential.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use idos_types::limits::{CONTENT_BYTES, PUBLIC_NOTES_BYTES};
use thiserror::Error;

use crate::{
    ed25519::{PublicKey, SIGNATURE_BYTES, Signed},
    key::KeyError,
    signature_error::SignatureError,
};

/// Length of an ed25519 signature in base64, with padding.
const SIGNATURE_TEXT_BYTES: usize = SIGNATURE_BYTES.div_ceil(3) * 4;

/// Why the signatures of a credential are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CredentialSignatureError {
    /// The issuer's key is not 64 hexadecimal digits of a usable key.
    #[error(
        "the issuer's public key is no ed25519 key: {0}; the issuer must send its own in hexadecimal"
    )]
    Key(#[from] KeyError),
    /// A text is longer than its limit.
    #[error(
        "the {what} is {len} bytes long, at most {max} are allowed: the issuer must shorten it"
    )]
    TooLong {
        /// Which text.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// A text is not base64 of the standard alphabet with padding.
    #[error("the {0} is not standard base64 with padding; the issuer must encode it so")]
    Encoding(&'static str),
    /// A signature is not accepted.
    #[error("the {what} is wrong: {reason}")]
    Signature {
        /// Which signature.
        what: &'static str,
        /// What is wrong.
        reason: SignatureError,
    },
}

const NOTES_SIGNATURE: &str = "public notes signature";
const BROADER_SIGNATURE: &str = "broader signature";

/// The two signatures of an issuer on a credential, as they were given: nobody has verified them.
#[derive(Clone, Debug)]
pub struct ClaimedSignatures {
    notes: Signed,
    broader: Signed,
}

impl ClaimedSignatures {
    /// Reads them: one over the public notes (as UTF-8) and, the broader one, over the first signature
    /// followed by the decoded content, so that notes and content belong together. Both are said to be of
    /// the holder of `issuer_auth_public_key`.
    pub fn parse(
        issuer_auth_public_key: &str,
        public_notes: &str,
        public_notes_signature: &str,
        content: &str,
        broader_signature: &str,
    ) -> Result<Self, CredentialSignatureError> {
        for (what, text, max) in [
            ("public notes", public_notes, PUBLIC_NOTES_BYTES),
            (
                NOTES_SIGNATURE,
                public_notes_signature,
                SIGNATURE_TEXT_BYTES,
            ),
            ("content", content, CONTENT_BYTES),
            (BROADER_SIGNATURE, broader_signature, SIGNATURE_TEXT_BYTES),
        ] {
            if text.len() > max {
                return Err(CredentialSignatureError::TooLong {
                    what,
                    len: text.len(),
                    max,
                });
            }
        }
        let key = PublicKey::parse_hex(issuer_auth_public_key)?;
        let decode = |what, text: &str| {
            STANDARD
                .decode(text)
                .map_err(|_| CredentialSignatureError::Encoding(what))
        };
        let notes_signature = decode(NOTES_SIGNATURE, public_notes_signature)?;
        let broader = decode(BROADER_SIGNATURE, broader_signature)?;
        // The content is decoded behind the first signature: it may have megabytes.
        let mut signed = notes_signature.clone();
        STANDARD
            .decode_vec(content, &mut signed)
            .map_err(|_| CredentialSignatureError::Encoding("content"))?;
        let signed_by_issuer = |what, message: &[u8], signature: &[u8]| {
            let wrong = |reason| CredentialSignatureError::Signature { what, reason };
            key.signed(message, signature).map_err(wrong)
        };
        Ok(Self {
            notes: signed_by_issuer(NOTES_SIGNATURE, public_notes.as_bytes(), &notes_signature)?,
            broader: signed_by_issuer(BROADER_SIGNATURE, &signed, &broader)?,
        })
    }

    /// Verifies both.
    pub fn verify(&self) -> Result<(), CredentialSignatureError> {
        if Self::hold_together([self]) {
            return Ok(());
        }
        let wrong = |what| move |reason| CredentialSignatureError::Signature { what, reason };
        self.notes.verify().map_err(wrong(NOTES_SIGNATURE))?;
        self.broader.verify().map_err(wrong(BROADER_SIGNATURE))
    }

    /// Whether all of these hold: as verifying each would say, in a third of the time where they are many.
    pub fn hold_together<'s>(all: impl IntoIterator<Item = &'s Self>) -> bool {
        let both = |signatures: &'s Self| [&signatures.notes, &signatures.broader];
        Signed::hold_together(all.into_iter().flat_map(both))
    }
}

#[cfg(test)]
mod tests {
    use ed25519_zebra::{SigningKey, VerificationKey};

    use super::*;

    const NOTES: &str = r#"{"id":"n1"}"#;
    const CONTENT: &[u8] = b"sealed";

    struct Credential {
        key: String,
        notes: String,
        notes_signature: String,
        content: String,
        broader_signature: String,
    }

    impl Credential {
        fn signed(notes: &str, content: &[u8]) -> Self {
            let signer = SigningKey::from([7; 32]);
            let first = signer.sign(notes.as_bytes()).to_bytes();
            let broader = signer
                .sign(&[first.as_slice(), content].concat())
                .to_bytes();
            Self {
                key: hex::encode(<[u8; 32]>::from(VerificationKey::from(&signer))),
                notes: notes.to_owned(),
                notes_signature: STANDARD.encode(first),
                content: STANDARD.encode(content),
                broader_signature: STANDARD.encode(broader),
            }
        }

        fn verify(&self) -> Result<(), CredentialSignatureError> {
            let signatures = ClaimedSignatures::parse(
                &self.key,
                &self.notes,
                &self.notes_signature,
                &self.content,
                &self.broader_signature,
            );
            signatures?.verify()
        }
    }

    fn wrong(what: &'static str) -> Result<(), CredentialSignatureError> {
        Err(CredentialSignatureError::Signature {
            what,
            reason: SignatureError::Mismatch,
        })
    }

    #[test]
    fn both_signatures_have_to_hold() {
        let signed = || Credential::signed(NOTES, CONTENT);
        assert_eq!(signed().verify(), Ok(()));
        assert_eq!(Credential::signed("", b"").verify(), Ok(()));
        let upper = Credential {
            key: signed().key.to_ascii_uppercase(),
            ..signed()
        };
        assert_eq!(upper.verify(), Ok(()));

        let notes = Credential {
            notes: format!("{NOTES} "),
            ..signed()
        };
        assert_eq!(notes.verify(), wrong("public notes signature"));
        let content = Credential {
            content: STANDARD.encode(b"another"),
            ..signed()
        };
        assert_eq!(content.verify(), wrong("broader signature"));
        let other = Credential::signed("", CONTENT);
        let mixed = Credential {
            notes: String::new(),
            notes_signature: other.notes_signature,
            ..signed()
        };
        assert_eq!(
            mixed.verify(),
            wrong("broader signature"),
            "the first signature counts"
        );
        let swapped = Credential {
            notes_signature: signed().broader_signature,
            ..signed()
        };
        assert_eq!(swapped.verify(), wrong("public notes signature"));
    }

    #[test]
    fn only_standard_base64_with_padding_is_read() {
        let signed = || Credential::signed(NOTES, &[0xff, 0xfe]);
        assert_eq!(signed().content, "//4=");
        for content in ["//4", "__4=", "//5=", "//4=\n", " //4=", "//4=="] {
            let credential = Credential {
                content: content.to_owned(),
                ..signed()
            };
            assert_eq!(
                credential.verify(),
                Err(CredentialSignatureError::Encoding("content")),
                "{content:?}"
            );
        }
        let trim = |text: &str| text.trim_end_matches('=').to_owned();
        let first = Credential {
            notes_signature: trim(&signed().notes_signature),
            ..signed()
        };
        assert_eq!(
            first.verify(),
            Err(CredentialSignatureError::Encoding("public notes signature"))
        );
        let second = Credential {
            broader_signature: trim(&signed().broader_signature),
            ..signed()
        };
        assert_eq!(
            second.verify(),
            Err(CredentialSignatureError::Encoding("broader signature"))
        );
    }

    #[test]
    fn keys_and_lengths_are_checked() {
        let signed = || Credential::signed(NOTES, CONTENT);
        for (key, error) in [
            (String::new(), KeyError::Text),
            (format!("0x{}", signed().key), KeyError::Text),
            ("0".repeat(64), KeyError::SmallOrder),
        ] {
            let credential = Credential { key, ..signed() };
            assert_eq!(
                credential.verify(),
                Err(CredentialSignatureError::Key(error))
            );
        }
        let too_long = |what, max| {
            Err(CredentialSignatureError::TooLong {
                what,
                len: max + 1,
                max,
            })
        };
        let notes = Credential {
            notes: "a".repeat(PUBLIC_NOTES_BYTES + 1),
            ..signed()
        };
        assert_eq!(notes.verify(), too_long("public notes", PUBLIC_NOTES_BYTES));
        let content = Credential {
            content: "a".repeat(CONTENT_BYTES + 1),
            ..signed()
        };
        assert_eq!(content.verify(), too_long("content", CONTENT_BYTES));
        let first = Credential {
            notes_signature: "a".repeat(89),
            ..signed()
        };
        assert_eq!(first.verify(), too_long("public notes signature", 88));
        let second = Credential {
            broader_signature: "a".repeat(89),
            ..signed()
        };
        assert_eq!(second.verify(), too_long("broader signature", 88));
        let short = Credential {
            notes_signature: String::new(),
            ..signed()
        };
        assert_eq!(
            short.verify(),
            Err(CredentialSignatureError::Signature {
                what: "public notes signature",
                reason: SignatureError::Length {
                    got: 0,
                    expected: 64
                },
            })
        );
    }
}
