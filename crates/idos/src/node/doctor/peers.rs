//! Whether the other nodes can be reached at the addresses that the chain has for them.

use std::{net::SocketAddr, time::Duration};

use idos_types::ValidatorKey;
use tokio::{net::TcpStream, task::JoinSet, time::timeout};

use super::finding::Finding;

const CHECK: &str = "peers";
/// How long a connection may take.
const PATIENCE: Duration = Duration::from_secs(3);

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
        .map(|(key, address, error)| {
            let key = key.to_string();
            format!("{} at {address} ({error})", key.get(..8).unwrap_or(&key))
        })
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
