//! Reads the TOML files of an operator, with errors that name the file and the key.

use std::{
    fs::File,
    io::{self, Read},
    ops::Range,
    path::{Path, PathBuf},
};

use idos_types::limits::SETTINGS_BYTES;
use serde::de::DeserializeOwned;
use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// Why the node cannot start with a file of settings.
#[derive(Debug, Error)]
pub enum SettingsError {
    /// It is not there, not readable or not text.
    #[error("{} cannot be read; the operator must make it with `idos node init` or correct its permissions", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is larger than such a file can be.
    #[error("{} is larger than {SETTINGS_BYTES} bytes, so it is not a file of settings; the operator must put the right one there", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
    },
    /// It is no TOML, or keys are missing at its top level.
    #[error("{} is not valid; the operator must correct it", path.display())]
    Invalid {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// A key is unknown or its value cannot be.
    #[error("`{key}` in {} is not valid; the operator must correct it", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// The path of the key, like `database.readers` or `validators[0].key`.
        key: String,
        /// What is wrong and where.
        source: Box<toml::de::Error>,
    },
    /// A value that can be, but not together with another.
    #[error("`{key}` in {} {reason}; the operator must correct it", path.display())]
    Conflict {
        /// The file.
        path: PathBuf,
        /// The path of the key.
        key: &'static str,
        /// What is wrong.
        reason: &'static str,
    },
}

/// Reads a file.
pub(crate) fn read<T: DeserializeOwned>(path: &Path) -> Result<T, SettingsError> {
    let text = read_text(path).map_err(|source| SettingsError::Read {
        path: path.to_owned(),
        source,
    })?;
    if text.len() as u64 > SETTINGS_BYTES {
        return Err(SettingsError::TooLarge {
            path: path.to_owned(),
        });
    }
    parse(&text, path)
}

/// Reads the text of a file; `path` is for errors.
pub(crate) fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, SettingsError> {
    toml::from_str(text).map_err(|source| {
        let key = source.span().and_then(|span| key_at(text, &span));
        let (path, source) = (path.to_owned(), Box::new(source));
        match key {
            Some(key) => SettingsError::Key { path, key, source },
            None => SettingsError::Invalid { path, source },
        }
    })
}

fn read_text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    let mut file = File::open(path)?.take(SETTINGS_BYTES + 1);
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// The path of the key whose name or value an error is about; `None` when the text is no TOML or
/// the error is about the whole.
fn key_at(text: &str, span: &Range<usize>) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    key_within(document.get_ref(), span)
}

fn key_within(table: &DeTable<'_>, span: &Range<usize>) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let name = key.get_ref();
        // A list of tables begins where its first one does: what is wrong about the whole list
        // must not look as if it were the first.
        if value.span() == *span {
            return Some(name.to_string());
        }
        if let Some(below) = key_below(value.get_ref(), span) {
            return Some(format!("{name}{below}"));
        }
        (covers(&key.span(), span) || covers(&value.span(), span)).then(|| name.to_string())
    })
}

/// The rest of the path within a value: `.readers` of a table, `[1].key` of a list.
fn key_below(value: &DeValue<'_>, span: &Range<usize>) -> Option<String> {
    match value {
        DeValue::Table(inner) => key_within(inner, span).map(|below| format!(".{below}")),
        DeValue::Array(elements) => elements.iter().enumerate().find_map(|(at, element)| {
            let below = key_below(element.get_ref(), span);
            let is_here = covers(&element.span(), span);
            let below = below.or_else(|| is_here.then(String::new));
            below.map(|below| format!("[{at}]{below}"))
        }),
        _ => None,
    }
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}
