//! NEP-413: what NEAR wallets sign, and the envelope in which it travels.
//!
//! The envelope is a `u16` length (big endian), a borsh payload of that length and the 64 bytes of
//! an ed25519 signature. The payload holds a tag, the message, a nonce, the recipient (the
//! application the wallet showed) and an optional callback URL; signed is its SHA-256.

use idos_types::{
    ReadError, Reader,
    limits::{SHORT_TEXT_BYTES, SIGNATURE_BYTES},
};
use sha2::{Digest as _, Sha256};

use crate::{ed25519, signature_error::SignatureError};

/// 2^31 + 413: no NEAR transaction begins with it.
const TAG: u32 = 2_147_484_061;

/// Takes an envelope apart: the digest that a wallet signs for `message` with the envelope's
/// nonce, recipient and callback URL, and the signature.
///
/// Tag and message of the payload are skipped, not compared: the digest is built from ours, so
/// what the envelope claims there has no influence. Recipient and nonce are the wallet's to
/// choose, as in the network of today; what binds a signature to its use is the message.
pub(crate) fn open<'a>(
    message: &[u8],
    envelope: &'a [u8],
) -> Result<([u8; 32], &'a [u8]), SignatureError> {
    if envelope.len() > SIGNATURE_BYTES {
        let (what, len) = ("NEP-413 envelope", envelope.len());
        return Err(ReadError::TooLong {
            what,
            len,
            max: SIGNATURE_BYTES,
        }
        .into());
    }
    let mut envelope = Reader::new(envelope);
    let len = envelope.u16_be()?;
    let mut payload = Reader::new(envelope.take(usize::from(len))?);
    let signature = envelope.take(ed25519::SIGNATURE_BYTES)?;
    envelope.finish()?;

    payload.u32_le()?;
    let claimed = payload.u32_le()?;
    payload.take(usize::try_from(claimed).unwrap_or(usize::MAX))?;
    let nonce: [u8; 32] = payload.array()?;
    let len = payload.u32_le()?;
    let recipient = payload.text("recipient", len, SHORT_TEXT_BYTES)?;
    let callback_url = match payload.u8()? {
        0 => "",
        1 => {
            let len = payload.u32_le()?;
            payload.text("callback URL", len, SIGNATURE_BYTES)?
        }
        other => return Err(SignatureError::CallbackFlag(other)),
    };
    payload.finish()?;

    // Clients write "none" as an empty text, wallets sign it as absent.
    let callback_url = Some(callback_url).filter(|url| !url.is_empty());
    let signed = payload_of(message, &nonce, recipient, callback_url);
    Ok((Sha256::digest(signed).into(), signature))
}

/// What a wallet signs the SHA-256 of.
fn payload_of(
    message: &[u8],
    nonce: &[u8; 32],
    recipient: &str,
    callback_url: Option<&str>,
) -> Vec<u8> {
    let mut payload = TAG.to_le_bytes().to_vec();
    put_string(&mut payload, message);
    payload.extend(nonce);
    put_string(&mut payload, recipient.as_bytes());
    payload.push(u8::from(callback_url.is_some()));
    if let Some(url) = callback_url {
        put_string(&mut payload, url.as_bytes());
    }
    payload
}

/// A message that a NEAR key has still to sign.
pub struct ToSign(Vec<u8>);

impl ToSign {
    /// For an application, `recipient`, that asks for no call back.
    pub(crate) fn new(message: &[u8], nonce: &[u8; 32], recipient: &str) -> Self {
        Self(payload_of(message, nonce, recipient, None))
    }

    /// What the key signs.
    pub fn digest(&self) -> [u8; 32] {
        Sha256::digest(&self.0).into()
    }

    /// The envelope with the signature; `None` if the message is longer than an envelope holds.
    pub fn envelope(&self, signature: &[u8; ed25519::SIGNATURE_BYTES]) -> Option<Vec<u8>> {
        let len = u16::try_from(self.0.len()).ok()?;
        let envelope = [&len.to_be_bytes()[..], &self.0, signature].concat();
        (envelope.len() <= SIGNATURE_BYTES).then_some(envelope)
    }
}

