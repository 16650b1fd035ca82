//! Packages of JavaScript that tests need.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{Mutex, PoisonError},
};

/// Tests of one process may need the same packages at once.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// Installs the packages of the lock file in a folder, unless they are there.
pub(crate) fn install(folder: &Path) {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let lock = fs::read(folder.join("package-lock.json")).unwrap();
    let installed = folder.join("node_modules/.lock-of-install");
    if fs::read(&installed).is_ok_and(|of_install| of_install == lock) {
        return;
    }
    let status = Command::new("npm")
        .args(["ci", "--no-audit", "--no-fund"])
        .current_dir(folder)
        .status()
        .expect("npm, which comes with Node.js 20, is needed for this test");
    assert!(status.success(), "npm ci failed");
    fs::write(installed, lock).unwrap();
}
