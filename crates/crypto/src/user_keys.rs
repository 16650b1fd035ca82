//! Everything that a person can open with: the current key and those it replaced.

use crate::{
    box_key::PublicKey,
    plaintext::Plaintext,
    sealed::{OpenError, Sealed},
    user_key::UserKey,
};

/// How a public key stands to the keys of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyStanding {
    /// It is the current one.
    Current,
    /// It was replaced. If the profile still shows it, a replacement was interrupted: publish the
    /// current one.
    Former,
    /// It is none of theirs. If the profile shows it, the key ring is an old one or the profile is
    /// not theirs: neither is to be used.
    Unknown,
}

/// The keys of a person as a key ring has them.
#[derive(Debug, Clone)]
pub struct UserKeys {
    pub(crate) current: UserKey,
    /// The newest first.
    pub(crate) former: Vec<UserKey>,
}

impl UserKeys {
    /// The key that everything new is sealed with.
    pub const fn current(&self) -> &UserKey {
        &self.current
    }

    /// The keys it replaced, the newest first.
    pub fn former(&self) -> &[UserKey] {
        &self.former
    }

    /// What others are to seal to: the profile should show it.
    pub fn public_key(&self) -> PublicKey {
        self.current.encryption_key().public_key()
    }

    /// Compares the key that the profile shows with those of the person. Do this after unlocking:
    /// a node could give the key ring and the profile of different times.
    pub fn standing(&self, shown: &PublicKey) -> KeyStanding {
        let is_shown = |key: &UserKey| key.encryption_key().public_key() == *shown;
        if is_shown(&self.current) {
            KeyStanding::Current
        } else if self.former.iter().any(is_shown) {
            KeyStanding::Former
        } else {
            KeyStanding::Unknown
        }
    }

    /// Opens a box of the compatible suite with whichever key it was sealed for.
    pub fn open(&self, sealed: &Sealed) -> Result<Plaintext, OpenError> {
        self.first(OpenError::Refused, |key| key.encryption_key().open(sealed))
    }

    /// Opens an envelope of the post-quantum suite with whichever key it was sealed for.
    pub fn open_envelope(&self, context: &[u8], envelope: &[u8]) -> Result<Plaintext, OpenError> {
        self.first(OpenError::WrongRecipient, |key| {
            key.hybrid_key().open(context, envelope)
        })
    }

    /// The answer of the first key that does not say that another one is needed.
    fn first<T>(
        &self,
        other_key: OpenError,
        open: impl Fn(&UserKey) -> Result<T, OpenError>,
    ) -> Result<T, OpenError> {
        for key in std::iter::once(&self.current).chain(&self.former) {
            match open(key) {
                Err(error) if error == other_key => {}
                answer => return answer,
            }
        }
        Err(other_key)
    }
}
