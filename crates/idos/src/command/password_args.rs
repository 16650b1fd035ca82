//! Passwords: from a file, a variable or a terminal, never from the command line.

use std::{
    env, io,
    path::{Path, PathBuf},
    str::Utf8Error,
};

use idos_crypto::Password;
use idos_types::limits::{
    NEW_PASSWORD_CHARACTERS, NEW_PASSWORD_DIFFERENT_CHARACTERS, PASSWORD_BYTES,
};
use thiserror::Error;
use zeroize::Zeroizing;

use crate::command::{
    closed_file::{self, Advice, ClosedFileError},
    typed_secret,
};

/// A secret that people remember or write down.
pub(crate) struct Asked {
    /// What it is.
    what: &'static str,
    /// The variable that may hold it.
    variable: &'static str,
    /// Who must do what about its file.
    advice: Advice,
}

/// The password that is in use.
const PASSWORD: Asked = Asked {
    what: "password",
    variable: "IDOS_PASSWORD",
    advice: OF_PASSWORDS,
};

/// The first password of somebody.
const FIRST_PASSWORD: Asked = Asked {
    what: "new password",
    ..PASSWORD
};

/// A password in place of another.
const NEW_PASSWORD: Asked = Asked {
    what: "new password",
    variable: "IDOS_NEW_PASSWORD",
    advice: OF_PASSWORDS,
};

/// Recovery words.
pub(crate) const RECOVERY_WORDS: Asked = Asked {
    what: "recovery words",
    variable: "IDOS_RECOVERY_WORDS",
    advice: Advice {
        unreadable: "name the file that has the recovery words",
        open: "close it with `chmod 600`, and make new words by `idos person recovery-words` if they \
               could have read it",
    },
};

const OF_PASSWORDS: Advice = Advice {
    unreadable: "name the file that has the password",
    open: "close it with `chmod 600`, and change the password if they could have read it",
};

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
    #[error(transparent)]
    File(#[from] ClosedFileError),
    /// What is in the file.
    #[error("{} has no text in its first line; name the file that has the {what}", path.display())]
    NoText {
        /// The file.
        path: PathBuf,
        /// What it has to have.
        what: &'static str,
        /// What is wrong.
        source: Utf8Error,
    },
    /// There is no terminal.
    #[error(
        "there is no terminal to ask for the {what}: name a file, or set the variable {variable}"
    )]
    Terminal {
        /// What is asked for.
        what: &'static str,
        /// What may hold it.
        variable: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// Whoever was asked typed nothing.
    #[error("no {what} was typed: type it, name a file, or set the variable {variable}")]
    Nothing {
        /// What is asked for.
        what: &'static str,
        /// What may hold it.
        variable: &'static str,
    },
    /// It is to replace itself.
    #[error("nothing was changed: the new password is the one in use; choose another")]
    Same,
    /// The second time it was another.
    #[error("the two are not the same; type it again")]
    Differs,
    /// It is too easy to guess.
    #[error(
        "a new password has to have {NEW_PASSWORD_CHARACTERS} characters or more; several words are good"
    )]
    TooShort,
    /// It is too easy to guess as well.
    #[error(
        "a new password has to have {NEW_PASSWORD_DIFFERENT_CHARACTERS} different characters or more; several words are good"
    )]
    TooPlain,
    /// It is too long.
    #[error(transparent)]
    Password(#[from] idos_crypto::PasswordError),
}

impl PasswordArgs {
    /// The password that is in use.
    pub(crate) fn read(&self) -> Result<Password, PasswordError> {
        let (text, _) = secret(self.password_file.as_deref(), &PASSWORD)?;
        Ok(Password::new(&text)?)
    }

    /// The first one of somebody, typed twice if it is typed.
    pub(crate) fn read_new(&self) -> Result<Password, PasswordError> {
        chosen(self.password_file.as_deref(), &FIRST_PASSWORD)
    }
}

/// The password that is in use, and another to take its place, typed twice if it is typed.
pub(crate) fn replaced(
    old: &PasswordArgs,
    new_file: Option<&Path>,
) -> Result<[Password; 2], PasswordError> {
    let (old, _) = secret(old.password_file.as_deref(), &PASSWORD)?;
    let new = chosen_text(new_file, &NEW_PASSWORD)?;
    if *old == *new {
        return Err(PasswordError::Same);
    }
    Ok([Password::new(&old)?, Password::new(&new)?])
}

/// A password in place of another, typed twice if it is typed.
pub(crate) fn new_password(file: Option<&Path>) -> Result<Password, PasswordError> {
    chosen(file, &NEW_PASSWORD)
}

