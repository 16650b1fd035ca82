//! The post-quantum suite: an envelope with a version, for what must stay secret for decades.
//!
//! ```text
//! "idOS" ‖ version 1 ‖ X-Wing ciphertext (1120) ‖ commitment (32) ‖ XChaCha20-Poly1305
//! ```
//!
//! Key, nonce and commitment come from the shared secret by HKDF with the recipient's key and the
//! X-Wing ciphertext as salt. Bound as associated data: magic and version, and the context.
//!
//! No text is ever tried with two suites: a [`HybridSecretKey`] opens envelopes only, a
//! [`SecretKey`](crate::SecretKey) boxes only. Which of the two is expected, the caller knows from
//! the key that was published, never from the text.

use idos_types::{Digest, limits::SEALED_BYTES};

use crate::{
    hybrid_key::{CIPHERTEXT_BYTES, HybridPublicKey, HybridSecretKey, SharedSecret},
    lock::{LOCK_BYTES, Lock, LockError},
    plaintext::Plaintext,
    random::random,
    sealed::{OpenError, SealError, check_size},
};

const MAGIC: &[u8; 4] = b"idOS";
const VERSION: u8 = 1;
const HEAD_BYTES: usize = MAGIC.len() + 1;
/// Length of an envelope around nothing.
const EMPTY_BYTES: usize = HEAD_BYTES + CIPHERTEXT_BYTES + LOCK_BYTES;

fn lock(shared: &SharedSecret, recipient: &HybridPublicKey, encapsulated: &[u8]) -> Lock {
    const LABEL: &str = "idos/envelope/v1";
    let salt = Digest::of_parts(LABEL, &[recipient.as_bytes(), encapsulated]);
    Lock::new(shared.as_slice(), &salt.0, LABEL)
}

fn bound(context: &[u8]) -> Vec<u8> {
    [MAGIC.as_slice(), &[VERSION], context].concat()
}

impl HybridPublicKey {
    /// Seals a text so that only the holder of the secret key opens it, also if X25519 or ML-KEM is
    /// broken one day. It opens only with the same `context`, which says what it belongs to and is
    /// not in it: for instance the id of the credential. Nobody can tell who sealed.
    pub fn seal(&self, context: &[u8], plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
        let (len, max) = (plaintext.len(), SEALED_BYTES - EMPTY_BYTES);
        if len > max {
            return Err(SealError::TooLarge { len, max });
        }
        let (encapsulated, shared) = self.encapsulate(&*random()?).ok_or(SealError::WeakKey)?;
        let mut envelope = Vec::with_capacity(EMPTY_BYTES + len);
        envelope.extend_from_slice(MAGIC);
        envelope.push(VERSION);
        envelope.extend_from_slice(&encapsulated);
        lock(&shared, self, &encapsulated).seal(&bound(context), plaintext, &mut envelope);
        Ok(envelope)
    }
}

impl HybridSecretKey {
    /// Opens an envelope that was sealed for this key and with this `context`. It opens nothing of
    /// any other suite.
    pub fn open(&self, context: &[u8], envelope: &[u8]) -> Result<Plaintext, OpenError> {
        check_size(envelope.len())?;
        let rest = envelope
            .strip_prefix(MAGIC)
            .ok_or(OpenError::NotAnEnvelope)?;
        let truncated = OpenError::Truncated {
            len: envelope.len(),
            least: EMPTY_BYTES,
        };
        let (version, rest) = rest.split_first().ok_or(truncated.clone())?;
        if *version != VERSION {
            return Err(OpenError::UnknownVersion(*version));
        }
        if envelope.len() < EMPTY_BYTES {
            return Err(truncated);
        }
        let (encapsulated, locked) = rest
            .split_first_chunk::<CIPHERTEXT_BYTES>()
            .ok_or(truncated)?;
        let shared = self
            .decapsulate(encapsulated)
            .ok_or(OpenError::WrongRecipient)?;
        lock(&shared, self.public(), encapsulated)
            .open(&bound(context), locked)
            .map_err(|error| match error {
                LockError::WrongKey => OpenError::WrongRecipient,
                LockError::Altered | LockError::Truncated => OpenError::Altered,
            })
    }
}
