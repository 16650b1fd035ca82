//! Whether the files of the node's folder are there, can be read, and are closed to others.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use idos_node::{
    DATABASE, NodeKey, VOTE_MARKER, check_vote_marker, config::Config, genesis::Genesis,
};

use super::finding::Finding;
use crate::{
    command::{output::reason, secret_file},
    node::init::NODE_KEY,
};

const CHECK: &str = "files";

/// What could be read of them.
#[derive(Default)]
pub(super) struct Files {
    pub(super) config: Option<Config>,
    pub(super) genesis: Option<Genesis>,
    pub(super) key: Option<NodeKey>,
}

pub(super) fn check(home: &Path) -> (Vec<Finding>, Files) {
    if !home.is_dir() {
        let finding = Finding::unseen(
            CHECK,
            format!("there is no folder {}", home.display()),
            "name the node's folder with --home, or make one with `idos node init`",
        );
        return (vec![finding], Files::default());
    }
    let mut findings = Vec::new();
    let config = kept(&mut findings, Config::FILE, Config::load(home));
    let genesis = kept(&mut findings, Genesis::FILE, Genesis::load(home));
    let key = secret_file::read(&home.join(NODE_KEY)).map(NodeKey::from_seed);
    let key = kept(&mut findings, NODE_KEY, key);
    let votes = config.as_ref().map_or_else(
        || home.join(VOTE_MARKER),
        |config| config.vote_marker_of(home),
    );
    findings.extend(key.as_ref().and_then(|key| marker(&votes, key)));
    // What is in the database is sealed for the most part, but not who knows whom.
    for folder in [home.to_owned(), home.join(DATABASE)] {
        findings.extend(open_to_others(&folder));
    }
    if findings.is_empty() {
        findings.push(Finding::sound(CHECK, "all are there, and closed to others"));
    }
    (
        findings,
        Files {
            config,
            genesis,
            key,
        },
    )
}

/// What was read; why not otherwise goes to the findings.
fn kept<T, E: std::error::Error + 'static>(
    findings: &mut Vec<Finding>,
    file: &str,
    read: Result<T, E>,
) -> Option<T> {
    read.map_err(|error| {
        let advice = format!("do what is said of {file}, or bring it back from a safe place");
        findings.push(Finding::wrong(CHECK, reason(&error), advice));
    })
    .ok()
}

fn marker(path: &Path, key: &NodeKey) -> Option<Finding> {
    let (text, advice) = match check_vote_marker(path, key) {
        Ok(true) => return None,
        Ok(false) => (
            format!(
                "{} is missing: the node abstains until an epoch begins",
                path.display()
            ),
            "start the node and wait for the next epoch; never put back an old copy of the file",
        ),
        Err(error) => (
            reason(&error),
            match path.parent().is_some_and(Path::is_dir) {
                true => {
                    "if the key is the right one, move the file away: the node then abstains until an \
                     epoch begins; never put back an old copy"
                }
                false => "do that before the node starts",
            },
        ),
    };
    Some(Finding::wrong(CHECK, text, advice))
}

fn open_to_others(folder: &Path) -> Option<Finding> {
    let mode = fs::metadata(folder).ok()?.mode() & 0o777;
    (mode & 0o077 != 0).then(|| {
        Finding::wrong(
            CHECK,
            format!("{} is open to other users ({mode:03o})", folder.display()),
            format!("close it: chmod 700 {}", folder.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};

    use tempfile::TempDir;

    use super::*;
    use crate::node::{doctor::finding::State, init};

    fn folder() -> TempDir {
        let home = tempfile::tempdir().unwrap();
        init::make(home.path().to_owned(), None, None, Config::default()).unwrap();
        home
    }

    #[track_caller]
    fn assert_wrong(home: &TempDir, words: &str) {
        let (findings, _) = check(home.path());
        let found = findings.iter().find(|found| found.text.contains(words));
        let found = found.unwrap_or_else(|| panic!("{words} in {findings:?}"));
        assert_eq!(found.state, State::Wrong);
        assert!(!found.advice.is_empty());
    }

    #[test]
    fn a_new_folder_is_sound_and_none_is_not_seen() {
        let (findings, files) = check(folder().path());
        assert_eq!(findings.len(), 1);
        assert_eq!(findings[0].state, State::Sound, "{findings:?}");
        assert!(files.config.is_some() && files.genesis.is_some() && files.key.is_some());
        let (findings, _) = check(Path::new("/nowhere/at/all"));
        assert_eq!(findings[0].state, State::Unseen);
    }

    #[test]
    fn what_is_missing_or_damaged_is_named() {
        for file in ["config.toml", "genesis.toml", "node.key", "vote.marker"] {
            let home = folder();
            fs::remove_file(home.path().join(file)).unwrap();
            assert_wrong(&home, file);
            fs::write(home.path().join(file), "[[[").unwrap();
            fs::set_permissions(home.path().join(file), Permissions::from_mode(0o600)).unwrap();
            assert_wrong(&home, file);
        }
        let home = folder();
        // The marker of another key.
        let other = folder();
        fs::copy(
            other.path().join(VOTE_MARKER),
            home.path().join(VOTE_MARKER),
        )
        .unwrap();
        assert_wrong(&home, "belongs to");
    }

    #[test]
    fn a_marker_elsewhere_is_looked_for_there() {
        let (home, elsewhere) = (folder(), tempfile::tempdir().unwrap());
        let marker = elsewhere.path().join("votes");
        let config = Config {
            vote_marker: Some(marker.clone()),
            ..Config::default()
        };
        fs::write(home.path().join(Config::FILE), config.to_file()).unwrap();
        assert_wrong(&home, &format!("{} is missing", marker.display()));
        fs::rename(home.path().join(VOTE_MARKER), &marker).unwrap();
        let (findings, _) = check(home.path());
        assert_eq!(findings[0].state, State::Sound, "{findings:?}");
    }

    #[test]
    fn what_is_open_to_others_is_named() {
        let home = folder();
        let open = |path: &Path, mode| fs::set_permissions(path, Permissions::from_mode(mode));
        open(&home.path().join(NODE_KEY), 0o640).unwrap();
        assert_wrong(&home, "open to other users");
        open(&home.path().join(NODE_KEY), 0o600).unwrap();
        open(home.path(), 0o755).unwrap();
        assert_wrong(&home, "(755)");
        open(home.path(), 0o700).unwrap();
        let database = home.path().join(DATABASE);
        fs::create_dir(&database).unwrap();
        open(&database, 0o750).unwrap();
        assert_wrong(&home, "(750)");
    }
}
