//! Whether the node's disk has room.

use std::path::Path;

use rustix::fs::statvfs;

use super::finding::Finding;
use crate::command::output::reason;

const CHECK: &str = "disk";
/// Bytes below which a node is about to stop: blocks, journals and the write-ahead log grow by
/// hundreds of megabytes before they are cleared.
const ROOM: u64 = 1 << 30;
/// Files that the engine and the database make.
const FILES: u64 = 10_000;

pub(super) fn check(home: &Path) -> Finding {
    match statvfs(home) {
        Ok(disk) => {
            // A file system without a number of files has no limit of them.
            let files = (disk.f_files > 0).then_some(disk.f_favail);
            judge(disk.f_bavail.saturating_mul(disk.f_frsize), files)
        }
        Err(error) => Finding::unseen(
            CHECK,
            format!("the disk cannot be asked: {}", reason(&error)),
            "look at it with `df`",
        ),
    }
}

fn judge(bytes: u64, files: Option<u64>) -> Finding {
    let mib = bytes >> 20;
    if bytes < ROOM {
        return Finding::wrong(
            CHECK,
            format!("{mib} MiB are free"),
            "make room: a node whose disk is full stops, and loses nothing that was acknowledged",
        );
    }
    match files {
        Some(files) if files < FILES => Finding::wrong(
            CHECK,
            format!("{files} more files can be made"),
            "remove files, or move the node's folder to another file system",
        ),
        _ => Finding::sound(CHECK, format!("{mib} MiB are free")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::doctor::finding::State;

    #[test]
    fn a_disk_that_is_nearly_full_is_named() {
        assert_eq!(judge(ROOM, Some(FILES)).state, State::Sound);
        assert_eq!(judge(ROOM, None).state, State::Sound);
        assert_eq!(judge(ROOM - 1, Some(FILES)).state, State::Wrong);
        assert_eq!(judge(ROOM, Some(FILES - 1)).state, State::Wrong);
        assert_eq!(check(Path::new("/nowhere/at/all")).state, State::Unseen);
    }
}
