//! The texts that owners sign to delegate a grant.
//!
//! The published clients ask a node for the text, sign it, and send the same values with the
//! signature; our SDK composes it itself, so that no node decides what is signed. The node builds
//! the text again and checks the signature over it. The last line names the chain, so that a grant
//! signed for a test network is worth nothing elsewhere.

use idos_types::{
    Uuid,
    limits::{ADDRESS_BYTES, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES},
};
use thiserror::Error;

/// How every text of the family begins.
pub(crate) const OPERATION: &str = "operation: ";

/// A value cannot stand in a text that is to be signed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextError {
    /// The value would show, or hide, lines that are not there.
    #[error(
        "the {0} contains a line break or another control character; the client must remove it"
    )]
    LineBreak(&'static str),
    /// The value is longer than its limit.
    #[error(
        "the {what} is {len} bytes long, at most {max} are allowed: the client must shorten it"
    )]
    TooLong {
        /// Which value.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
}

/// A delegated write grant: the owner lets an issuer, once and within a time, add a credential to
/// the owner's profile and share a copy with the grantee.
#[derive(Clone, Copy)]
pub struct WriteGrantText<'a> {
    /// The owner's wallet.
    pub owner: &'a str,
    /// Who gets the copy.
    pub grantee: &'a str,
    /// The issuer's key.
    pub issuer_public_key: &'a str,
    /// The grant's id; each can be used once.
    pub id: Uuid,
    /// Until when the grant on the copy is locked.
    pub access_grant_timelock: &'a str,
    /// From when on it can be used.
    pub not_usable_before: &'a str,
    /// Until when it can be used.
    pub not_usable_after: &'a str,
}

impl WriteGrantText<'_> {
    /// The text, without a final line break.
    pub fn message(&self, chain_id: &str) -> Result<String, TextError> {
        let id = self.id.to_string();
        lines(
            "delegatedWriteGrant",
            &[
                ("owner", self.owner, ADDRESS_BYTES),
                ("grantee", self.grantee, ADDRESS_BYTES),
                (
                    "issuer public key",
                    self.issuer_public_key,
                    PUBLIC_KEY_BYTES,
                ),
                ("id", &id, SHORT_TEXT_BYTES),
                (
                    "access grant timelock",
                    self.access_grant_timelock,
                    SHORT_TEXT_BYTES,
                ),
                (
                    "not usable before",
                    self.not_usable_before,
                    SHORT_TEXT_BYTES,
                ),
                ("not usable after", self.not_usable_after, SHORT_TEXT_BYTES),
                ("chain id", chain_id, SHORT_TEXT_BYTES),
            ],
        )
    }
}

/// A delegated access grant: the owner lets anyone who holds the signed text grant the grantee
/// access to a credential.
#[derive(Clone, Copy)]
pub struct AccessGrantText<'a> {
    /// The owner's wallet.
    pub owner: &'a str,
    /// Who gets access.
    pub grantee: &'a str,
    /// The credential.
    pub data_id: Uuid,
    /// Until when the grant cannot be revoked, in seconds since 1970; 0 for no lock.
    pub locked_until: i64,
    /// The hash of the credential's plain content.
    pub content_hash: &'a str,
}

impl AccessGrantText<'_> {
    /// The text, without a final line break.
    pub fn message(&self, chain_id: &str) -> Result<String, TextError> {
        let data_id = self.data_id.to_string();
        let locked_until = self.locked_until.to_string();
        lines(
            "insertAccessGrant",
            &[
                ("owner", self.owner, ADDRESS_BYTES),
                ("grantee", self.grantee, ADDRESS_BYTES),
                ("dataId", &data_id, SHORT_TEXT_BYTES),
                ("lockedUntil", &locked_until, SHORT_TEXT_BYTES),
                ("contentHash", self.content_hash, SHORT_TEXT_BYTES),
                ("chainId", chain_id, SHORT_TEXT_BYTES),
            ],
        )
    }
}

