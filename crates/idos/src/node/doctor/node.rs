//! Whether a node that runs answers, is the right one, and keeps up with the others.

use idos_node::{BEHIND, STALE};
use idos_types::{Digest, ValidatorKey};
use idos_wire::NodeStatus;

use super::finding::Finding;

const CHECK: &str = "node";

/// What is known of the node from its folder.
pub(super) struct Own {
    pub(super) key: Option<ValidatorKey>,
    /// The hash of its genesis.
    pub(super) genesis: Option<Digest>,
}

/// What a node says of itself.
pub(super) fn check(own: &Own, status: &NodeStatus) -> Finding {
    let NodeStatus {
        height,
        peers,
        validators,
        ..
    } = status;
    if own.key.is_some_and(|key| key.to_string() != status.key) {
        return Finding::wrong(
            CHECK,
            format!("another node answers at its address: {}", status.key),
            "correct `listen`, or end the other one",
        );
    }
    if own.genesis.is_some_and(|genesis| genesis != status.genesis) {
        return Finding::wrong(
            CHECK,
            "it runs with another genesis than genesis.toml says now",
            "bring the right genesis.toml back",
        );
    }
    if status.diverged {
        return Finding::wrong(
            CHECK,
            "it computed another state than the network, and serves nobody",
            "stop it and move `database` away, for whoever looks for the cause, but not `consensus`, \
             without which it does not vote until the next epoch; then start it again, or restore a \
             backup before that",
        );
    }
    if status.syncing {
        return Finding::wrong(
            CHECK,
            format!(
                "it is behind: height {height}, the network is at {}",
                status.network_height()
            ),
            "wait; if its height does not grow, look at its peers and at its disk",
        );
    }
    if !status.healthy && status.block_age() > STALE {
        return Finding::wrong(
            CHECK,
            format!(
                "its newest block, of height {height}, is {} minutes old, although the network makes one a \
                 minute; it has {peers} peers, and there are {validators} validators",
                status.block_age().as_secs() / 60
            ),
            "if its height grows it catches up: wait; else too few validators reach each other: look at the \
             peers, and whether other nodes have newer blocks",
        );
    }
    if !status.healthy {
        return Finding::wrong(
            CHECK,
            format!("with {peers} peers it reaches too few of {validators} validators for a block"),
            "look at the peers; if it has just been started, ask again in a moment",
        );
    }
    Finding::sound(
        CHECK,
        format!("serves clients at height {height}, {peers} peers"),
    )
}

/// It does not run.
pub(super) fn stopped() -> Finding {
    Finding::sound(CHECK, "does not run")
}

/// It runs, and does not answer.
pub(super) fn silent(url: &str, cause: &str) -> Finding {
    Finding::wrong(
        CHECK,
        format!("it runs, and does not tell where it stands at {url}: {cause}"),
        "look at its log; if it was started with --listen, set `listen` to the same",
    )
}

/// Where the node stands, compared with another one; nothing if they agree.
pub(super) fn compare(
    url: &str,
    height: u64,
    root: Option<Digest>,
    genesis: Option<Digest>,
    other: &NodeStatus,
) -> Option<Finding> {
    let (text, advice) = if genesis.is_some_and(|genesis| genesis != other.genesis) {
        (
            format!("{url} is of another network: {}", other.chain_id),
            "name a node of this network with --node, or bring the genesis.toml of that one",
        )
    } else if height == other.height && root.is_some_and(|root| root != other.root) {
        (
            format!("{url} has another state at the same height {height}"),
            "one of the two diverged: compare with a third one; restore the one that is alone",
        )
    } else if height.saturating_add(BEHIND) < other.height {
        (
            format!("it is at height {height}, and {url} at {}", other.height),
            "start it if it does not run; else look at its peers, its clock and its log",
        )
    } else {
        return None;
    };
    Some(Finding::wrong(CHECK, text, advice))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::doctor::finding::State;

    const KEY: ValidatorKey = ValidatorKey([7; 32]);
    const GENESIS: Digest = Digest([8; 32]);
    const OWN: Own = Own {
        key: Some(KEY),
        genesis: Some(GENESIS),
    };

    fn status() -> NodeStatus {
        NodeStatus {
            key: KEY.to_string(),
            chain_id: "chain".to_owned(),
            genesis: GENESIS,
            time: 0,
            height: 100,
            root: Digest([9; 32]),
            block_time: 0,
            final_height: 100,
            certified_height: 100,
            epoch: 0,
            epoch_blocks: 256,
            votes: true,
            peers: 3,
            validators: 4,
            syncing: false,
            diverged: false,
            healthy: true,
        }
    }

    #[track_caller]
    fn assert_wrong(change: impl FnOnce(&mut NodeStatus), words: &str) {
        let mut status = status();
        change(&mut status);
        let found = check(&OWN, &status);
        assert_eq!(found.state, State::Wrong, "{found:?}");
        assert!(found.text.contains(words), "{found:?}");
    }

    #[test]
    fn a_node_that_is_not_well_says_why() {
        assert_eq!(check(&OWN, &status()).state, State::Sound);
        assert_wrong(|status| status.key = "ab".to_owned(), "another node");
        assert_wrong(|status| status.genesis = Digest([1; 32]), "another genesis");
        assert_wrong(|status| status.diverged = true, "another state");
        assert_wrong(|status| status.syncing = true, "behind");
        assert_wrong(|status| status.healthy = false, "too few");
        let is_old = |status: &mut NodeStatus| {
            status.healthy = false;
            status.time = 1 + u64::try_from(STALE.as_millis()).unwrap();
        };
        assert_wrong(is_old, "3 minutes old");
    }

    #[test]
    fn another_node_shows_what_this_one_does_not() {
        let own = status();
        let compare = |height, root, other: &NodeStatus| {
            compare("http://b", height, root, Some(GENESIS), other).map(|found| found.text)
        };
        assert_eq!(compare(100, Some(own.root), &own), None);
        assert_eq!(compare(84, None, &own), None);
        assert!(compare(83, None, &own).unwrap().contains("at height 83"));
        let forked = Some(Digest([1; 32]));
        assert!(compare(100, forked, &own).unwrap().contains("same height"));
        assert_eq!(compare(99, forked, &own), None);
        let stranger = NodeStatus {
            genesis: Digest([2; 32]),
            ..own
        };
        assert!(
            compare(100, None, &stranger)
                .unwrap()
                .contains("another network")
        );
    }
}
