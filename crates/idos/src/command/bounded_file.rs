//! Files that somebody names, read up to a limit.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why a file is not read.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    /// It is not there or not readable.
    #[error("{} cannot be read; name a file that you may read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is too long.
    #[error("{} has more than {max} bytes, which is more than it can hold", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// The limit in bytes.
        max: usize,
    },
}

/// Reads a text file of at most `max` bytes.
pub(crate) fn read_text(path: &Path, max: usize) -> Result<String, FileError> {
    let unreadable = |source| FileError::Read {
        path: path.to_owned(),
        source,
    };
    let mut bytes = Vec::new();
    let most = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(unreadable)?;
    if bytes.len() > max {
        return Err(FileError::TooLong {
            path: path.to_owned(),
            max,
        });
    }
    String::from_utf8(bytes)
        .map_err(|source| unreadable(io::Error::new(io::ErrorKind::InvalidData, source)))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn files_are_read_up_to_the_limit() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert!(matches!(read_text(&path, 4), Err(FileError::Read { .. })));
        fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        assert!(matches!(
            read_text(&path, 3),
            Err(FileError::TooLong { max: 3, .. })
        ));
        fs::write(&path, [0xff]).unwrap();
        assert!(matches!(read_text(&path, 4), Err(FileError::Read { .. })));
    }
}
