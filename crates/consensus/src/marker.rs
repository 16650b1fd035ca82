//! Whether a node may vote: a key that votes, forgets it and votes again betrays the network.
//!
//! A vote may be repeated only by whoever still has the journal of votes. The journal lies in the
//! node's folder, which can be lost or be set back to a copy. So a *marker* outside of that folder
//! says in which epoch the key may have voted, and names the folder's *incarnation*, which changes
//! with every start. A folder that is not the last one that voted abstains in that epoch.
//!
//! What this cannot see: a folder that was copied while the node ran, and put back after a crash
//! without the node having started in between or the epoch having ended, and a copy that has the marker
//! too. Who puts back a copy removes the engine's folder, and the marker if it was put back as well.

mod files;
mod format;

pub(crate) use files::{FileSlot, Slot, Slots, Votes};
#[cfg(any(test, feature = "simulation"))]
pub(crate) use files::{MemorySlot, never_voted};
pub use files::{check_vote_marker, create_vote_marker};

use idos_types::BlockTime;

use crate::PeerKey;

/// How far clocks may be apart, in milliseconds, when a node asks whether an epoch began after it
/// started.
const CLOCKS: u64 = 10_000;

/// What a running folder is called.
pub(crate) type Incarnation = [u8; 16];

/// Up to when the key may have voted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Voted {
    /// Never. Only a key that was just made can know that.
    Never,
    /// Not after this epoch.
    UpTo(u64),
    /// Nobody knows, but not after this time.
    UnknownUntil(BlockTime),
}

/// What lies outside of the folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Marker {
    /// Whose it is.
    pub(crate) key: PeerKey,
    /// Up to when it may have voted.
    pub(crate) voted: Voted,
    /// The incarnation of the folder that voted last.
    pub(crate) incarnation: Incarnation,
    /// The one that it is about to become, if it is being renewed.
    pub(crate) next: Option<Incarnation>,
}

/// What lies in the folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Folder {
    /// Its incarnation.
    pub(crate) incarnation: Incarnation,
    /// The epoch whose votes its journal contains, if there is any.
    pub(crate) journal: Option<u64>,
}

/// Until when a key whose marker is lost may have voted, as far as is known without a clock: that of a
/// machine that just booted may be behind, or far ahead, and what it says would stay. [`settled`] asks it
/// once it is known to be right, and before that there is no vote.
pub(crate) fn unknown_until(newest: BlockTime, genesis: BlockTime) -> BlockTime {
    newest.max(genesis)
}

/// The marker once the clock is known to be right: whatever the key did without it was before.
pub(crate) fn settled(marker: Marker, now: BlockTime) -> Marker {
    let voted = match marker.voted {
        Voted::UnknownUntil(time) => Voted::UnknownUntil(time.max(now)),
        known @ (Voted::Never | Voted::UpTo(_)) => known,
    };
    Marker { voted, ..marker }
}

/// Whether the key may vote in an epoch, the parent of whose first block has this time.
pub(crate) fn may_vote(epoch: u64, began: BlockTime, marker: &Marker, folder: &Folder) -> bool {
    match marker.voted {
        Voted::Never => true,
        Voted::UpTo(last) if epoch > last => true,
        Voted::UpTo(last) => {
            epoch == last
                && folder.journal == Some(epoch)
                && folder.incarnation == marker.incarnation
        }
        Voted::UnknownUntil(time) => began.millis() > time.millis().saturating_add(CLOCKS),
    }
}

/// The files after a start, in the order in which they have to be written. A crash in between
/// leaves files from which the same follows. If the marker is lost, the key may have voted until a
/// time, see [`unknown_until`].
pub(crate) fn renewed(
    key: PeerKey,
    found: (Option<Marker>, Option<Folder>),
    fresh: Incarnation,
    unknown_until: BlockTime,
) -> (Marker, Folder, Marker) {
    let (marker, folder) = found;
    let before = marker.unwrap_or(Marker {
        key,
        // The marker is lost, and with it the knowledge that the key never voted.
        voted: Voted::UnknownUntil(unknown_until),
        incarnation: fresh,
        next: None,
    });
    let belongs = |folder: &Folder| {
        marker.is_some()
            && (folder.incarnation == before.incarnation || Some(folder.incarnation) == before.next)
    };
    let intact = folder.filter(belongs);
    let between = Marker {
        incarnation: intact.map_or(before.incarnation, |folder| folder.incarnation),
        next: Some(fresh),
        ..before
    };
    let folder = Folder {
        incarnation: fresh,
        journal: intact.and_then(|folder| folder.journal),
    };
    let after = Marker {
        incarnation: fresh,
        next: None,
        ..before
    };
    (between, folder, after)
}