/// A borsh string: its length as `u32`, little endian, then its bytes. No message from outside
/// comes near what that can count.
fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] = b"message";

    fn string(bytes: &[u8]) -> Vec<u8> {
        [&u32::try_from(bytes.len()).unwrap().to_le_bytes(), bytes].concat()
    }

    fn payload(recipient: &[u8], callback: &[u8]) -> Vec<u8> {
        [
            &TAG.to_le_bytes(),
            string(MESSAGE).as_slice(),
            &[9; 32],
            &string(recipient),
            callback,
        ]
        .concat()
    }

    fn envelope(payload: &[u8]) -> Vec<u8> {
        [
            &u16::try_from(payload.len()).unwrap().to_be_bytes(),
            payload,
            &[5; 64],
        ]
        .concat()
    }

    fn callback(url: &str) -> Vec<u8> {
        [vec![1], string(url.as_bytes())].concat()
    }

    #[test]
    fn the_digest_is_that_of_the_payload() {
        for callback in [vec![0], callback("https://wallet.example/back")] {
            let payload = payload(b"idos.network", &callback);
            let digest: [u8; 32] = Sha256::digest(&payload).into();
            assert_eq!(
                open(MESSAGE, &envelope(&payload)),
                Ok((digest, [5; 64].as_slice()))
            );
        }
    }

    #[test]
    fn an_empty_callback_url_counts_as_absent() {
        let absent = envelope(&payload(b"idos.network", &[0]));
        let empty = envelope(&payload(b"idos.network", &callback("")));
        assert_eq!(open(MESSAGE, &empty), open(MESSAGE, &absent));
    }

    #[test]
    fn the_message_is_ours_whatever_the_envelope_says() {
        let mut forged = payload(b"idos.network", &[0]);
        forged[..4].fill(0);
        forged[8..8 + MESSAGE.len()].copy_from_slice(b"another");
        let honest = envelope(&payload(b"idos.network", &[0]));
        assert_eq!(open(MESSAGE, &envelope(&forged)), open(MESSAGE, &honest));
        assert_ne!(open(b"another", &honest), open(MESSAGE, &honest));
    }

    #[test]
    fn every_cut_and_every_addition_is_refused() {
        let payload = payload(b"idos.network", &callback("https://wallet.example/back"));
        let whole = envelope(&payload);
        for len in 0..whole.len() {
            assert!(matches!(
                open(MESSAGE, &whole[..len]),
                Err(SignatureError::Envelope(ReadError::Truncated { .. }))
            ));
        }
        for len in 0..payload.len() {
            assert!(open(MESSAGE, &envelope(&payload[..len])).is_err());
        }
        let trailing = Err(SignatureError::Envelope(ReadError::Trailing(1)));
        assert_eq!(open(MESSAGE, &[whole.as_slice(), &[0]].concat()), trailing);
        assert_eq!(
            open(MESSAGE, &envelope(&[payload.as_slice(), &[0]].concat())),
            trailing
        );
    }

    #[test]
    fn fields_are_bounded_utf8_and_flags_are_exact() {
        let long = envelope(&payload(&[b'a'; SHORT_TEXT_BYTES + 1], &[0]));
        assert!(matches!(
            open(MESSAGE, &long),
            Err(SignatureError::Envelope(ReadError::TooLong {
                what: "recipient",
                ..
            }))
        ));
        let long = envelope(&payload(b"a", &callback(&"a".repeat(SIGNATURE_BYTES))));
        assert!(matches!(
            open(MESSAGE, &long),
            Err(SignatureError::Envelope(ReadError::TooLong {
                what: "NEP-413 envelope",
                ..
            }))
        ));
        let binary = envelope(&payload(&[0xff], &[0]));
        assert_eq!(
            open(MESSAGE, &binary),
            Err(SignatureError::Envelope(ReadError::NotUtf8))
        );
        let flag = envelope(&payload(b"a", &[2]));
        assert_eq!(open(MESSAGE, &flag), Err(SignatureError::CallbackFlag(2)));
        let mut claim = payload(b"a", &[0]);
        claim[4..8].fill(0xff);
        assert!(matches!(
            open(MESSAGE, &envelope(&claim)),
            Err(SignatureError::Envelope(ReadError::Truncated { .. }))
        ));
    }
}
