//! Secrets in files that only their owner may read, read up to a limit.

use std::{
    fs::File,
    io::{self, Read},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
};

use thiserror::Error;
use zeroize::Zeroizing;

/// Who must do what, if a file is not as it has to be.
pub(crate) struct Advice {
    /// If it cannot be read.
    pub(crate) unreadable: &'static str,
    /// If others may read or replace it.
    pub(crate) open: &'static str,
}

/// Why a file is not read.
#[derive(Debug, Error)]
pub(crate) enum ClosedFileError {
    /// It is not there or not readable.
    #[error("{} cannot be read; {advice}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Who must do what.
        advice: &'static str,
        /// Why not.
        source: io::Error,
    },
    /// Others than its owner may read or replace it.
    #[error("{} is open to other users; {advice}", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// Who must do what.
        advice: &'static str,
    },
}

/// Reads the first bytes of a file, `most` of them if it has so many. What is looked at is what is
/// read: a path may lead elsewhere a moment later, and a pipe has no length.
pub(crate) fn read_up_to(
    path: &Path,
    most: usize,
    advice: &Advice,
) -> Result<Zeroizing<Vec<u8>>, ClosedFileError> {
    let unreadable = |source| ClosedFileError::Read {
        path: path.to_owned(),
        advice: advice.unreadable,
        source,
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.mode() & 0o077 != 0 {
        return Err(ClosedFileError::Open {
            path: path.to_owned(),
            advice: advice.open,
        });
    }
    // With its whole room from the start: text that moves leaves copies behind.
    let mut text = Zeroizing::new(vec![0; most]);
    let len = fill(file, &mut text).map_err(unreadable)?;
    text.truncate(len);
    Ok(text)
}

fn fill(mut file: File, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(read) => len += read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _, os::unix::fs::PermissionsExt, process::Command, thread};

    use super::*;

    const ADVICE: Advice = Advice {
        unreadable: "name another",
        open: "close it",
    };

    #[test]
    fn a_file_of_its_owner_alone_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let missing = read_up_to(&path, 4, &ADVICE).unwrap_err();
        assert!(matches!(missing, ClosedFileError::Read { .. }));
        assert!(missing.to_string().ends_with("; name another"), "{missing}");
        fs::write(&path, "four").unwrap();
        for mode in [0o640, 0o604, 0o620, 0o660, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let open = read_up_to(&path, 4, &ADVICE).unwrap_err();
            assert!(matches!(open, ClosedFileError::Open { .. }));
            assert!(open.to_string().ends_with("; close it"), "{open}");
        }
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        for (most, read) in [(9, &b"four"[..]), (4, b"four"), (3, b"fou")] {
            assert_eq!(**read_up_to(&path, most, &ADVICE).unwrap(), *read);
        }
    }

    #[test]
    fn a_pipe_is_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let mut make = Command::new("mkfifo");
        make.args(["-m", "600"]).arg(&path);
        assert!(make.status().unwrap().success());
        let written = {
            let path = path.clone();
            // More than a pipe holds: it is written as far as somebody reads it.
            let write = move || {
                File::options()
                    .write(true)
                    .open(path)?
                    .write_all(&[7; 1 << 20])
            };
            thread::spawn(write)
        };
        assert_eq!(**read_up_to(&path, 5, &ADVICE).unwrap(), [7; 5]);
        let error = written.join().unwrap().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
