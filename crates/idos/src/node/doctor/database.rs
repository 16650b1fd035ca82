//! Whether the database is of this network, agrees with it, and is whole.

use std::path::Path;

use idos_node::{Inspection, genesis::Genesis, inspect, inspect_rows};

use super::finding::Finding;
use crate::command::output::reason;

const CHECK: &str = "database";
const RESTORE: &str = "stop the node, move `database` away, and start it: it fetches the state of the others, or \
                       `idos node restore` brings it back from a backup before that; leave `consensus` where it \
                       is: without it the node does not vote until the next epoch";

/// Looks into the database; `deep` reads every row.
pub(super) fn check(
    home: &Path,
    genesis: &Genesis,
    deep: bool,
) -> (Vec<Finding>, Option<Inspection>) {
    let inspection = match inspect(home, genesis) {
        Ok(Some(inspection)) => inspection,
        Ok(None) => {
            let text = "there is none yet, the node makes it as it starts";
            return (vec![Finding::sound(CHECK, text)], None);
        }
        Err(error) => {
            let text = format!("cannot be read: {}", reason(&error));
            let advice = format!("see to the cause; if the disk lost something, {RESTORE}");
            return (vec![Finding::wrong(CHECK, text, advice)], None);
        }
    };
    let mut findings = vec![judge(&inspection)];
    if deep {
        findings.push(rows(home, &inspection));
    }
    (findings, Some(inspection))
}

fn judge(inspection: &Inspection) -> Finding {
    let height = inspection.height;
    if !inspection.is_of_network {
        return Finding::wrong(
            CHECK,
            "is of another network than genesis.toml",
            "bring the genesis.toml of the network whose state this is, or move `database` and \
             `consensus` away to begin with the other one",
        );
    }
    if let Some(at) = inspection.diverged_at {
        return Finding::wrong(
            CHECK,
            format!("at height {at} the network certified another state than this node computed"),
            format!("keep a copy of `database` for whoever looks for the cause, then {RESTORE}"),
        );
    }
    if inspection.is_fetching {
        return Finding::wrong(
            CHECK,
            "the state of the network is being fetched, and is not whole",
            "keep the node running until it is done; its log says how far it is",
        );
    }
    let certified = match inspection.certified {
        Some(certified) => format!("certified up to {certified}"),
        None => "not certified yet".to_owned(),
    };
    Finding::sound(
        CHECK,
        format!("of this network, height {height}, {certified}"),
    )
}

fn rows(home: &Path, inspection: &Inspection) -> Finding {
    if inspection.is_fetching {
        let text = "its rows are not checked while they are fetched";
        return Finding::unseen(CHECK, text, "ask again with --deep when that is done");
    }
    match inspect_rows(home) {
        Ok(root) => Finding::sound(
            CHECK,
            format!("every row is as the state tree says: root {}", root.hash),
        ),
        Err(error) => Finding::wrong(
            CHECK,
            format!("its rows are not what was agreed on: {}", reason(&error)),
            format!("look at the disk; then {RESTORE}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use idos_node::DATABASE;

    use super::*;
    use crate::node::doctor::finding::State;

    fn sound() -> Inspection {
        Inspection {
            is_of_network: true,
            is_fetching: false,
            height: 7,
            block_time: 1,
            certified: Some(6),
            diverged_at: None,
            nodes: vec![],
        }
    }

    #[test]
    fn what_the_database_shows_is_judged() {
        assert_eq!(judge(&sound()).state, State::Sound);
        for (inspection, words) in [
            (
                Inspection {
                    is_of_network: false,
                    ..sound()
                },
                "another network",
            ),
            (
                Inspection {
                    diverged_at: Some(6),
                    ..sound()
                },
                "at height 6",
            ),
            (
                Inspection {
                    is_fetching: true,
                    ..sound()
                },
                "being fetched",
            ),
        ] {
            let found = judge(&inspection);
            assert_eq!(found.state, State::Wrong);
            assert!(found.text.contains(words), "{found:?}");
        }
    }

    #[test]
    fn a_file_that_is_no_database_is_named() {
        let home = tempfile::tempdir().unwrap();
        let owner = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        let genesis = Genesis::new("chain", owner, 1).unwrap();
        let (findings, inspection) = check(home.path(), &genesis, true);
        assert_eq!(findings[0].state, State::Sound);
        assert!(inspection.is_none());
        fs::create_dir(home.path().join(DATABASE)).unwrap();
        fs::write(
            home.path().join(DATABASE).join("state.db"),
            "x".repeat(9000),
        )
        .unwrap();
        let (findings, _) = check(home.path(), &genesis, true);
        assert_eq!(findings[0].state, State::Wrong, "{findings:?}");
    }
}
