//! Whether a node that does not run could listen where it is to.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use idos_node::config::Config;

use super::finding::Finding;

const CHECK: &str = "ports";

pub(super) fn check(config: &Config) -> Vec<Finding> {
    let addresses = [
        ("listen", Some(config.listen)),
        ("p2p_listen", Some(config.p2p_listen)),
        ("metrics_listen", config.metrics_listen),
    ];
    let addresses = addresses.into_iter();
    addresses
        .filter_map(|(key, address)| Some(check_one(key, address?)))
        .collect()
}

fn check_one(key: &str, address: SocketAddr) -> Finding {
    let error = match TcpListener::bind(address) {
        Ok(_) => return Finding::sound(CHECK, format!("{key} {address} is free")),
        Err(error) => error,
    };
    let text = format!("{key} {address} cannot be used: {error}");
    let advice = match error.kind() {
        io::ErrorKind::AddrInUse => {
            format!("another program has it (`ss -ltnp` says which): end that, or change `{key}`")
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("this machine does not have the address: correct `{key}`")
        }
        io::ErrorKind::PermissionDenied => {
            format!("only root may listen on it: choose a port from 1024 on for `{key}`")
        }
        _ => return Finding::unseen(CHECK, text, format!("correct `{key}`")),
    };
    Finding::wrong(CHECK, text, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::node::doctor::finding::State;

    #[test]
    fn ports_that_are_taken_and_addresses_of_others_are_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let config = Config {
            listen: taken.local_addr().unwrap(),
            p2p_listen: "192.0.2.1:8485".parse().unwrap(),
            metrics_listen: Some("127.0.0.1:0".parse().unwrap()),
            ..Config::default()
        };
        let [clients, nodes, metrics] = &check(&config)[..] else {
            panic!("three addresses");
        };
        assert_eq!(clients.state, State::Wrong);
        assert!(clients.advice.contains("another program"), "{clients:?}");
        assert_eq!(nodes.state, State::Wrong);
        assert!(nodes.advice.contains("does not have"), "{nodes:?}");
        assert_eq!(metrics.state, State::Sound);
    }
}
