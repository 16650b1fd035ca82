//! Folders and files that appear whole or not at all, and survive a loss of power.

use std::{
    ffi::OsString,
    fs::{self, DirBuilder, File, OpenOptions, Permissions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use rustix::{
    fs::{CWD, RenameFlags, renameat_with},
    io::Errno,
};
use thiserror::Error;
use zeroize::Zeroizing;

/// Why there is no new folder.
#[derive(Debug, Error)]
pub(crate) enum NewFolderError {
    /// There is something already.
    #[error("{} is not empty, and nothing in it is overwritten; name another folder (`--home` of a node), or remove it if its keys and data are no longer needed", folder.display())]
    NotEmpty {
        /// The folder.
        folder: PathBuf,
    },
    /// The folder cannot be made.
    #[error("the folder {} cannot be made; choose one whose parent you may write to", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// A file cannot be made.
    #[error("{} cannot be written, nothing was kept; correct the cause and try again", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Makes a folder with these files, which nobody but its owner may read.
pub(crate) fn make(
    folder: &Path,
    files: &[(&'static str, Zeroizing<String>)],
) -> Result<(), NewFolderError> {
    make_folder(folder)?;
    write_all(folder, files)
}

/// The same with a file that `first` makes before the others: whatever ends this, they are not there without it.
pub(crate) fn make_after<E: From<NewFolderError>>(
    folder: &Path,
    name: &str,
    first: impl FnOnce() -> Result<(), E>,
    files: &[(&'static str, Zeroizing<String>)],
) -> Result<(), E> {
    make_folder(folder)?;
    let made = first().and_then(|()| Ok(write_all(folder, files)?));
    made.inspect_err(|_| {
        // It would only be in the way of the next try.
        let _ = fs::remove_file(folder.join(name));
    })
}

/// Makes the folder, or takes an empty one; only its owner may enter it.
fn make_folder(folder: &Path) -> Result<(), NewFolderError> {
    let failed = |source| NewFolderError::Folder {
        folder: folder.to_owned(),
        source,
    };
    let parent = parent_of(folder);
    if let Some(parent) = parent {
        fs::create_dir_all(parent).map_err(failed)?;
    }
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            check(folder)?;
            fs::set_permissions(folder, Permissions::from_mode(0o700)).map_err(failed)?;
        }
        Err(error) => return Err(failed(error)),
    }
    // The name of the folder lies in its parent.
    parent.map_or(Ok(()), sync_folder).map_err(failed)
}

/// Refuses a folder in which something is, without making any.
pub(crate) fn check(folder: &Path) -> Result<(), NewFolderError> {
    let folder = folder.to_owned();
    match fs::read_dir(&folder).map(|mut entries| entries.next().is_some()) {
        Ok(false) => Ok(()),
        Ok(true) => Err(NewFolderError::NotEmpty { folder }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(source) => Err(NewFolderError::Folder { folder, source }),
    }
}

/// The folder that a folder lies in; of a bare name the current one.
fn parent_of(folder: &Path) -> Option<&Path> {
    let parent = folder.parent()?;
    Some(if parent.as_os_str().is_empty() {
        Path::new(".")
    } else {
        parent
    })
}

/// Adds a file that nobody but its owner may read.
pub(crate) fn add(
    folder: &Path,
    name: &str,
    content: &(impl AsRef<[u8]> + ?Sized),
) -> Result<(), NewFolderError> {
    let path = folder.join(name);
    write_new(&path, content.as_ref()).map_err(|source| NewFolderError::File { path, source })
}

/// Writes all files or none.
fn write_all(
    folder: &Path,
    files: &[(&'static str, Zeroizing<String>)],
) -> Result<(), NewFolderError> {
    for (place, (name, content)) in files.iter().enumerate() {
        let path = folder.join(name);
        if let Err(source) = write_new(&path, content.as_bytes()) {
            // Half a folder would only be in the way of the next try.
            for (made, _) in files.iter().take(place) {
                let _ = fs::remove_file(folder.join(made));
            }
            return Err(NewFolderError::File { path, source });
        }
    }
    Ok(())
}

/// Writes a file that appears whole or not at all, replaces none, and survives a loss of power; nobody
/// but its owner may read it.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    write_as(path, content, place)
}

/// The same in place of a file that may be there: whoever reads finds the one or the other.
pub(crate) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    write_as(path, content, |temporary, path| {
        fs::rename(temporary, path)?;
        sync_name(path)
    })
}

/// Writes a whole file beside the one that it is to be, and lets `name` give it its name.
fn write_as(
    path: &Path,
    content: &[u8],
    name: impl Fn(&Path, &Path) -> io::Result<()>,
) -> io::Result<()> {
    let temporary = unfinished(path)?;
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&temporary)?;
    file.write_all(content)
        .and_then(|()| file.sync_all())
        .and_then(|()| name(&temporary, path))
        .inspect_err(|_| {
            let _ = fs::remove_file(&temporary);
        })
}

/// Beside a file the name under which it is made, which nobody else has.
pub(crate) fn unfinished(path: &Path) -> io::Result<PathBuf> {
    let number = getrandom::u64().map_err(io::Error::other)?;
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidFilename)?);
    name.push(format!(".{number:016x}.new"));
    Ok(path.with_file_name(name))
}

/// Gives a whole file its name, for good. One that came meanwhile is not replaced.
pub(crate) fn place(from: &Path, to: &Path) -> io::Result<()> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        // The file system, some of those in user space for instance, does not know how to replace none.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => link(from, to)?,
        renamed => renamed?,
    }
    sync_name(to)
}

/// Keeps the name of a file, which lies in its folder.
fn sync_name(path: &Path) -> io::Result<()> {
    parent_of(path).map_or(Ok(()), sync_folder)
}

/// What [`place`] does, by a second name, which replaces none either. FAT has no second names.
fn link(from: &Path, to: &Path) -> io::Result<()> {
    fs::hard_link(from, to)?;
    fs::remove_file(from)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().mode() & 0o777
    }

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn content() -> Zeroizing<String> {
        Zeroizing::new("x".to_owned())
    }

    #[test]
    fn what_is_new_is_for_its_owner_only() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("a/b");
        make(&folder, &[("one", content()), ("two", content())]).unwrap();
        add(&folder, "three", "x").unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(names(&folder), ["one", "three", "two"]);
        for name in names(&folder) {
            assert_eq!(mode(&folder.join(name)), 0o600);
        }
    }

    #[test]
    fn nothing_is_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "kept").unwrap();
        assert!(matches!(
            make(folder.path(), &[]),
            Err(NewFolderError::NotEmpty { .. })
        ));
        assert!(matches!(
            add(folder.path(), "file", "x"),
            Err(NewFolderError::File { .. })
        ));
        for folder in [file.clone(), file.join("below")] {
            assert!(matches!(
                make(&folder, &[]),
                Err(NewFolderError::Folder { .. })
            ));
        }
        assert_eq!(fs::read(&file).unwrap(), b"kept");
    }

    #[test]
    fn a_file_gets_its_name_and_replaces_none() {
        for place in [place, link] {
            let folder = tempfile::tempdir().unwrap();
            let [new, named, taken] = ["new", "named", "taken"].map(|it| folder.path().join(it));
            fs::write(&new, "new").unwrap();
            fs::write(&taken, "kept").unwrap();
            let refused = place(&new, &taken).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
            assert_eq!(fs::read(&taken).unwrap(), b"kept");
            place(&new, &named).unwrap();
            assert_eq!(names(folder.path()), ["named", "taken"]);
            assert_eq!(fs::read(&named).unwrap(), b"new");
        }
    }

    #[test]
    fn a_file_is_replaced_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().unwrap();
        let [file, taken] = ["file", "taken"].map(|it| folder.path().join(it));
        // What others left behind, or are about to write, is in nobody's way.
        fs::create_dir(folder.path().join("file.new")).unwrap();
        fs::write(&file, "before").unwrap();
        fs::set_permissions(&file, Permissions::from_mode(0o644)).unwrap();
        for content in ["after", "later"] {
            replace(&file, content.as_bytes()).unwrap();
            assert_eq!(fs::read(&file).unwrap(), content.as_bytes());
            assert_eq!(mode(&file), 0o600);
        }
        fs::create_dir(&taken).unwrap();
        assert!(replace(&taken, b"file").is_err());
        assert_eq!(names(folder.path()), ["file", "file.new", "taken"]);
    }

    #[test]
    fn what_has_to_be_first_is_there_before_the_others_or_nothing_is() {
        let folder = tempfile::tempdir().unwrap();
        let (home, first) = (folder.path(), folder.path().join("first"));
        let files = [("one", content())];
        let failed = || NewFolderError::File {
            path: first.clone(),
            source: io::ErrorKind::StorageFull.into(),
        };
        // It fails by itself, or the others do.
        let fails = || {
            fs::write(&first, "half")
                .map_err(|_| failed())
                .and(Err(failed()))
        };
        let is_in_the_way = || {
            fs::write(&first, "x")
                .and(fs::create_dir(home.join("one")))
                .map_err(|_| failed())
        };
        for make_first in [&fails as &dyn Fn() -> _, &is_in_the_way] {
            assert!(make_after(home, "first", make_first, &files).is_err());
            assert!(!first.exists());
            let _ = fs::remove_dir(home.join("one"));
        }
        let comes_first = || {
            assert_eq!(names(home), [""; 0]);
            fs::write(&first, "x").map_err(|_| failed())
        };
        make_after(home, "first", comes_first, &files).unwrap();
        assert_eq!(names(home), ["first", "one"]);
    }

    #[test]
    fn all_files_or_none_are_written() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("b"), "kept").unwrap();
        let result = write_all(
            folder.path(),
            &[("a", content()), ("b", content()), ("c", content())],
        );
        assert!(matches!(result, Err(NewFolderError::File { path, .. }) if path.ends_with("b")));
        assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"kept");
        assert_eq!(names(folder.path()), ["b"]);
    }
}
