//! NEP-413: what NEAR wallets sign, and the envelope in which it travels.
//!
//! The envelope is a `u16` length (big endian), a borsh payload of that length and the 64 bytes of
//! an ed25519 signature. The payload holds a tag, the message, a nonce, the recipient (the
//! application the wallet showed) and an optional callback URL; signed is its SHA-256.

use std::borrow::Cow;

use idos_types::{
    ReadError, Reader,
    limits::{SHORT_TEXT_BYTES, SIGNATURE_BYTES},
};
use sha2::{Digest as _, Sha256};

use crate::{ed25519, signature_error::SignatureError};

/// 2^31 + 413: no NEAR transaction begins with it.
const TAG: u32 = 2_147_484_061;

/// An envelope, taken apart.
struct Envelope<'a> {
    tag: u32,
    message: &'a [u8],
    nonce: [u8; 32],
    recipient: &'a str,
    /// Clients may write "none" as an empty text; wallets sign it as absent.
    callback_url: Option<&'a str>,
    signature: &'a [u8],
}

impl<'a> Envelope<'a> {
    fn read(envelope: &'a [u8]) -> Result<Self, SignatureError> {
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

        let tag = payload.u32_le()?;
        let len = payload.u32_le()?;
        let message = payload.take(usize::try_from(len).unwrap_or(usize::MAX))?;
        let nonce = payload.array()?;
        let len = payload.u32_le()?;
        let recipient = payload.text("recipient", len, SHORT_TEXT_BYTES)?;
        let callback_url = match payload.u8()? {
            0 => None,
            1 => {
                let len = payload.u32_le()?;
                Some(payload.text("callback URL", len, SIGNATURE_BYTES)?)
            }
            other => return Err(SignatureError::CallbackFlag(other)),
        };
        payload.finish()?;
        Ok(Self {
            tag,
            message,
            nonce,
            recipient,
            callback_url,
            signature,
        })
    }

    /// What the wallet signed the SHA-256 of.
    fn signed(&self) -> Vec<u8> {
        let callback_url = self.callback_url.filter(|url| !url.is_empty());
        payload_of(self.message, &self.nonce, self.recipient, callback_url)
    }
}

/// Takes an envelope apart: the digest that a wallet signs for `message` with the envelope's
/// nonce, recipient and callback URL, and the signature.
///
/// Recipient and nonce are the wallet's to choose, as in the network of today; what binds a
/// signature to its use is the message. The envelope has to repeat it: a byte that nothing
/// verifies could be changed by anybody on the way.
pub(crate) fn open<'a>(
    message: &[u8],
    envelope: &'a [u8],
) -> Result<([u8; 32], &'a [u8]), SignatureError> {
    let envelope = Envelope::read(envelope)?;
    if envelope.tag != TAG || envelope.message != message {
        return Err(SignatureError::EnvelopeOfAnother);
    }
    Ok((Sha256::digest(envelope.signed()).into(), envelope.signature))
}

/// The one spelling of an envelope that means the same: an empty callback URL is left out. What
/// is no envelope stays as it is.
pub(crate) fn canonical(envelope: &[u8]) -> Cow<'_, [u8]> {
    match Envelope::read(envelope) {
        Ok(read) if read.tag == TAG && read.callback_url == Some("") => {
            let written = enveloped(&read.signed(), read.signature);
            written.map_or(Cow::Borrowed(envelope), Cow::Owned)
        }
        Ok(_) | Err(_) => Cow::Borrowed(envelope),
    }
}

/// An envelope around what was signed; `None` if it is longer than an envelope holds.
fn enveloped(payload: &[u8], signature: &[u8]) -> Option<Vec<u8>> {
    let len = u16::try_from(payload.len()).ok()?;
    let envelope = [&len.to_be_bytes(), payload, signature].concat();
    (envelope.len() <= SIGNATURE_BYTES).then_some(envelope)
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
        enveloped(&self.0, signature)
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
    fn an_envelope_around_another_message_or_without_the_tag_is_refused() {
        let honest = payload(b"idos.network", &[0]);
        assert!(open(MESSAGE, &envelope(&honest)).is_ok());
        let another = Err(SignatureError::EnvelopeOfAnother);
        assert_eq!(open(b"another", &envelope(&honest)), another);
        for byte in (0..4).chain(8..8 + MESSAGE.len()) {
            let mut forged = honest.clone();
            forged[byte] ^= 1;
            assert_eq!(open(MESSAGE, &envelope(&forged)), another, "byte {byte}");
        }
    }

    #[test]
    fn an_empty_callback_url_is_spelled_as_absent_and_nothing_else_changes() {
        let absent = envelope(&payload(b"idos.network", &[0]));
        let empty = envelope(&payload(b"idos.network", &callback("")));
        let given = envelope(&payload(
            b"idos.network",
            &callback("https://wallet.example"),
        ));
        assert_eq!(canonical(&empty), absent);
        for same in [&absent[..], &given, &empty[1..], &[]] {
            assert_eq!(canonical(same), same);
        }
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

    #[test]
    fn an_envelope_has_so_many_bytes() {
        let empty = payload(b"a", &callback("")).len() + 2 + 64;
        let url = "u".repeat(SIGNATURE_BYTES - empty);
        let most = envelope(&payload(b"a", &callback(&url)));
        assert_eq!(most.len(), SIGNATURE_BYTES);
        assert!(open(MESSAGE, &most).is_ok());

        let to_sign = |bytes| ToSign::new(&vec![b'm'; bytes], &[9; 32], "a");
        let fits = SIGNATURE_BYTES - to_sign(0).envelope(&[5; 64]).unwrap().len();
        assert!(to_sign(fits).envelope(&[5; 64]).is_some());
        assert_eq!(to_sign(fits + 1).envelope(&[5; 64]), None);
    }
}