/// The files before the first vote in an epoch, in the order in which they have to be written.
pub(crate) fn voting(epoch: u64, marker: Marker, folder: Folder) -> (Folder, Marker) {
    let folder = Folder {
        journal: Some(epoch),
        ..folder
    };
    let marker = Marker {
        voted: Voted::UpTo(epoch),
        ..marker
    };
    (folder, marker)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: PeerKey = PeerKey([5; 32]);
    const OLD: Incarnation = [1; 16];
    const NEW: Incarnation = [2; 16];
    const NEWER: Incarnation = [3; 16];

    fn at(seconds: u64) -> BlockTime {
        BlockTime::from_millis(seconds * 1_000)
    }

    fn marker(voted: Voted) -> Marker {
        Marker {
            key: KEY,
            voted,
            incarnation: OLD,
            next: None,
        }
    }

    fn folder(incarnation: Incarnation, journal: Option<u64>) -> Folder {
        Folder {
            incarnation,
            journal,
        }
    }

    #[test]
    fn who_may_vote() {
        use Voted::{Never, UnknownUntil, UpTo};
        let table = [
            // A new key.
            (7, Never, folder(OLD, None), true),
            // The next epoch, whatever happened to the folder.
            (8, UpTo(7), folder(NEW, None), true),
            // The same epoch with the same folder.
            (7, UpTo(7), folder(OLD, Some(7)), true),
            // A lost folder, and one that was set back.
            (7, UpTo(7), folder(OLD, None), false),
            (7, UpTo(7), folder(NEW, Some(7)), false),
            (7, UpTo(7), folder(OLD, Some(6)), false),
            // An epoch before the last one that was voted in.
            (6, UpTo(7), folder(OLD, Some(6)), false),
            // A lost marker: only an epoch that began after the start, and not just so.
            (7, UnknownUntil(at(989)), folder(OLD, Some(7)), true),
            (7, UnknownUntil(at(990)), folder(OLD, Some(7)), false),
        ];
        for (epoch, voted, folder, expected) in table {
            assert_eq!(
                may_vote(epoch, at(1_000), &marker(voted), &folder),
                expected,
                "{epoch} {voted:?} {folder:?}"
            );
        }
    }

    #[test]
    fn a_crash_anywhere_while_renewing_changes_nothing() {
        let cases = [
            (Some(marker(Voted::UpTo(7))), Some(folder(OLD, Some(7)))),
            (Some(marker(Voted::UpTo(7))), Some(folder(NEW, Some(7)))),
            (Some(marker(Voted::UpTo(7))), None),
            (Some(marker(Voted::Never)), None),
            (None, Some(folder(OLD, Some(7)))),
            (None, None),
        ];
        for found in cases {
            let (between, inside, after) = renewed(KEY, found, NEWER, at(500));
            let verdict = may_vote(7, at(400), &after, &inside);
            let crashes = [
                (found.0, found.1),
                (Some(between), found.1),
                (Some(between), Some(inside)),
                (Some(after), Some(inside)),
            ];
            for crashed in crashes {
                let (_, inside, after) = renewed(KEY, crashed, [9; 16], at(501));
                assert_eq!(
                    may_vote(7, at(400), &after, &inside),
                    verdict,
                    "{found:?} {crashed:?}"
                );
            }
        }
    }

    #[test]
    fn a_start_makes_older_copies_of_the_folder_worthless() {
        let copy = folder(OLD, Some(7));
        let found = (Some(marker(Voted::UpTo(7))), Some(copy));
        let (_, _, after) = renewed(KEY, found, NEW, at(500));
        let (_, restored, after) = renewed(KEY, (Some(after), Some(copy)), NEWER, at(501));
        assert!(!may_vote(7, at(400), &after, &restored));
        assert!(may_vote(8, at(400), &after, &restored));
    }

    #[test]
    fn a_crash_before_the_first_vote_of_an_epoch_costs_nothing() {
        let before = (marker(Voted::UpTo(7)), folder(OLD, Some(7)));
        let (inside, outside) = voting(8, before.0, before.1);
        for (marker, folder) in [before, (before.0, inside), (outside, inside)] {
            assert!(may_vote(8, at(400), &marker, &folder));
        }
        assert!(!may_vote(8, at(400), &outside, &before.1));
    }

    #[test]
    fn what_a_wrong_clock_says_is_no_reason_to_vote() {
        // The newest block and the genesis, and what follows.
        for (newest, genesis, expected) in [(400, 300, 400), (300, 300, 300), (0, 300, 300)] {
            let until = unknown_until(at(newest), at(genesis));
            assert_eq!(until, at(expected), "{newest} {genesis}");
            let (_, inside, lost) = renewed(KEY, (None, None), NEW, until);
            for began in [newest, genesis] {
                assert!(!may_vote(0, at(began), &lost, &inside));
            }
        }
        // The lost folder voted in epoch 7, which began at 500.
        let until = unknown_until(at(300), at(300));
        let (_, inside, lost) = renewed(KEY, (None, None), NEW, until);
        assert!(may_vote(7, at(500), &lost, &inside), "it cannot know");
        let lost = settled(lost, at(600));
        assert!(!may_vote(7, at(500), &lost, &inside));
        assert!(may_vote(8, at(611), &lost, &inside));
        assert_eq!(settled(lost, at(100)), lost);
        for known in [Voted::Never, Voted::UpTo(7)] {
            assert_eq!(settled(marker(known), at(600)), marker(known));
        }
    }

    #[test]
    fn a_lost_marker_stays_lost_over_restarts() {
        let (_, inside, first) = renewed(KEY, (None, None), NEW, at(500));
        let (_, inside, second) = renewed(KEY, (Some(first), Some(inside)), NEWER, at(900));
        assert_eq!(second.voted, Voted::UnknownUntil(at(500)));
        assert!(!may_vote(0, at(400), &second, &inside));
        assert!(may_vote(1, at(600), &second, &inside));
    }
}
