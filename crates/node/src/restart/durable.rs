//! Names that change, and when that is for good: until then a loss of power may undo it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// What matters of the order in which things are done.
#[derive(Clone, PartialEq, Eq, Debug)]
#[cfg_attr(not(test), allow(dead_code, reason = "only tests look"))]
pub(super) enum Step {
    /// Something has another name.
    Renamed(PathBuf, PathBuf),
    /// The names in this folder are there for good.
    Kept(PathBuf),
    /// So is the note that the key has not voted.
    Noted,
}

/// Gives something another name, in a folder of the same disk.
pub(super) fn rename(from: &Path, to: &Path) -> io::Result<()> {
    fs::rename(from, to)?;
    record(|| Step::Renamed(from.to_owned(), to.to_owned()));
    Ok(())
}

/// Keeps the names in a folder for good.
pub(super) fn keep(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()?;
    record(|| Step::Kept(folder.to_owned()));
    Ok(())
}

#[cfg(not(test))]
pub(super) fn record(_: impl FnOnce() -> Step) {}

#[cfg(test)]
pub(super) fn record(step: impl FnOnce() -> Step) {
    STEPS.with_borrow_mut(|steps| steps.push(step()));
}

#[cfg(test)]
thread_local! {
    /// What this thread did.
    pub(super) static STEPS: std::cell::RefCell<Vec<Step>> = const { std::cell::RefCell::new(Vec::new()) };
}
