//! Where the vote marker is kept.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

#[cfg(any(test, feature = "simulation"))]
use std::sync::{Arc, Mutex, PoisonError};

use idos_types::BlockTime;
use tracing::warn;

use super::{Folder, Incarnation, Marker, Voted, may_vote, renewed, settled, voting};
use crate::{ConsensusError, PeerKey};

/// A place for one small file.
pub(crate) trait Slot: Send + Sync {
    /// Its contents; `None` if there is no such file in a folder that is there.
    fn read(&self) -> io::Result<Option<Vec<u8>>>;

    /// Replaces its contents, all or nothing. When it returns, they survive a crash.
    fn write(&self, bytes: &[u8]) -> io::Result<()>;

    /// What it is called in an error.
    fn path(&self) -> PathBuf;
}

/// A file. Its folder is not made: that of a disk which is not mounted would be on another one.
pub(crate) struct FileSlot(pub(crate) PathBuf);

impl FileSlot {
    fn folder(&self) -> &Path {
        let folder = self.0.parent().filter(|path| !path.as_os_str().is_empty());
        folder.unwrap_or(Path::new("."))
    }
}

impl Slot for FileSlot {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(&self.0) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                fs::metadata(self.folder()).map(|_| None)
            }
            Err(error) => Err(error),
        }
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        let mut temporary = self.0.clone().into_os_string();
        temporary.push(".new");
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, &self.0)?;
        File::open(self.folder())?.sync_all()
    }

    fn path(&self) -> PathBuf {
        self.0.clone()
    }
}

/// Memory that stands for a file in a simulation.
#[cfg(any(test, feature = "simulation"))]
#[derive(Clone, Default)]
pub(crate) struct MemorySlot(Arc<Mutex<Option<Vec<u8>>>>);

#[cfg(any(test, feature = "simulation"))]
impl MemorySlot {
    /// Loses the file.
    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

#[cfg(any(test, feature = "simulation"))]
impl Slot for MemorySlot {
    fn read(&self) -> io::Result<Option<Vec<u8>>> {
        Ok(self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone())
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(bytes.to_vec());
        Ok(())
    }

    fn path(&self) -> PathBuf {
        PathBuf::from("memory")
    }
}

/// The two files of a node.
pub(crate) struct Slots {
    /// Outside of the folder.
    pub(crate) marker: Box<dyn Slot>,
    /// Inside of the folder.
    pub(crate) folder: Box<dyn Slot>,
}

/// What a node knows about its own votes, and keeps on disk.
pub(crate) struct Votes {
    slots: Slots,
    marker: Marker,
    folder: Folder,
    /// Whether the clock was right at some moment since the start.
    is_clock_right: bool,
}

impl Votes {
    /// Reads the files at a start, and renews the incarnation. If the marker is lost, the key may
    /// have voted until a time, see [`super::unknown_until`].
    pub(crate) fn open(
        slots: Slots,
        key: PeerKey,
        fresh: Incarnation,
        unknown_until: BlockTime,
    ) -> Result<Self, ConsensusError> {
        let marker = read(slots.marker.as_ref(), Marker::decode)?;
        if let Some(other) = marker.filter(|marker| marker.key != key) {
            return Err(ConsensusError::MarkerKey {
                path: slots.marker.path(),
                key: other.key,
            });
        }
        if marker.is_none() {
            warn!(
                path = %slots.marker.path().display(),
                "no vote marker: this key may have voted, so it abstains until an epoch begins"
            );
        }
        let folder = read(slots.folder.as_ref(), Folder::decode)?;
        let (between, folder, marker) = renewed(key, (marker, folder), fresh, unknown_until);
        write(slots.marker.as_ref(), &between.encode())?;
        write(slots.folder.as_ref(), &folder.encode())?;
        write(slots.marker.as_ref(), &marker.encode())?;
        Ok(Self {
            slots,
            marker,
            folder,
            is_clock_right: false,
        })
    }

    /// Whether the key may vote in an epoch, the parent of whose first block has this time.
    pub(crate) fn may_vote(&self, epoch: u64, began: BlockTime) -> bool {
        !self.needs_clock() && may_vote(epoch, began, &self.marker, &self.folder)
    }

