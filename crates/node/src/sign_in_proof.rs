//! What a person signed to sign in, as it travels: in the cookie of a session, and in the block
//! that records the owner's first act.

use idos_types::{
    BlockTime, ReadError, Reader,
    limits::{
        CLAIM_SECONDS, CLOCKS_SECONDS, COOKIE_BYTES, NAME_BYTES, ORIGIN_BYTES, SENDER_BYTES,
        SESSION_SECONDS, SHORT_TEXT_BYTES,
    },
};
use idos_wallet::{AuthType, Sender, SenderError, SignatureError};
use idos_wire::{RPC_PATH, SIGN_IN_STATEMENT, SignInText};
use thiserror::Error;

use crate::sign_in_nonce::SignInNonce;

/// Why a sign-in cannot be recorded any more.
pub(crate) const TOO_OLD: &str = "the sign-in is too old for a block, sign in again";

/// First two bytes of the encoding: what tells it from a transaction, which begins with 0.
pub(crate) const KIND: u16 = 1;

/// A signed sign-in text and who signed it. The signature has been verified, and the text is one
/// that a node makes of its nonce: whoever signs cannot choose how long it counts. Who made the nonce
/// is not looked at.
#[derive(Clone)]
pub(crate) struct SignInProof {
    pub(crate) sender: Sender,
    pub(crate) text: SignInText,
    /// When the text was made, as it says, in seconds since 1970.
    pub(crate) issued: u64,
    signature: Vec<u8>,
}

/// Why bytes are not a proof.
#[derive(Debug, Error)]
pub(crate) enum ProofError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("not a sign-in proof")]
    Kind,
    #[error("unknown authenticator")]
    Authenticator,
    #[error("the signed text is none that a node makes, ask for parameters again")]
    Text,
    #[error(transparent)]
    Sender(#[from] SenderError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

/// The text that a node at `domain` lets its clients sign: everything in it follows from the nonce,
/// so that the node need not remember what it handed out.
pub(crate) fn sign_in_text(domain: &str, chain_id: &str, nonce: &SignInNonce) -> SignInText {
    let at = |seconds: u64| BlockTime::from_millis(seconds.saturating_mul(1_000)).rfc3339();
    SignInText {
        domain: domain.to_owned(),
        statement: SIGN_IN_STATEMENT.to_owned(),
        uri: format!("{domain}{RPC_PATH}"),
        chain_id: chain_id.to_owned(),
        nonce: nonce.encode(),
        issue_at: at(nonce.issued),
        expiration_time: at(nonce.issued.saturating_add(SESSION_SECONDS)),
    }
}

impl SignInProof {
    /// Verifies that `sender` signed `text`.
    pub(crate) fn verify(
        sender: Sender,
        text: SignInText,
        signature: Vec<u8>,
    ) -> Result<Self, ProofError> {
        let nonce = SignInNonce::parse(&text.nonce).ok_or(ProofError::Text)?;
        if text != sign_in_text(&text.domain, &text.chain_id, &nonce) {
            return Err(ProofError::Text);
        }
        sender.verify(text.render().as_bytes(), &signature)?;
        Ok(Self {
            sender,
            text,
            issued: nonce.issued,
            signature,
        })
    }

    /// What nobody looked at.
    #[cfg(test)]
    pub(crate) fn unchecked(sender: Sender, text: SignInText, signature: Vec<u8>) -> Self {
        let issued = 0;
        Self {
            sender,
            text,
            issued,
            signature,
        }
    }

    /// Whether a block of this time may record it. What counts for ever could be repeated when the
    /// profile that it claimed is long erased, and another one is there.
    pub(crate) fn is_timely(&self, time: BlockTime) -> bool {
        let seconds = u64::try_from(time.seconds()).unwrap_or_default();
        self.issued <= seconds.saturating_add(CLOCKS_SECONDS) && !self.is_over(time)
    }

    /// Whether no block of this time or a later one may record it.
    pub(crate) fn is_over(&self, time: BlockTime) -> bool {
        let time = u64::try_from(time.seconds()).unwrap_or_default();
        time > self.issued.saturating_add(CLAIM_SECONDS)
    }

    /// Its bytes, always the same.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut bytes = KIND.to_le_bytes().to_vec();
        let text = &self.text;
        for field in [
            self.sender.auth().name().as_bytes(),
            self.sender.bytes(),
            &self.signature,
            text.domain.as_bytes(),
            text.statement.as_bytes(),
            text.uri.as_bytes(),
            text.chain_id.as_bytes(),
            text.nonce.as_bytes(),
            text.issue_at.as_bytes(),
            text.expiration_time.as_bytes(),
        ] {
            // Every field is far shorter: decoding bounds each of them.
            let len = u32::try_from(field.len()).unwrap_or(u32::MAX);
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.extend_from_slice(field);
        }
        bytes
    }

    /// Reads such bytes and verifies the signature.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, ProofError> {
        let mut reader = Reader::new(bytes);
        if reader.u16_le()? != KIND {
            return Err(ProofError::Kind);
        }
        let auth = AuthType::parse(text(&mut reader, "authenticator", NAME_BYTES)?)
            .ok_or(ProofError::Authenticator)?;
        let sender = Sender::parse(auth, field(&mut reader, "sender", SENDER_BYTES)?)?;
        let signature = field(&mut reader, "signature", COOKIE_BYTES)?.to_vec();
        let signed = SignInText {
            domain: text(&mut reader, "domain", ORIGIN_BYTES)?.to_owned(),
            statement: text(&mut reader, "statement", SHORT_TEXT_BYTES)?.to_owned(),
            uri: text(&mut reader, "uri", ORIGIN_BYTES)?.to_owned(),
            chain_id: text(&mut reader, "chain id", NAME_BYTES)?.to_owned(),
            nonce: text(&mut reader, "nonce", SHORT_TEXT_BYTES)?.to_owned(),
            issue_at: text(&mut reader, "issue time", NAME_BYTES)?.to_owned(),
            expiration_time: text(&mut reader, "expiration time", NAME_BYTES)?.to_owned(),
        };
        reader.finish()?;
        Self::verify(sender, signed, signature)
    }
}

fn text<'a>(reader: &mut Reader<'a>, what: &'static str, max: usize) -> Result<&'a str, ReadError> {
    let len = reader.u32_le()?;
    reader.text(what, len, max)
}

fn field<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
    max: usize,
) -> Result<&'a [u8], ReadError> {
    let len = usize::try_from(reader.u32_le()?).unwrap_or(usize::MAX);
    if len > max {
        return Err(ReadError::TooLong { what, len, max });
    }
    reader.take(len)
}
