//! Whether the other nodes can be reached at the addresses that the chain has for them.

use std::{net::SocketAddr, time::Duration};

use idos_node::is_private;
use idos_types::ValidatorKey;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use super::finding::Finding;

const CHECK: &str = "peers";
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Those of the other nodes to which this one never connects, whoever answers there.
pub(super) fn never_asked(
    others: &[(ValidatorKey, SocketAddr)],
    private_addresses: bool,
) -> Option<Finding> {
    let private = others
        .iter()
        .filter(|(_, address)| !private_addresses && is_private(address.ip()));
    let private: Vec<_> = private.map(named).collect();
    (!private.is_empty()).then(|| {
        let text = format!(
            "{} of {} other nodes have private addresses, and private_addresses is false: {}",
            private.len(),
            others.len(),
            private.join(", ")
        );
        let advice = "if all nodes are in a closed network, set private_addresses = true under [peers] in \
                      config.toml, at every node, and start it again; else their operators have to give \
                      public addresses by set_validator_address";
        Finding::wrong(CHECK, text, advice)
    })
}

fn named((key, address): &(ValidatorKey, SocketAddr)) -> String {
    let key = key.to_string();
    format!("{} at {address}", key.get(..8).unwrap_or(&key))
}

/// The other nodes, without this one.
pub(super) async fn check(others: Vec<(ValidatorKey, SocketAddr)>) -> Finding {
    let mut tries = JoinSet::new();
    for (key, address) in others {
        tries.spawn(async move {
            let error = match timeout(PATIENCE, TcpStream::connect(address)).await {
                Ok(Ok(_)) => None,
                Ok(Err(error)) => Some(error.to_string()),
                Err(_) => Some("no answer".to_owned()),
            };
            (key, address, error)
        });
    }
    let tried = tries.join_all().await;
    let unreachable: Vec<_> = tried
        .iter()
        .filter_map(|(key, address, error)| Some((key, address, error.as_ref()?)))
        .map(|(key, address, error)| format!("{} ({error})", named(&(*key, *address))))
        .collect();
    judge(tried.len(), &unreachable)
}

fn judge(count: usize, unreachable: &[String]) -> Finding {
    if count == 0 {
        return Finding::sound(CHECK, "the network has no other node");
    }
    if unreachable.is_empty() {
        return Finding::sound(CHECK, format!("all {count} other nodes can be reached"));
    }
    let text = format!(
        "{} of {count} other nodes cannot be reached: {}",
        unreachable.len(),
        unreachable.join(", ")
    );
    let advice = if unreachable.len() == count {
        "look at this machine's network and at what its firewall lets out"
    } else {
        "ask their operators whether they run, and listen where the chain says; if an address is \
         old, its operator changes it by set_validator_address"
    };
    Finding::wrong(CHECK, text, advice)
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::node::doctor::finding::State;

    #[test]
    fn nodes_to_which_this_one_never_connects_are_named() {
        let at = |key, address: &str| (ValidatorKey([key; 32]), address.parse().unwrap());
        let nodes = [
            at(1, "10.0.0.1:8485"),
            at(2, "[fd00::1]:8485"),
            at(3, "9.9.9.9:8485"),
        ];
        assert_eq!(never_asked(&nodes, true), None);
        assert_eq!(never_asked(&nodes[2..], false), None);
        let found = never_asked(&nodes, false).unwrap();
        assert_eq!(found.state, State::Wrong);
        assert!(
            found.text.starts_with("2 of 3") && found.text.contains("01010101 at 10.0.0.1:8485")
        );
        assert!(!found.text.contains("9.9.9.9"), "{found:?}");
        assert!(found.advice.contains("private_addresses"), "{found:?}");
    }

    #[tokio::test]
    async fn a_node_that_does_not_listen_is_named() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let there = listener.local_addr().unwrap();
        let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let nowhere = gone.local_addr().unwrap();
        drop(gone);
        let (one, other) = (ValidatorKey([1; 32]), ValidatorKey([2; 32]));
        assert_eq!(check(vec![]).await.state, State::Sound);
        assert_eq!(check(vec![(one, there)]).await.state, State::Sound);
        let found = check(vec![(one, there), (other, nowhere)]).await;
        assert_eq!(found.state, State::Wrong);
        assert!(found.text.contains("02020202 at"), "{found:?}");
        assert!(found.advice.contains("operators"), "{found:?}");
        let found = check(vec![(other, nowhere)]).await;
        assert!(found.advice.contains("firewall"), "{found:?}");
    }
}
