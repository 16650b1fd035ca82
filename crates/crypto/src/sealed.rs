//! The compatible suite: X25519-XSalsa20-Poly1305 as NaCl's box, `nonce ‖ tag ‖ ciphertext`.
//!
//! The bytes have no version, and a box that was made for another key cannot be told from an
//! altered one. The sender is a key that is made for this one box and forgotten.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dryoc::classic::crypto_box::{
    crypto_box_beforenm, crypto_box_easy_afternm, crypto_box_open_easy_afternm,
};
use idos_types::{Digest, limits::SEALED_BYTES};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    box_key::{KeyError, PublicKey, SecretKey},
    plaintext::Plaintext,
    random::{RandomError, random},
};

const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
/// Length of a box around nothing.
const EMPTY_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// Why something cannot be sealed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SealError {
    /// Sealed it would not fit a transaction.
    #[error(
        "the text is {len} bytes long, at most {max} can be sealed; whoever seals must shorten it"
    )]
    TooLarge {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// Whatever is sealed to this key, anyone can open.
    #[error("the recipient's key is of small order: it protects nothing; they must send another")]
    WeakKey,
    /// There is no randomness.
    #[error(transparent)]
    Random(#[from] RandomError),
}

/// Why something does not open.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum OpenError {
    /// It is shorter than anything sealed.
    #[error(
        "what is sealed is {len} bytes long, at least {least} are needed: it was cut; fetch it again"
    )]
    Truncated {
        /// Its length in bytes.
        len: usize,
        /// The least length in bytes.
        least: usize,
    },
    /// It is longer than the network stores.
    #[error(
        "what is sealed is {len} bytes long, at most {max} are opened; do not trust its sender"
    )]
    TooLarge {
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
    /// The content is not base64 of the standard alphabet with padding.
    #[error("the content is not standard base64 with padding; whoever sealed it must encode it so")]
    Encoding,
    /// The key of the sender is none.
    #[error("the sender's key: {0}")]
    Key(#[from] KeyError),
    /// Anyone could have made it.
    #[error("the sender's key is of small order: anyone could have made this; do not trust it")]
    WeakKey,
    /// Either the key is another or a byte was altered; the compatible suite cannot tell which.
    #[error(
        "it was sealed for another key, or altered since; check the password, or fetch it again"
    )]
    Refused,
    /// It is not in the versioned form.
    #[error(
        "this is no sealed envelope; if its sender uses the compatible suite, the caller must open it as such"
    )]
    NotAnEnvelope,
    /// It was made by a later version, or altered.
    #[error("the envelope has version {0}, which this program does not know; update it")]
    UnknownVersion(u8),
    /// It was sealed for another key.
    #[error("the envelope was sealed for another key than this one")]
    WrongRecipient,
    /// A byte was altered, or it belongs to something else.
    #[error("the envelope was altered, or belongs to something else; fetch it again")]
    Altered,
}

/// A text in the box of the compatible suite: the columns `content` and `encryptor_public_key` of a
/// credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    content: Vec<u8>,
    encryptor_public_key: PublicKey,
}

impl Sealed {
    /// Takes `nonce ‖ tag ‖ ciphertext` and the key of the sender.
    pub fn new(content: Vec<u8>, encryptor_public_key: PublicKey) -> Result<Self, OpenError> {
        let len = content.len();
        if len < EMPTY_BYTES {
            let least = EMPTY_BYTES;
            return Err(OpenError::Truncated { len, least });
        }
        check_size(len)?;
        Ok(Self {
            content,
            encryptor_public_key,
        })
    }

    /// Reads both as the columns have them, in standard base64 with padding.
    pub fn from_base64(content: &str, encryptor_public_key: &str) -> Result<Self, OpenError> {
        if content.len() > SEALED_BYTES.div_ceil(3) * 4 {
            let (len, max) = (content.len() / 4 * 3, SEALED_BYTES);
            return Err(OpenError::TooLarge { len, max });
        }
        let encryptor_public_key = PublicKey::from_base64(encryptor_public_key)?;
        let content = STANDARD.decode(content).map_err(|_| OpenError::Encoding)?;
        Self::new(content, encryptor_public_key)
    }

    /// `nonce ‖ tag ‖ ciphertext`.
    pub fn content(&self) -> &[u8] {
        &self.content
    }

    /// The column `content`.
    pub fn content_base64(&self) -> String {
        STANDARD.encode(&self.content)
    }

    /// The key that was made for this box.
    pub const fn encryptor_public_key(&self) -> PublicKey {
        self.encryptor_public_key
    }
}

/// What is opened is at most as long as what the network stores.
pub(crate) const fn check_size(len: usize) -> Result<(), OpenError> {
    let max = SEALED_BYTES;
    if len > max {
        return Err(OpenError::TooLarge { len, max });
    }
    Ok(())
}

