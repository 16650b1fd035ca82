//! Whether the node's disk is encrypted: nothing else keeps from a thief of it what is not sealed.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::finding::Finding;

const CHECK: &str = "encryption";
/// Where Linux shows its block devices, by their numbers.
const DEVICES: &str = "/sys/dev/block";
/// How volumes begin whose blocks the system encrypts, whichever kind (LUKS, LUKS2, plain).
const ENCRYPTED: &str = "CRYPT-";
/// More layers of volumes than anybody stacks.
const DEPTH: u32 = 8;

pub(super) fn check(home: &Path) -> Finding {
    judge(device(home).and_then(|device| is_encrypted(&device, DEPTH)))
}

fn judge(encrypted: io::Result<bool>) -> Finding {
    let advice = "keep the folder on an encrypted volume (LUKS, or the encrypted disks of a cloud): else \
                  whoever gets the disk reads grants, wallets and public notes; contents stay sealed";
    match encrypted {
        Ok(true) => Finding::sound(CHECK, "the system encrypts the disk"),
        Ok(false) => Finding::noted(CHECK, "the system does not encrypt the disk", advice),
        Err(_) => Finding::noted(
            CHECK,
            "it cannot be seen whether the disk is encrypted",
            advice,
        ),
    }
}

/// What Linux shows of the block device that a folder is on.
#[cfg(target_os = "linux")]
fn device(home: &Path) -> io::Result<PathBuf> {
    use std::os::unix::fs::MetadataExt as _;
    let number = fs::metadata(home)?.dev();
    let (major, minor) = (rustix::fs::major(number), rustix::fs::minor(number));
    Path::new(DEVICES)
        .join(format!("{major}:{minor}"))
        .canonicalize()
}

/// Other systems show it in other ways.
#[cfg(not(target_os = "linux"))]
fn device(_home: &Path) -> io::Result<PathBuf> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether a device is an encrypted volume, or lies on such volumes only. A device below which nothing is
/// shown is a disk, or a part of one, as it is.
fn is_encrypted(device: &Path, depth: u32) -> io::Result<bool> {
    if depth == 0 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    match fs::read_to_string(device.join("dm/uuid")) {
        Ok(uuid) if uuid.starts_with(ENCRYPTED) => return Ok(true),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let below = match fs::read_dir(device.join("slaves")) {
        Ok(below) => below.collect::<io::Result<Vec<_>>>()?,
        // The parts of a disk have no such folder.
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    for device in &below {
        if !is_encrypted(&device.path().canonicalize()?, depth - 1)? {
            return Ok(false);
        }
    }
    Ok(!below.is_empty())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;
    use crate::node::doctor::finding::State;

    /// Devices as Linux shows them: a name, what the device mapper calls it, and what is below it.
    fn devices(devices: &[(&str, Option<&str>, &[&str])]) -> TempDir {
        let folder = TempDir::new().unwrap();
        for (name, uuid, below) in devices {
            let device = folder.path().join(name);
            fs::create_dir_all(device.join("slaves")).unwrap();
            if let Some(uuid) = uuid {
                fs::create_dir(device.join("dm")).unwrap();
                fs::write(device.join("dm/uuid"), format!("{uuid}\n")).unwrap();
            }
            for other in *below {
                let link = device.join("slaves").join(other);
                symlink(folder.path().join(other), link).unwrap();
            }
        }
        folder
    }

    fn found(folder: &TempDir, device: &str) -> State {
        judge(is_encrypted(&folder.path().join(device), DEPTH)).state
    }

    #[test]
    fn every_disk_below_the_folder_has_to_be_encrypted() {
        let luks = Some("CRYPT-LUKS2-0123456789abcdef-data");
        let lvm = Some("LVM-abcdef");
        let folder = devices(&[
            ("sda", None, &[]),
            ("sdb", None, &[]),
            ("luks", luks, &["sda"]),
            ("volume-on-luks", lvm, &["luks"]),
            ("volume", lvm, &["sdb"]),
            ("mirror", None, &["luks", "sdb"]),
            ("loop", lvm, &["loop"]),
        ]);
        fs::create_dir(folder.path().join("sda1")).unwrap();
        for (device, expected) in [
            ("luks", State::Sound),
            ("volume-on-luks", State::Sound),
            ("sda", State::Noted),
            ("sda1", State::Noted),
            ("volume", State::Noted),
            ("mirror", State::Noted),
            ("loop", State::Noted),
        ] {
            assert_eq!(found(&folder, device), expected, "{device}");
        }
    }

    #[test]
    fn what_can_not_be_seen_is_not_called_encrypted() {
        assert_eq!(check(Path::new("/nowhere/at/all")).state, State::Noted);
    }
}
