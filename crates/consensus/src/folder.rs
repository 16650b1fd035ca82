//! The engine's folder says which network it is of: nothing else in it does, and what the archives and
//! journals of one network say of another would be taken for damage, or for blocks that nobody keeps.

use std::{fs, io, path::Path};

use idos_types::Digest;

use crate::{
    ConsensusError,
    marker::{FileSlot, Slot as _},
};

/// The file that has the hash of the genesis.
const GENESIS: &str = "genesis";

/// Makes the folder if it is not there. One that does not say its network yet becomes one of this.
pub(crate) fn claim(folder: &Path, genesis: Digest) -> Result<(), ConsensusError> {
    let unusable = |path: &Path| {
        let path = path.to_owned();
        move |source: io::Error| ConsensusError::Folder { path, source }
    };
    fs::create_dir_all(folder).map_err(unusable(folder))?;
    let path = folder.join(GENESIS);
    let file = FileSlot(path.clone());
    let name = format!("{genesis}\n").into_bytes();
    match file.read().map_err(unusable(&path))? {
        None => file.write(&name).map_err(unusable(&path)),
        Some(found) if found == name => Ok(()),
        Some(_) => Err(ConsensusError::OtherNetwork(folder.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stays_with_the_network_that_used_it_first() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/consensus");
        let [own, other] = [1, 2].map(|number| Digest([number; 32]));
        for _ in 0..2 {
            claim(&folder, own).unwrap();
        }
        let error = claim(&folder, other).unwrap_err();
        assert!(matches!(&error, ConsensusError::OtherNetwork(path) if *path == folder));
        claim(&folder, own).unwrap();
        // One of a release that did not write the file.
        fs::remove_file(folder.join(GENESIS)).unwrap();
        claim(&folder, other).unwrap();
        assert!(claim(&folder, own).is_err());
    }
}
