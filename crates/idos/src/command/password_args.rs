//! Passwords: from a file, a variable or a terminal, never from the command line.

use std::{
    env, fs, io,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use idos_crypto::Password;
use idos_types::limits::PASSWORD_BYTES;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::command::typed_secret;

/// Fewest characters of a new password.
const FEWEST_CHARACTERS: usize = 10;

/// Where a password comes from.
#[derive(clap::Args)]
pub(crate) struct PasswordArgs {
    /// File with the password, readable by its owner only [default: the variable IDOS_PASSWORD, or
    /// the terminal]
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Why there is no password.
#[derive(Debug, Error)]
pub(crate) enum PasswordError {
    /// The file.
    #[error("{} cannot be read; name the file that has the password", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others may read it.
    #[error("{} is open to other users; close it with `chmod 600`, and change the password if they could have read it", path.display())]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// There is no terminal.
    #[error("there is no terminal to ask for the {0}: name a file, or set the variable")]
    Terminal(&'static str, #[source] io::Error),
    /// The second time it was another.
    #[error("the two are not the same; type it again")]
    Differs,
    /// It is too easy to guess.
    #[error(
        "a new password has to have {FEWEST_CHARACTERS} characters or more; several words are good"
    )]
    TooShort,
    /// It is too long.
    #[error(transparent)]
    Password(#[from] idos_crypto::PasswordError),
}

impl PasswordArgs {
    /// The password that is in use.
    pub(crate) fn read(&self) -> Result<Password, PasswordError> {
        let (text, _) = secret(self.password_file.as_deref(), "IDOS_PASSWORD", "password")?;
        Ok(Password::new(&text)?)
    }

    /// A new one, typed twice if it is typed.
    pub(crate) fn read_new(&self) -> Result<Password, PasswordError> {
        new_password(self.password_file.as_deref(), "IDOS_PASSWORD")
    }
}

/// A new password, typed twice if it is typed.
pub(crate) fn new_password(file: Option<&Path>, variable: &str) -> Result<Password, PasswordError> {
    let (text, is_typed) = secret(file, variable, "new password")?;
    if text.chars().count() < FEWEST_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    if is_typed {
        let again = prompt("new password, again")?;
        if *again != *text {
            return Err(PasswordError::Differs);
        }
    }
    Ok(Password::new(&text)?)
}

/// A secret text from a file, a variable or the terminal; whether it was typed.
pub(crate) fn secret(
    file: Option<&Path>,
    variable: &str,
    what: &'static str,
) -> Result<(Zeroizing<String>, bool), PasswordError> {
    if let Some(path) = file {
        return Ok((read_file(path)?, false));
    }
    match env::var(variable) {
        Ok(text) => Ok((Zeroizing::new(text), false)),
        Err(_) => Ok((prompt(what)?, true)),
    }
}

fn prompt(what: &'static str) -> Result<Zeroizing<String>, PasswordError> {
    typed_secret::ask(&format!("{what}: ")).map_err(|source| PasswordError::Terminal(what, source))
}

/// The first line of a file that only its owner may read.
fn read_file(path: &Path) -> Result<Zeroizing<String>, PasswordError> {
    let failed = |source| PasswordError::Read {
        path: path.to_owned(),
        source,
    };
    let metadata = fs::metadata(path).map_err(failed)?;
    if metadata.mode() & 0o077 != 0 {
        return Err(PasswordError::Open {
            path: path.to_owned(),
        });
    }
    if metadata.len() > 2 * PASSWORD_BYTES as u64 {
        let len = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
        return Err(idos_crypto::PasswordError::TooLong { len }.into());
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    let line = text.lines().next().unwrap_or_default();
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn only_files_of_their_owner_alone_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        assert!(matches!(
            new_password(Some(&path), "UNSET"),
            Err(PasswordError::Read { .. })
        ));
        fs::write(&path, "a good password\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            new_password(Some(&path), "UNSET"),
            Err(PasswordError::Open { .. })
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(*read_file(&path).unwrap(), "a good password");
        assert!(new_password(Some(&path), "UNSET").is_ok());
        // Nine characters are too few, however many bytes they take.
        for short in ["short", "äöüßäöüßä"] {
            fs::write(&path, format!("{short}\n")).unwrap();
            assert!(matches!(
                new_password(Some(&path), "UNSET"),
                Err(PasswordError::TooShort)
            ));
        }
    }
}
