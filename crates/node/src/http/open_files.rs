//! Room for connections in the process's table of open files.

use idos_types::limits::CONNECTIONS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Open files that are not connections: the database with its readers, logs, peers.
const RESERVED: u64 = 512;

/// How many files the system lets a process of this user have open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenFiles {
    /// As far as a node can raise it; `None` if there is no limit.
    pub limit: Option<u64>,
    /// What a node uses when it is full.
    pub wanted: u64,
}

/// The limit as it is for this process.
pub fn open_files() -> OpenFiles {
    let connections = u64::try_from(CONNECTIONS).unwrap_or(u64::MAX);
    OpenFiles {
        limit: getrlimit(Resource::Nofile).maximum,
        wanted: connections.saturating_add(RESERVED),
    }
}

/// Raises the limit of open files as far as the system allows, and returns how many of `wanted`
/// connections fit it.
pub(super) fn room_for(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    if limit.current != limit.maximum {
        let raised = Rlimit {
            current: limit.maximum,
            maximum: limit.maximum,
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::warn!(%error, "the limit of open files could not be raised");
        }
    }
    let limit = getrlimit(Resource::Nofile).current;
    let room = connections_within(limit, wanted);
    if room < wanted {
        tracing::warn!(
            limit,
            connections = room,
            wanted,
            "the limit of open files allows fewer connections than the node would take; the \
             operator should raise it (`ulimit -n`, or `LimitNOFILE` of systemd) to {}",
            wanted as u64 + RESERVED,
        );
    }
    room
}

fn connections_within(limit: Option<u64>, wanted: usize) -> usize {
    let Some(limit) = limit else { return wanted };
    // Half of a small limit is better than nothing left for the rest of the process.
    let room = limit.saturating_sub(RESERVED).max(limit / 2).max(1);
    usize::try_from(room).map_or(wanted, |room| room.min(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_keep_their_room() {
        assert_eq!(connections_within(None, 16_384), 16_384);
        assert_eq!(connections_within(Some(1_048_576), 16_384), 16_384);
        assert_eq!(connections_within(Some(4_096), 16_384), 3_584);
        assert_eq!(connections_within(Some(256), 16_384), 128);
        assert_eq!(connections_within(Some(0), 16_384), 1);
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        assert!(room_for(1) == 1);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
