//! What was issued from a list: a line for each person, on disk before the next one is begun.

use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use idos_types::Uuid;
use serde::{Deserialize, Serialize};

use crate::role::RoleError;

/// What was issued to one person.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Line {
    /// By which write grant: it can be used once.
    pub(super) grant: Uuid,
    /// Into whose profile; not known of lines from before this was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<Uuid>,
    /// The credential; not known of lines from before it was noted of what an interrupted attempt issued.
    pub(super) id: Option<Uuid>,
    /// The copy.
    pub(super) copy: Option<Uuid>,
    /// The `id` by which it is revoked, if it can be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) credential: Option<String>,
}

/// The journal of a list, which one process at a time goes through.
pub(super) struct Journal {
    path: PathBuf,
    file: File,
    lines: BTreeMap<Uuid, Line>,
}

impl Journal {
    /// Opens the one beside a list, or makes it.
    pub(super) fn open(list: &Path) -> Result<Self, RoleError> {
        let mut name = list.file_name().unwrap_or_default().to_owned();
        name.push(".journal");
        let path = list.with_file_name(name);
        let failed = |source| RoleError::Write {
            path: path.clone(),
            source,
        };
        let mut file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(0o600)
            .open(&path)
            .map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let text = format!("{} is in use: another process issues", path.display());
                return Err(RoleError::Refused(text));
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        // A line without end was being written when the process was ended.
        let whole = text.rfind('\n').map_or(0, |at| at.saturating_add(1));
        let lines = text.get(..whole).unwrap_or_default().lines();
        let lines = lines
            .map(|line| {
                let line: Line = serde_json::from_str(line)?;
                Ok((line.grant, line))
            })
            .collect::<Result<_, serde_json::Error>>()
            .map_err(|source| RoleError::Form {
                path: path.clone(),
                expected: "a journal of this command",
                source,
            })?;
        cut(&mut file, whole).map_err(failed)?;
        Ok(Self { path, file, lines })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether something was issued by a grant.
    pub(super) fn has(&self, grant: Uuid) -> bool {
        self.lines.contains_key(&grant)
    }

    /// What was issued by a grant.
    pub(super) fn line(&self, grant: Uuid) -> Option<&Line> {
        self.lines.get(&grant)
    }

    /// Notes what was issued.
    pub(super) fn add(&mut self, line: &Line) -> Result<(), RoleError> {
        let failed = |source| RoleError::Write {
            path: self.path.clone(),
            source,
        };
        let text = serde_json::to_string(line).map_err(|error| failed(error.into()))?;
        self.file
            .write_all(format!("{text}\n").as_bytes())
            .and_then(|()| self.file.sync_data())
            .map_err(failed)?;
        self.lines.insert(line.grant, line.clone());
        Ok(())
    }
}

fn cut(file: &mut File, len: usize) -> io::Result<()> {
    file.set_len(len as u64)?;
    file.seek(io::SeekFrom::End(0)).map(drop)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_torn_line_is_cut_and_the_others_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("people.csv");
        let line = |number| Line {
            grant: Uuid::from_u128(number),
            user: Some(Uuid::from_u128(number)),
            id: Some(Uuid::from_u128(number)),
            copy: None,
            credential: None,
        };
        let mut journal = Journal::open(&list).unwrap();
        journal.add(&line(1)).unwrap();
        assert!(matches!(Journal::open(&list), Err(RoleError::Refused(_))));
        let path = journal.path().to_owned();
        drop(journal);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"grant\":\"0000")).unwrap();
        let mut journal = Journal::open(&list).unwrap();
        assert!(journal.has(Uuid::from_u128(1)));
        journal.add(&line(2)).unwrap();
        drop(journal);
        let journal = Journal::open(&list).unwrap();
        assert_eq!(journal.line(Uuid::from_u128(2)), Some(&line(2)));
        drop(journal);
        // A line from before.
        let older = format!(
            "{{\"grant\":\"{}\",\"id\":null,\"copy\":null}}\n",
            Uuid::nil()
        );
        fs::write(&path, older).unwrap();
        let journal = Journal::open(&list).unwrap();
        assert_eq!(journal.line(Uuid::nil()).unwrap().user, None);
        drop(journal);
        fs::write(&path, "{}\n").unwrap();
        assert!(matches!(Journal::open(&list), Err(RoleError::Form { .. })));
    }
}