/// One line per value. A value that could break its line would let a client show a person other
/// values than the node reads, so it is refused.
fn lines(operation: &str, values: &[(&'static str, &str, usize)]) -> Result<String, TextError> {
    let mut text = format!("{OPERATION}{operation}");
    for &(what, value, max) in values {
        if value.len() > max {
            return Err(TextError::TooLong {
                what,
                len: value.len(),
                max,
            });
        }
        // Besides the control characters, the two line breaks that only Unicode has.
        if value
            .chars()
            .any(|it| it.is_control() || matches!(it, '\u{2028}' | '\u{2029}'))
        {
            return Err(TextError::LineBreak(what));
        }
        text.extend(["\n", what, ": ", value]);
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: Uuid = Uuid::from_u128(0x9E107D9D_372B_4B6E_BD1D_3542A419D6AA);

    fn write_grant() -> WriteGrantText<'static> {
        WriteGrantText {
            owner: "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
            grantee: "EA4A6C63",
            issuer_public_key: "03a107bf",
            id: ID,
            access_grant_timelock: "1970-01-01T00:00:00Z",
            not_usable_before: "2026-02-11T13:35:57Z",
            not_usable_after: "2026-02-12T13:35:57Z",
        }
    }

    fn access_grant() -> AccessGrantText<'static> {
        AccessGrantText {
            owner: "alice",
            grantee: "bob",
            data_id: ID,
            locked_until: -1,
            content_hash: "96d62e2a",
        }
    }

    #[test]
    fn the_texts_are_pinned() {
        assert_eq!(
            write_grant().message("idos-test").unwrap(),
            "operation: delegatedWriteGrant\n\
             owner: 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266\n\
             grantee: EA4A6C63\n\
             issuer public key: 03a107bf\n\
             id: 9e107d9d-372b-4b6e-bd1d-3542a419d6aa\n\
             access grant timelock: 1970-01-01T00:00:00Z\n\
             not usable before: 2026-02-11T13:35:57Z\n\
             not usable after: 2026-02-12T13:35:57Z\n\
             chain id: idos-test"
        );
        assert_eq!(
            access_grant().message("idos-test").unwrap(),
            "operation: insertAccessGrant\n\
             owner: alice\n\
             grantee: bob\n\
             dataId: 9e107d9d-372b-4b6e-bd1d-3542a419d6aa\n\
             lockedUntil: -1\n\
             contentHash: 96d62e2a\n\
             chainId: idos-test"
        );
    }

    #[test]
    fn no_value_can_break_its_line() {
        for end in [
            "\n", "\r", "\r\n", "\u{b}", "\u{c}", "\u{85}", "\u{2028}", "\u{2029}", "\0",
        ] {
            let value = format!("a{end}grantee: c");
            let refused = |what| Err(TextError::LineBreak(what));
            let text = WriteGrantText {
                owner: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("owner"));
            let text = WriteGrantText {
                grantee: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("grantee"));
            let text = WriteGrantText {
                issuer_public_key: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("issuer public key"));
            let text = WriteGrantText {
                access_grant_timelock: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("access grant timelock"));
            let text = WriteGrantText {
                not_usable_before: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("not usable before"));
            let text = WriteGrantText {
                not_usable_after: &value,
                ..write_grant()
            };
            assert_eq!(text.message("c"), refused("not usable after"));
            assert_eq!(write_grant().message(&value), refused("chain id"));
            let text = AccessGrantText {
                owner: &value,
                ..access_grant()
            };
            assert_eq!(text.message("c"), refused("owner"));
            let text = AccessGrantText {
                grantee: &value,
                ..access_grant()
            };
            assert_eq!(text.message("c"), refused("grantee"));
            let text = AccessGrantText {
                content_hash: &value,
                ..access_grant()
            };
            assert_eq!(text.message("c"), refused("contentHash"));
            assert_eq!(access_grant().message(&value), refused("chainId"));
        }
    }

    #[test]
    fn values_are_bounded() {
        let long = "a".repeat(ADDRESS_BYTES + 1);
        let text = WriteGrantText {
            grantee: &long,
            ..write_grant()
        };
        assert_eq!(
            text.message("c"),
            Err(TextError::TooLong {
                what: "grantee",
                len: long.len(),
                max: ADDRESS_BYTES
            })
        );
    }

    /// The text has to pass the limit on signed messages whatever its values are.
    #[test]
    fn the_longest_text_can_be_signed() {
        let address = "a".repeat(ADDRESS_BYTES);
        let key = "a".repeat(PUBLIC_KEY_BYTES);
        let short = "a".repeat(SHORT_TEXT_BYTES);
        let text = WriteGrantText {
            owner: &address,
            grantee: &address,
            issuer_public_key: &key,
            id: ID,
            access_grant_timelock: &short,
            not_usable_before: &short,
            not_usable_after: &short,
        };
        let message = text.message(&short).unwrap();
        assert!(message.len() <= idos_types::limits::OWNERSHIP_MESSAGE_BYTES);
    }
}