/// What the access grants on a text name: the SHA-256 of its plaintext, the same for every copy.
/// Prints as the column `content_hash` has it.
pub fn content_hash(plaintext: &[u8]) -> Digest {
    Digest::of(plaintext)
}

impl PublicKey {
    /// Seals a text so that only the holder of the secret key opens it. Nobody can tell who sealed.
    pub fn seal(&self, plaintext: &[u8]) -> Result<Sealed, SealError> {
        self.seal_by(&SecretKey::generate()?, &*random()?, plaintext)
    }

    fn seal_by(
        &self,
        sender: &SecretKey,
        nonce: &[u8; NONCE_BYTES],
        plaintext: &[u8],
    ) -> Result<Sealed, SealError> {
        let (len, max) = (plaintext.len(), SEALED_BYTES - EMPTY_BYTES);
        if len > max {
            return Err(SealError::TooLarge { len, max });
        }
        let shared = crypto_box_beforenm(self.as_bytes(), sender.expose())
            .map(Zeroizing::new)
            .map_err(|_| SealError::WeakKey)?;
        let mut content = vec![0; EMPTY_BYTES + len];
        let (first, boxed) = content.split_at_mut(NONCE_BYTES);
        first.copy_from_slice(nonce);
        crypto_box_easy_afternm(boxed, plaintext, nonce, &shared)
            .unwrap_or_else(|_| unreachable!("there is room for text and tag"));
        Ok(Sealed {
            content,
            encryptor_public_key: sender.public_key(),
        })
    }
}

impl SecretKey {
    /// Opens a box that was sealed for this key. It opens nothing of any other suite.
    pub fn open(&self, sealed: &Sealed) -> Result<Plaintext, OpenError> {
        let shared = crypto_box_beforenm(sealed.encryptor_public_key.as_bytes(), self.expose())
            .map(Zeroizing::new)
            .map_err(|_| OpenError::WeakKey)?;
        let (nonce, boxed) = sealed
            .content
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or(OpenError::Refused)?;
        let len = boxed.len().saturating_sub(TAG_BYTES);
        let mut plaintext = Plaintext::room(len);
        crypto_box_open_easy_afternm(plaintext.as_mut(), boxed, nonce, &shared)
            .map_err(|_| OpenError::Refused)?;
        Ok(plaintext)
    }
}

#[cfg(test)]
mod tests {
    use crypto_box::{SalsaBox, aead::Aead};
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn vector(name: &str) -> String {
        let all: Value =
            serde_json::from_str(include_str!("../../../fixtures/protocol/sdk-vectors.json"))
                .unwrap();
        all["box"][name].as_str().unwrap().to_owned()
    }

    fn secret(name: &str) -> SecretKey {
        let bytes = STANDARD.decode(vector(name)).unwrap();
        SecretKey::from_bytes(Zeroizing::new(bytes.try_into().unwrap()))
    }

    #[test]
    fn the_recorded_box_is_made_byte_by_byte_and_opens() {
        let recipient = secret("recipient_secret_key_b64");
        let public = recipient.public_key();
        assert_eq!(public.to_base64(), vector("recipient_public_key_b64"));
        let text = vector("plaintext");
        let sealed = public
            .seal_by(
                &secret("ephemeral_secret_key_b64"),
                &[3; 24],
                text.as_bytes(),
            )
            .unwrap();
        assert_eq!(sealed.content_base64(), vector("content"));
        let encryptor = sealed.encryptor_public_key().to_base64();
        assert_eq!(encryptor, vector("encryptor_public_key"));
        let read = Sealed::from_base64(&vector("content"), &encryptor).unwrap();
        assert_eq!(recipient.open(&read).unwrap().as_bytes(), text.as_bytes());
        assert_eq!(
            content_hash(text.as_bytes()).to_string(),
            vector("content_hash")
        );
    }

    proptest! {
        /// The box is what another, audited library makes of the same keys, both ways.
        #[test]
        fn another_library_agrees(
            recipient: [u8; 32],
            sender: [u8; 32],
            nonce: [u8; 24],
            text in proptest::collection::vec(any::<u8>(), 0..5_000),
        ) {
            let [recipient, sender] =
                [recipient, sender].map(|bytes| SecretKey::from_bytes(Zeroizing::new(bytes)));
            let public = recipient.public_key();
            let ours = public.seal_by(&sender, &nonce, &text).unwrap();
            let theirs = SalsaBox::new(
                &(*public.as_bytes()).into(),
                &(*sender.expose()).into(),
            );
            let boxed = theirs.encrypt(&nonce.into(), text.as_slice()).unwrap();
            prop_assert_eq!(&ours.content()[NONCE_BYTES..], &boxed);
            prop_assert_eq!(recipient.open(&ours).unwrap().to_vec(), text);
        }
    }
}
