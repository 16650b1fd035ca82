//! What a person signed to sign in, as it travels: in the cookie of a session, and in the block
//! that records the owner's first act.

use idos_types::{
    ReadError, Reader,
    limits::{COOKIE_BYTES, NAME_BYTES, ORIGIN_BYTES, SENDER_BYTES, SHORT_TEXT_BYTES},
};
use idos_wallet::{AuthType, Sender, SenderError, SignatureError};
use idos_wire::SignInText;
use thiserror::Error;

/// First two bytes of the encoding: what tells it from a transaction, which begins with 0.
pub(crate) const KIND: u16 = 1;

/// A signed sign-in text and who signed it. The signature has been verified.
#[derive(Clone)]
pub(crate) struct SignInProof {
    pub(crate) sender: Sender,
    pub(crate) text: SignInText,
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
    #[error(transparent)]
    Sender(#[from] SenderError),
    #[error(transparent)]
    Signature(#[from] SignatureError),
}

impl SignInProof {
    /// Verifies that `sender` signed `text`.
    pub(crate) fn verify(
        sender: Sender,
        text: SignInText,
        signature: Vec<u8>,
    ) -> Result<Self, ProofError> {
        sender.verify(text.render().as_bytes(), &signature)?;
        Ok(Self {
            sender,
            text,
            signature,
        })
    }

    /// The canonical bytes.
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

    /// Reads the canonical bytes and verifies the signature.
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
