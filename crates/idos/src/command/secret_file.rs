//! Secret keys as files: 32 bytes in hexadecimal digits that only their owner may read.

use std::path::{Path, PathBuf};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::command::closed_file::{self, Advice, ClosedFileError};

/// Bytes of a key.
const SEED: usize = 32;
/// Bytes of its file without the end of the line.
const DIGITS: usize = 2 * SEED;

/// Who must do what about a file.
const ADVICE: Advice = Advice {
    unreadable: "its owner must restore it, or name the folder that has it: `idos node init` makes the \
                 keys of a node, the command `keys` those of a person, issuer or consumer",
    open: "its owner must close it with `chmod 600`, and replace the key if they could have read it",
};

/// Why a key cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SecretFileError {
    /// It cannot be read, or not by its owner alone.
    #[error(transparent)]
    File(#[from] ClosedFileError),
    /// It does not hold a key.
    #[error("{} is not a key of {DIGITS} hexadecimal digits; its owner must restore it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
    },
}

/// A new key from the randomness of the operating system.
pub(crate) fn random_seed() -> Result<Zeroizing<[u8; SEED]>, getrandom::Error> {
    let mut seed = Zeroizing::new([0; SEED]);
    getrandom::fill(seed.as_mut_slice())?;
    Ok(seed)
}

/// The content of a key's file.
pub(crate) fn encode(seed: &[u8; SEED]) -> Zeroizing<String> {
    // With its whole room from the start: text that moves leaves copies behind.
    let mut text = Zeroizing::new(String::with_capacity(DIGITS + 1));
    for byte in seed {
        for digit in [byte >> 4, byte & 0xf] {
            text.extend(char::from_digit(u32::from(digit), 16));
        }
    }
    text.push('\n');
    text
}

/// Reads a key's file.
pub(crate) fn read(path: &Path) -> Result<Zeroizing<[u8; SEED]>, SecretFileError> {
    // One byte more than such a file has, so that a rest is not overlooked.
    let text = closed_file::read_up_to(path, DIGITS + 2, &ADVICE)?;
    let digits = text.strip_suffix(b"\n").unwrap_or(&text);
    let mut seed = Zeroizing::new([0; SEED]);
    hex::decode_to_slice(digits, seed.as_mut_slice()).map_err(|_| SecretFileError::Invalid {
        path: path.to_owned(),
    })?;
    Ok(seed)
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn keys_round_trip() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        let write = |text: &[u8], mode| {
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        assert!(matches!(read(&path), Err(SecretFileError::File(_))));
        let seed = random_seed().unwrap();
        let text = encode(&seed);
        assert_eq!(*text, format!("{}\n", hex::encode(*seed)));
        write(text.as_bytes(), 0o600);
        assert_eq!(*read(&path).unwrap(), *seed);
        write(&text.as_bytes()[..64], 0o400);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(*read(&path).unwrap(), *seed);
        write(text.as_bytes(), 0o640);
        assert!(matches!(read(&path), Err(SecretFileError::File(_))));
        for invalid in ["", "\n", "ab", &text[..63], &format!("{}0", &text[..64])] {
            write(invalid.as_bytes(), 0o600);
            assert!(matches!(read(&path), Err(SecretFileError::Invalid { .. })));
        }
        for rest in ["\n", "0", "\r\n", " "] {
            write(format!("{}{rest}", *text).as_bytes(), 0o600);
            assert!(matches!(read(&path), Err(SecretFileError::Invalid { .. })));
        }
        write(&[b'g'; 64], 0o600);
        assert!(matches!(read(&path), Err(SecretFileError::Invalid { .. })));
    }

    #[test]
    fn two_keys_differ() {
        assert_ne!(*random_seed().unwrap(), *random_seed().unwrap());
    }
}
