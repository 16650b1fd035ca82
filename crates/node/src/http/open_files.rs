//! Room for connections in the process's table of open files.

use idos_consensus::BLOCKS_PER_FILE;
use idos_types::limits::CONNECTIONS;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Most open files of the blocks that the engine keeps, two for each file of blocks.
const BLOCKS: u64 = 4_096;
/// How many of these come before connections.
const LEAST_BLOCKS: u64 = 2_048;
/// Open files that are neither those nor connections: the database with its readers, logs, peers,
/// certificates.
const OTHERS: u64 = 1_024;
/// Open files that come before connections.
const RESERVED: u64 = LEAST_BLOCKS + OTHERS;

/// Open files of a full node that are not for blocks.
const BEFORE_BLOCKS: u64 = CONNECTIONS as u64 + OTHERS;

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
    OpenFiles {
        limit: getrlimit(Resource::Nofile).maximum,
        wanted: BEFORE_BLOCKS + BLOCKS,
    }
}

/// Raises the limit of open files as far as the system allows, and returns how many blocks the engine
/// may keep: 32,768, or fewer where the limit is too low. Then they have what connections leave, or a
/// quarter of a small limit.
pub(crate) fn room_for_blocks() -> u64 {
    blocks_within(raise())
}

fn blocks_within(limit: Option<u64>) -> u64 {
    let Some(limit) = limit else {
        return BLOCKS / 2 * BLOCKS_PER_FILE;
    };
    let left = limit.saturating_sub(BEFORE_BLOCKS);
    let files = left.clamp(LEAST_BLOCKS, BLOCKS).min(limit / 4);
    files / 2 * BLOCKS_PER_FILE
}

/// Raises the limit of open files as far as the system allows, and returns it.
fn raise() -> Option<u64> {
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
    getrlimit(Resource::Nofile).current
}

/// Raises the limit of open files as far as the system allows, and returns how many of `wanted`
/// connections fit it.
pub(super) fn room_for(wanted: usize) -> usize {
    let limit = raise();
    let room = connections_within(limit, wanted);
    if room < wanted {
        tracing::warn!(
            limit,
            connections = room,
            wanted,
            "the limit of open files allows fewer connections than the node would take, and perhaps \
             fewer blocks kept for nodes that were away; the operator should raise it (`ulimit -n`, or `LimitNOFILE` of systemd) to {}",
            wanted as u64 + OTHERS + BLOCKS,
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
        assert_eq!(connections_within(Some(16_384), 16_384), 13_312);
        assert_eq!(connections_within(Some(4_096), 16_384), 2_048);
        assert_eq!(connections_within(Some(256), 16_384), 128);
        assert_eq!(connections_within(Some(0), 16_384), 1);
    }

    #[test]
    fn blocks_and_connections_fit_the_limit_and_leave_a_quarter_of_a_small_one() {
        assert_eq!(blocks_within(None), 32_768);
        assert_eq!(blocks_within(Some(0)), 0);
        assert_eq!(blocks_within(Some(BEFORE_BLOCKS + BLOCKS)), 32_768);
        for limit in [256, 1_024, 4_096, 8_192, 16_384, 20_000, 1_048_576] {
            let of_blocks = blocks_within(Some(limit)) / BLOCKS_PER_FILE * 2;
            let connections = connections_within(Some(limit), 16_384) as u64;
            let rest = limit - of_blocks - connections;
            assert!(rest >= OTHERS.min(limit / 4), "{rest} of {limit}");
        }
    }

    #[test]
    fn the_soft_limit_is_raised_to_the_hard_one() {
        assert!(room_for(1) == 1);
        let limit = getrlimit(Resource::Nofile);
        assert_eq!(limit.current, limit.maximum);
    }
}