    /// Whether [`Self::clock_is_right`] has to be called before the key may vote.
    pub(crate) fn needs_clock(&self) -> bool {
        matches!(self.marker.voted, Voted::UnknownUntil(_)) && !self.is_clock_right
    }

    /// Says that the clock is right and shows this.
    pub(crate) fn clock_is_right(&mut self, now: BlockTime) -> Result<(), ConsensusError> {
        let marker = settled(self.marker, now);
        if marker != self.marker {
            write(self.slots.marker.as_ref(), &marker.encode())?;
            self.marker = marker;
        }
        self.is_clock_right = true;
        Ok(())
    }

    /// Has to return before the journal of an epoch is removed: a folder without it must not vote there again.
    pub(crate) fn forget(&mut self, epoch: u64) -> Result<(), ConsensusError> {
        if self.folder.journal != Some(epoch) {
            return Ok(());
        }
        let folder = Folder {
            journal: None,
            ..self.folder
        };
        write(self.slots.folder.as_ref(), &folder.encode())?;
        self.folder = folder;
        Ok(())
    }

    /// Has to return before the first vote in an epoch.
    pub(crate) fn begin(&mut self, epoch: u64) -> Result<(), ConsensusError> {
        let (folder, marker) = voting(epoch, self.marker, self.folder);
        if (folder, marker) == (self.folder, self.marker) {
            return Ok(());
        }
        write(self.slots.folder.as_ref(), &folder.encode())?;
        write(self.slots.marker.as_ref(), &marker.encode())?;
        (self.folder, self.marker) = (folder, marker);
        Ok(())
    }
}

/// Writes the marker of a key that was just made and has never voted; without one a key abstains
/// until an epoch begins. Fails if there is a file already.
pub fn create_vote_marker(path: &Path, key: PeerKey) -> Result<(), ConsensusError> {
    let slot = FileSlot(path.to_owned());
    if read_slot(&slot)?.is_some() {
        return Err(ConsensusError::Marker {
            path: path.to_owned(),
            source: io::ErrorKind::AlreadyExists.into(),
        });
    }
    write(&slot, &never_voted(key))
}

/// Whether there is a marker. One that is damaged or of another key is an error, with which a node
/// does not start.
pub fn check_vote_marker(path: &Path, key: PeerKey) -> Result<bool, ConsensusError> {
    match read(&FileSlot(path.to_owned()), Marker::decode)? {
        None => Ok(false),
        Some(marker) if marker.key == key => Ok(true),
        Some(marker) => Err(ConsensusError::MarkerKey {
            path: path.to_owned(),
            key: marker.key,
        }),
    }
}

/// The marker of a key that was just made.
pub(crate) fn never_voted(key: PeerKey) -> Vec<u8> {
    let marker = Marker {
        key,
        voted: Voted::Never,
        incarnation: Incarnation::default(),
        next: None,
    };
    marker.encode()
}

fn read<T>(
    slot: &dyn Slot,
    decode: impl FnOnce(&[u8]) -> Option<T>,
) -> Result<Option<T>, ConsensusError> {
    let Some(bytes) = read_slot(slot)? else {
        return Ok(None);
    };
    match decode(&bytes) {
        Some(value) => Ok(Some(value)),
        None => Err(ConsensusError::MarkerDamaged(slot.path())),
    }
}

fn read_slot(slot: &dyn Slot) -> Result<Option<Vec<u8>>, ConsensusError> {
    slot.read().map_err(|source| failed(slot, source))
}

fn write(slot: &dyn Slot, bytes: &[u8]) -> Result<(), ConsensusError> {
    slot.write(bytes).map_err(|source| failed(slot, source))
}

fn failed(slot: &dyn Slot, source: io::Error) -> ConsensusError {
    let path = slot.path();
    match source.kind() {
        // A file that is missing is no error, so this is its folder.
        io::ErrorKind::NotFound => ConsensusError::MarkerFolder(path),
        _ => ConsensusError::Marker { path, source },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PeerKey = PeerKey([5; 32]);

    /// A place for the two files.
    fn folders() -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for folder in ["outside", "data"] {
            fs::create_dir(directory.path().join(folder)).unwrap();
        }
        directory
    }

    fn open(directory: &Path, fresh: u8) -> Result<Votes, ConsensusError> {
        let slots = Slots {
            marker: Box::new(FileSlot(directory.join("outside/marker"))),
            folder: Box::new(FileSlot(directory.join("data/incarnation"))),
        };
        Votes::open(slots, KEY, [fresh; 16], BlockTime::from_millis(100_000))
    }

    #[test]
    fn a_lost_folder_abstains_until_the_next_epoch() {
        let directory = folders();
        create_vote_marker(&directory.path().join("outside/marker"), KEY).unwrap();
        let mut votes = open(directory.path(), 1).unwrap();
        let began = BlockTime::from_millis(1);
        assert!(votes.may_vote(3, began));
        votes.begin(3).unwrap();
        assert!(open(directory.path(), 2).unwrap().may_vote(3, began));
        fs::remove_file(directory.path().join("data/incarnation")).unwrap();
        for fresh in 3..5 {
            let votes = open(directory.path(), fresh).unwrap();
            assert!(!votes.may_vote(3, began));
            assert!(votes.may_vote(4, began));
        }
    }

    /// The journal is about to be removed, and the node may end before it enters another epoch.
    #[test]
    fn a_folder_that_forgets_its_journal_does_not_vote_there_again() {
        let directory = folders();
        create_vote_marker(&directory.path().join("outside/marker"), KEY).unwrap();
        let mut votes = open(directory.path(), 1).unwrap();
        let began = BlockTime::from_millis(1);
        votes.begin(3).unwrap();
        votes.forget(2).unwrap();
        assert!(votes.may_vote(3, began), "of another epoch");
        votes.forget(3).unwrap();
        for votes in [votes, open(directory.path(), 2).unwrap()] {
            assert!(!votes.may_vote(3, began));
            assert!(votes.may_vote(4, began));
        }
    }

    #[test]
    fn a_lost_marker_abstains_until_the_clock_is_known_to_be_right() {
        let directory = folders();
        let began = BlockTime::from_millis(500_000);
        let mut votes = open(directory.path(), 1).unwrap();
        assert!(votes.needs_clock() && !votes.may_vote(7, began));
        votes
            .clock_is_right(BlockTime::from_millis(600_000))
            .unwrap();
        let later = BlockTime::from_millis(700_000);
        assert!(!votes.may_vote(7, began) && votes.may_vote(8, later));
        // It is written down, and asked for again with every start.
        let mut votes = open(directory.path(), 2).unwrap();
        assert!(!votes.may_vote(8, later));
        votes.clock_is_right(BlockTime::from_millis(1_000)).unwrap();
        assert!(!votes.may_vote(7, began) && votes.may_vote(8, later));
        votes.begin(8).unwrap();
        assert!(!open(directory.path(), 3).unwrap().needs_clock());
    }

    #[test]
    fn the_folder_of_a_marker_is_not_made() {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("data")).unwrap();
        let path = directory.path().join("outside/marker");
        let results = [
            open(directory.path(), 1).map(|_| ()),
            create_vote_marker(&path, KEY),
            check_vote_marker(&path, KEY).map(|_| ()),
        ];
        for result in results {
            let error = result.unwrap_err();
            assert!(matches!(&error, ConsensusError::MarkerFolder(missing) if *missing == path));
        }
        assert!(!directory.path().join("outside").exists());
        assert!(!directory.path().join("data/incarnation").exists());
    }

    #[test]
    fn a_marker_is_neither_guessed_nor_replaced() {
        let directory = folders();
        let path = directory.path().join("outside/marker");
        create_vote_marker(&path, KEY).unwrap();
        assert!(create_vote_marker(&path, KEY).is_err());
        assert!(check_vote_marker(&path, KEY).unwrap());
        assert!(check_vote_marker(&path, PeerKey([6; 32])).is_err());
        assert!(!check_vote_marker(&path.with_extension("lost"), KEY).unwrap());
        fs::write(&path, "damaged").unwrap();
        assert!(check_vote_marker(&path, KEY).is_err());
        assert!(matches!(
            open(directory.path(), 1),
            Err(ConsensusError::MarkerDamaged(_))
        ));
        fs::remove_file(&path).unwrap();
        create_vote_marker(&path, PeerKey([6; 32])).unwrap();
        assert!(matches!(
            open(directory.path(), 1),
            Err(ConsensusError::MarkerKey { .. })
        ));
    }
}
