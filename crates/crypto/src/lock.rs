//! XChaCha20-Poly1305 that commits to its key.
//!
//! The cipher alone can be given a ciphertext that opens under many keys, with which a server could
//! sort a person's possible passwords by watching which of them fail. So 32 bytes that only the
//! right key derives stand before the ciphertext and are compared first. That also tells a wrong
//! key from an altered ciphertext.

use dryoc::classic::crypto_aead_xchacha20poly1305_ietf::{
    crypto_aead_xchacha20poly1305_ietf_decrypt as decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt as encrypt,
};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::{derive::derive, plaintext::Plaintext};

const COMMITMENT_BYTES: usize = 32;
const TAG_BYTES: usize = 16;
/// How much longer than its plaintext a locked text is.
pub(crate) const LOCK_BYTES: usize = COMMITMENT_BYTES + TAG_BYTES;

/// Why a locked text does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LockError {
    Truncated,
    WrongKey,
    Altered,
}

/// What opens one locked text. It is used for one text only: secret or salt are always fresh.
pub(crate) struct Lock {
    key: Zeroizing<[u8; 32]>,
    nonce: [u8; 24],
    commitment: [u8; COMMITMENT_BYTES],
}

impl Lock {
    pub(crate) fn new(secret: &[u8], salt: &[u8], label: &'static str) -> Self {
        let derived = derive::<88>(secret, salt, label, &[]);
        let mut lock = Self {
            key: Zeroizing::default(),
            nonce: [0; 24],
            commitment: [0; COMMITMENT_BYTES],
        };
        let (key, rest) = derived.split_at(32);
        let (nonce, commitment) = rest.split_at(24);
        lock.key.copy_from_slice(key);
        lock.nonce.copy_from_slice(nonce);
        lock.commitment.copy_from_slice(commitment);
        lock
    }

    /// Appends the locked `plaintext` to `locked`. What is `bound` has to be the same for opening.
    pub(crate) fn seal(&self, bound: &[u8], plaintext: &[u8], locked: &mut Vec<u8>) {
        locked.extend_from_slice(&self.commitment);
        let start = locked.len();
        locked.resize(start + plaintext.len() + TAG_BYTES, 0);
        let (_, ciphertext) = locked.split_at_mut(start);
        encrypt(ciphertext, plaintext, Some(bound), &self.nonce, &self.key)
            .unwrap_or_else(|_| unreachable!("there is room for text and tag"));
    }

    pub(crate) fn open(&self, bound: &[u8], locked: &[u8]) -> Result<Plaintext, LockError> {
        let (commitment, ciphertext) = locked
            .split_first_chunk::<COMMITMENT_BYTES>()
            .ok_or(LockError::Truncated)?;
        let len = ciphertext
            .len()
            .checked_sub(TAG_BYTES)
            .ok_or(LockError::Truncated)?;
        if !bool::from(commitment.ct_eq(&self.commitment)) {
            return Err(LockError::WrongKey);
        }
        let mut plaintext = Plaintext::room(len);
        decrypt(
            plaintext.as_mut(),
            ciphertext,
            Some(bound),
            &self.nonce,
            &self.key,
        )
        .map_err(|_| LockError::Altered)?;
        Ok(plaintext)
    }
}

#[cfg(test)]
mod tests {
    use chacha20poly1305::{
        XChaCha20Poly1305,
        aead::{Aead, KeyInit, Payload},
    };
    use proptest::prelude::*;

    use super::*;

    fn locked(lock: &Lock, bound: &[u8], text: &[u8]) -> Vec<u8> {
        let mut locked = Vec::new();
        lock.seal(bound, text, &mut locked);
        locked
    }

    proptest! {
        /// The cipher is what another, audited library makes of the same key.
        #[test]
        fn another_library_agrees(secret: [u8; 32], bound: Vec<u8>, text: Vec<u8>) {
            let lock = Lock::new(&secret, b"salt", "test/v1");
            let ours = locked(&lock, &bound, &text);
            let payload = Payload { msg: &text, aad: &bound };
            let cipher = XChaCha20Poly1305::new_from_slice(lock.key.as_slice()).unwrap();
            let theirs = cipher.encrypt(&lock.nonce.into(), payload).unwrap();
            prop_assert_eq!(&ours[COMMITMENT_BYTES..], &theirs);
            prop_assert_eq!(lock.open(&bound, &ours).unwrap().to_vec(), text);
        }
    }

    #[test]
    fn each_fault_has_its_name() {
        let lock = Lock::new(&[1; 32], b"salt", "test/v1");
        let good = locked(&lock, b"bound", b"text");
        let open = |bytes: &[u8]| lock.open(b"bound", bytes).map(|text| text.to_vec());
        assert_eq!(open(&good), Ok(b"text".to_vec()));
        assert_eq!(open(&good[..LOCK_BYTES - 1]), Err(LockError::Truncated));
        assert_eq!(open(&[]), Err(LockError::Truncated));
        for at in 0..good.len() {
            let mut flipped = good.clone();
            flipped[at] ^= 1;
            let fault = if at < COMMITMENT_BYTES {
                LockError::WrongKey
            } else {
                LockError::Altered
            };
            assert_eq!(open(&flipped), Err(fault), "{at}");
        }
        let elsewhere = lock.open(b"else", &good).map(|text| text.to_vec());
        assert_eq!(elsewhere, Err(LockError::Altered));
        for other in [
            Lock::new(&[2; 32], b"salt", "test/v1"),
            Lock::new(&[1; 32], b"other", "test/v1"),
            Lock::new(&[1; 32], b"salt", "test/v2"),
        ] {
            let opened = other.open(b"bound", &good).map(|text| text.to_vec());
            assert_eq!(opened, Err(LockError::WrongKey));
        }
    }
}
