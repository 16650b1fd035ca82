//! Packages of JavaScript, installed and built for tests and for the build of the pages.

use std::{
    fs::{self, File},
    io,
    path::Path,
    process::Command,
};

/// Who works with the packages of a folder. Others wait, in this process or in another one.
pub(crate) struct Turn {
    /// Locked until it is closed. Nothing is ever written to it.
    _lock: File,
}

/// Waits until nobody else installs or builds in the folder.
pub(crate) fn turn(folder: &Path) -> io::Result<Turn> {
    let lock = File::open(folder.join("package-lock.json"))?;
    lock.lock()?;
    Ok(Turn { _lock: lock })
}

impl Turn {
    /// Installs the packages of the lock file, unless they are there.
    pub(crate) fn install(&self, folder: &Path) -> io::Result<()> {
        let lock = fs::read(folder.join("package-lock.json"))?;
        let installed = folder.join("node_modules/.lock-of-install");
        if fs::read(&installed).is_ok_and(|of_install| of_install == lock) {
            return Ok(());
        }
        self.npm(folder, &["ci", "--no-audit", "--no-fund"])?;
        fs::write(installed, lock)
    }

    /// Runs npm in the folder, with what it prints on standard error.
    pub(crate) fn npm(&self, folder: &Path, arguments: &[&str]) -> io::Result<()> {
        let done = Command::new("npm")
            .args(arguments)
            .current_dir(folder)
            .stdout(io::stderr())
            .status()
            .map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => io::Error::new(
                    error.kind(),
                    "npm is not there: install Node.js 20.19 or newer",
                ),
                _ => error,
            })?;
        if done.success() {
            return Ok(());
        }
        let text = format!("npm {} failed: {done}", arguments.join(" "));
        Err(io::Error::other(text))
    }
}

/// Installs the packages of the lock file in a folder, unless they are there.
#[allow(dead_code, reason = "the build of the pages needs a turn for more")]
#[allow(
    clippy::panic,
    reason = "for tests, which cannot go on without the packages"
)]
pub(crate) fn install(folder: &Path) {
    turn(folder)
        .and_then(|turn| turn.install(folder))
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
}
