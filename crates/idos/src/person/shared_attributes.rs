//! With whom attributes were shared. The network tells that to the recipient alone, so the folder that
//! shared one notes it for its owner.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use idos_ledger::{Attribute, AttributeCopy};
use idos_types::AttributeId;
use serde_json::{Value, json};

use super::grants::Names;
use crate::{
    command::{
        bounded_file, new_folder,
        output::{inert, reason},
    },
    role::RoleError,
};

/// The file in the folder of a person.
const FILE: &str = "shared-attributes.json";
/// Most bytes of it: more than the attributes of a profile take.
const FILE_BYTES: usize = 1024 * 1024;

/// Addresses of recipients, by the copy that each was given.
pub(super) type Noted = BTreeMap<String, String>;

/// A copy of an attribute, for its owner.
pub(super) struct SharedCopy {
    copy: AttributeId,
    original: AttributeId,
    key: String,
    /// The address of whoever it was sealed for, if this folder knows.
    grantee: Option<String>,
}

impl SharedCopy {
    /// As the network has it, with what the folder notes.
    pub(super) fn new(row: &Attribute, copy: &AttributeCopy, noted: &Noted) -> Self {
        Self {
            copy: row.id,
            original: copy.original_id,
            key: row.attribute_key.clone(),
            grantee: noted.get(&row.id.to_string()).cloned(),
        }
    }

    /// For whom, for people.
    pub(super) fn whom(&self, names: &Names) -> String {
        let whom = self.grantee.as_deref().map(|it| names.shown(it));
        whom.unwrap_or_else(|| "somebody whom this folder did not note".to_owned())
    }

    /// For people.
    pub(super) fn line(&self, names: &Names) -> String {
        let (copy, original, key) = (self.copy, self.original, inert(&self.key));
        let whom = self.whom(names);
        format!("{copy}  attribute {original}, {key}, as this copy  for {whom}")
    }

    /// For programs.
    pub(super) fn json(&self, names: &Names) -> Value {
        let grantee = self.grantee.as_deref();
        json!({
            "copy": self.copy.to_string(), "original": self.original.to_string(), "key": self.key,
            "grantee": grantee, "grantee_name": grantee.and_then(|it| names.of_address(it)),
        })
    }
}

/// What a folder notes. If that cannot be read, which is told, it is as if nothing were noted.
pub(super) fn noted(home: &Path) -> Noted {
    read(home).unwrap_or_else(|error| {
        tracing::warn!(
            "with whom attributes are shared is not known: {}",
            reason(&error)
        );
        Noted::new()
    })
}

fn read(home: &Path) -> Result<Noted, RoleError> {
    let path = path(home);
    if !path.exists() {
        return Ok(Noted::new());
    }
    let text = bounded_file::read_text(&path, FILE_BYTES)?;
    serde_json::from_str(&text).map_err(|_| {
        RoleError::Refused(format!(
            "{} does not hold with whom attributes were shared; remove it, if you did not expect that",
            path.display()
        ))
    })
}

/// Notes for whom a copy is. If that fails the attribute is shared all the same, which is told.
pub(super) fn note(home: &Path, copy: AttributeId, grantee: &str) {
    change(home, |noted| {
        noted.insert(copy.to_string(), grantee.to_owned());
    });
}

/// Forgets copies that are gone.
pub(super) fn forget(home: &Path, gone: &[AttributeId]) {
    change(home, |noted| {
        noted.retain(|copy, _| !gone.iter().any(|gone| gone.to_string() == *copy));
    });
}

fn change(home: &Path, change: impl FnOnce(&mut Noted)) {
    let changed = || -> Result<(), RoleError> {
        let before = read(home)?;
        let mut noted = before.clone();
        change(&mut noted);
        if noted == before {
            return Ok(());
        }
        let path = path(home);
        // Texts alone are always JSON.
        let text = serde_json::to_vec(&noted).unwrap_or_default();
        new_folder::replace(&path, &text).map_err(|source| RoleError::Write { path, source })
    };
    if let Err(error) = changed() {
        let why = reason(&error);
        tracing::warn!("with whom the attribute is shared is not noted: {why}");
    }
}

fn path(home: &Path) -> PathBuf {
    home.join(FILE)
}

#[cfg(test)]
mod tests {
    use idos_types::Uuid;

    use super::*;

    #[test]
    fn what_is_noted_is_forgotten_with_its_copy() {
        let home = tempfile::tempdir().unwrap();
        let [first, second] = [1, 2].map(|id| AttributeId(Uuid::from_u128(id)));
        assert!(read(home.path()).unwrap().is_empty());
        forget(home.path(), &[first]);
        assert!(!path(home.path()).exists());
        note(home.path(), first, "a");
        note(home.path(), second, "b");
        forget(home.path(), &[first]);
        let left = read(home.path()).unwrap();
        assert_eq!(left, Noted::from([(second.to_string(), "b".to_owned())]));
        // What cannot be read is in nobody's way, and is not overwritten.
        std::fs::write(path(home.path()), "[").unwrap();
        note(home.path(), first, "a");
        assert!(read(home.path()).is_err() && noted(home.path()).is_empty());
    }
}
