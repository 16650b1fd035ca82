//! Recovery words: 24 English words of BIP-39.
//!
//! Twenty-four, not twelve: what they wrap lies on the network for decades, and with 256 bits
//! they are no weaker than the key that they wrap, also against a quantum computer's search.

use std::fmt;

use bip39::{Language, Mnemonic};
use idos_types::limits::RECOVERY_WORDS_BYTES;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::{
    random::{RandomError, random},
    signing_key::SigningKey,
};

const WORDS: usize = 24;
const ENTROPY_BYTES: usize = 32;
/// Length of the seed by BIP-39 in bytes.
const SEED_BYTES: usize = 64;

/// Why a text is no recovery words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecoveryWordsError {
    /// There are more or fewer.
    #[error("these are {0} words instead of {WORDS}; the person must type all of them")]
    Count(usize),
    /// One is not in the list.
    #[error("word {0} is not in the list of English recovery words; the person must correct it")]
    Unknown(usize),
    /// They do not belong together.
    #[error(
        "the words do not fit together: one is wrong or two are swapped; the person must check them"
    )]
    Checksum,
    /// The text is longer than any words.
    #[error("the text is {0} bytes long, at most {RECOVERY_WORDS_BYTES} are read")]
    TooLong(usize),
}

/// The words by which a person gets back to their data without any device: they unwrap the key, and
/// they are a wallet that can be linked to the profile. Wiped when dropped, never printed but by
/// [`Self::expose`].
#[derive(Clone)]
pub struct RecoveryWords(Mnemonic);

impl RecoveryWords {
    /// Random ones.
    pub fn generate() -> Result<Self, RandomError> {
        let entropy = random::<ENTROPY_BYTES>()?;
        let words = Mnemonic::from_entropy_in(Language::English, entropy.as_slice())
            .unwrap_or_else(|_| unreachable!("32 bytes are 24 words"));
        Ok(Self(words))
    }

    /// Reads what a person typed: 24 words in either letter case, with any space between them.
    pub fn parse(typed: &str) -> Result<Self, RecoveryWordsError> {
        if typed.len() > RECOVERY_WORDS_BYTES {
            return Err(RecoveryWordsError::TooLong(typed.len()));
        }
        let lower = Zeroizing::new(typed.to_lowercase());
        let count = lower.split_whitespace().count();
        if count != WORDS {
            return Err(RecoveryWordsError::Count(count));
        }
        let words = Mnemonic::parse_in_normalized(Language::English, &lower);
        words.map(Self).map_err(|error| match error {
            bip39::Error::UnknownWord(at) => RecoveryWordsError::Unknown(at + 1),
            _ => RecoveryWordsError::Checksum,
        })
    }

    /// The words with a space between them: show them to the person once, and to nobody else.
    pub fn expose(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(RECOVERY_WORDS_BYTES));
        for (at, word) in self.0.words().enumerate() {
            if at > 0 {
                text.push(' ');
            }
            text.push_str(word);
        }
        text
    }

    /// The wallet of the words: linked to the profile, it signs in when every other wallet is lost.
    /// It is the wallet that FaceSign derives from the same words.
    pub fn signing_key(&self) -> SigningKey {
        signing_key(&self.0)
    }

    /// What unwraps. From the wallet's key it cannot be found: that is the other half.
    pub(crate) fn seed(&self) -> Zeroizing<[u8; SEED_BYTES]> {
        seed(&self.0)
    }
}

/// The seed by BIP-39, without a passphrase.
fn seed(words: &Mnemonic) -> Zeroizing<[u8; SEED_BYTES]> {
    Zeroizing::new(words.to_seed_normalized(""))
}

fn signing_key(words: &Mnemonic) -> SigningKey {
    let seed = seed(words);
    let mut first = Zeroizing::new([0; 32]);
    first
        .iter_mut()
        .zip(seed.iter())
        .for_each(|(to, from)| *to = *from);
    SigningKey::from_seed(&first)
}

impl fmt::Debug for RecoveryWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryWords(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wallet_of_the_recorded_words_is_derived() {
        let all: serde_json::Value =
            serde_json::from_str(include_str!("../../../fixtures/protocol/sdk-vectors.json"))
                .unwrap();
        let recorded = &all["facesign_key"];
        let words = Mnemonic::parse(recorded["mnemonic"].as_str().unwrap()).unwrap();
        let key = signing_key(&words).public_key_hex();
        assert_eq!(key, recorded["public_key"].as_str().unwrap());
    }

    #[test]
    fn words_are_read_as_people_type_them_and_faults_are_named() {
        let words = RecoveryWords::generate().unwrap();
        let text = words.expose();
        assert_eq!(text.split(' ').count(), WORDS);
        let typed = format!("  {}\n", text.to_uppercase().replace(' ', " \t"));
        assert_eq!(RecoveryWords::parse(&typed).unwrap().0, words.0);
        assert_eq!(format!("{words:?}"), "RecoveryWords(…)");

        let parse = |text: &str| RecoveryWords::parse(text).unwrap_err();
        assert_eq!(parse(""), RecoveryWordsError::Count(0));
        let twelve = "abandon ".repeat(11) + "about";
        assert_eq!(parse(&twelve), RecoveryWordsError::Count(12));
        assert_eq!(parse(&"abandon ".repeat(24)), RecoveryWordsError::Checksum);
        let unknown = "abandon ".repeat(23) + "idos";
        assert_eq!(parse(&unknown), RecoveryWordsError::Unknown(24));
        let len = RECOVERY_WORDS_BYTES + 1;
        assert_eq!(parse(&" ".repeat(len)), RecoveryWordsError::TooLong(len));
    }
}