/// A password that nobody had before.
fn chosen(file: Option<&Path>, asked: &Asked) -> Result<Password, PasswordError> {
    Ok(Password::new(&chosen_text(file, asked)?)?)
}

fn chosen_text(file: Option<&Path>, asked: &Asked) -> Result<Zeroizing<String>, PasswordError> {
    let (text, is_typed) = secret(file, asked)?;
    if text.chars().count() < NEW_PASSWORD_CHARACTERS {
        return Err(PasswordError::TooShort);
    }
    if different_characters(&text) < NEW_PASSWORD_DIFFERENT_CHARACTERS {
        return Err(PasswordError::TooPlain);
    }
    if is_typed {
        let again = prompt("new password, again", asked.variable)?;
        if *again != *text {
            return Err(PasswordError::Differs);
        }
    }
    Ok(text)
}

/// How many different characters a secret has, counted where it is: no copy of them is left.
fn different_characters(secret: &str) -> usize {
    let is_first = |&(at, c): &(usize, char)| !secret.chars().take(at).any(|earlier| earlier == c);
    secret.chars().enumerate().filter(is_first).count()
}

/// A secret text from a file, a variable or the terminal; whether it was typed.
pub(crate) fn secret(
    file: Option<&Path>,
    asked: &Asked,
) -> Result<(Zeroizing<String>, bool), PasswordError> {
    if let Some(path) = file {
        return Ok((read_file(path, asked)?, false));
    }
    match env::var(asked.variable) {
        Ok(text) => Ok((Zeroizing::new(text), false)),
        Err(_) => Ok((prompt(asked.what, asked.variable)?, true)),
    }
}

fn prompt(what: &'static str, variable: &'static str) -> Result<Zeroizing<String>, PasswordError> {
    typed_secret::ask(&format!("{what}: ")).map_err(|source| match source.kind() {
        io::ErrorKind::UnexpectedEof => PasswordError::Nothing { what, variable },
        _ => PasswordError::Terminal {
            what,
            variable,
            source,
        },
    })
}

/// The first line of a file that only its owner may read. Of a longer one than any secret has only a
/// part is read, which is too long as well.
fn read_file(path: &Path, asked: &Asked) -> Result<Zeroizing<String>, PasswordError> {
    let text = closed_file::read_up_to(path, 2 * PASSWORD_BYTES, &asked.advice)?;
    let line = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let line = std::str::from_utf8(line).map_err(|source| PasswordError::NoText {
        path: path.to_owned(),
        what: asked.what,
        source,
    })?;
    Ok(Zeroizing::new(line.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn only_files_of_their_owner_alone_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("password");
        assert!(matches!(
            new_password(Some(&path)),
            Err(PasswordError::File(_))
        ));
        fs::write(&path, "a good password\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(matches!(
            new_password(Some(&path)),
            Err(PasswordError::File(_))
        ));
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let read = || read_file(&path, &NEW_PASSWORD);
        assert_eq!(*read().unwrap(), "a good password");
        assert!(new_password(Some(&path)).is_ok());
        // Nine characters are too few, however many bytes they take.
        for short in ["short", "äöüßäöüßä"] {
            fs::write(&path, format!("{short}\n")).unwrap();
            assert!(matches!(
                new_password(Some(&path)),
                Err(PasswordError::TooShort)
            ));
        }
        fs::write(&path, "abcdabcdabcd\n").unwrap();
        assert!(matches!(
            new_password(Some(&path)),
            Err(PasswordError::TooPlain)
        ));
        fs::write(&path, "of Windows\r\n\u{fe}").unwrap();
        assert_eq!(*read().unwrap(), "of Windows");
        fs::write(&path, b"\xff").unwrap();
        assert!(matches!(read(), Err(PasswordError::NoText { .. })));
        // However long it is, it is refused for that.
        fs::write(&path, "a".repeat(3 * PASSWORD_BYTES)).unwrap();
        let too_long =
            secret(Some(&path), &PASSWORD).map(|(text, _)| Password::new(&text).is_err());
        assert!(too_long.unwrap());
    }

    #[test]
    fn what_to_do_about_a_file_fits_what_is_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "open\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let told = |asked| secret(Some(&path), asked).unwrap_err().to_string();
        assert!(told(&PASSWORD).ends_with("change the password if they could have read it"));
        let of_words = told(&RECOVERY_WORDS);
        assert!(of_words.contains("make new words"), "{of_words}");
        assert!(!of_words.contains("password"), "{of_words}");
    }
}
