//! All checks, in the order in which one fault explains another.

use std::{net::SocketAddr, path::PathBuf};

use idos_client::Nodes;
use idos_node::{
    Inspection, clock_tolerance, genesis::Genesis, is_running, open_files as limit_of_open_files,
};
use idos_types::{Digest, ValidatorKey};
use idos_wire::NodeStatus;

use super::{
    clock::{self, Reading},
    database, disk, encryption,
    files::{self, Files},
    finding::Finding,
    node::{self, Own},
    open_files, peers, ports,
};
use crate::command::{clock::now_millis, output::reason};

/// What is looked at.
pub(super) struct Checkup {
    pub(super) home: PathBuf,
    pub(super) deep: bool,
    /// Nodes to compare with.
    pub(super) others: Option<Nodes>,
}

/// What another node says.
struct Other {
    url: String,
    status: NodeStatus,
    reading: Reading,
}

impl Checkup {
    pub(super) async fn findings(&self) -> Vec<Finding> {
        let (mut findings, files) = files::check(&self.home);
        if !self.home.is_dir() {
            return findings;
        }
        findings.push(disk::check(&self.home));
        findings.push(encryption::check(&self.home));
        findings.push(open_files::check(limit_of_open_files()));
        let inspection = match &files.genesis {
            Some(genesis) => {
                let (found, inspection) = database::check(&self.home, genesis, self.deep);
                findings.extend(found);
                inspection
            }
            None => None,
        };
        let own = Own {
            key: files.key.as_ref().map(|key| key.public()),
            genesis: files.genesis.as_ref().map(idos_node::genesis_hash),
        };
        let status = self.own_node(&files, &own, &mut findings).await;
        let others = self.ask_others(&mut findings).await;
        let (height, root) = stands(inspection.as_ref(), status.as_ref());
        let compared = others.iter().filter_map(|other| {
            node::compare(&other.url, height, root, own.genesis, &other.status)
        });
        findings.extend(compared);
        let readings: Vec<_> = others.iter().map(|other| other.reading).collect();
        let block_time = inspection.as_ref().map_or(0, |seen| seen.block_time);
        findings.push(clock::check(
            now_millis(),
            block_time,
            &readings,
            clock_tolerance(),
        ));
        let Some(key) = own.key else {
            let text = "without node.key it is unknown which of the nodes are others";
            findings.push(Finding::unseen("peers", text, "see to the key first"));
            return findings;
        };
        let nodes = known_nodes(inspection, files.genesis.as_ref(), key);
        if let Some(config) = &files.config {
            findings.extend(peers::never_asked(&nodes, config.peers.private_addresses));
        }
        findings.push(peers::check(nodes).await);
        findings
    }

    /// What the node of the folder says of itself, if it runs; otherwise whether it could.
    async fn own_node(
        &self,
        files: &Files,
        own: &Own,
        findings: &mut Vec<Finding>,
    ) -> Option<NodeStatus> {
        let config = files.config.as_ref()?;
        match is_running(&self.home) {
            Ok(true) => {}
            Ok(false) => {
                findings.push(node::stopped());
                findings.extend(ports::check(config));
                return None;
            }
            Err(error) => {
                let text = format!("it is unknown whether it runs: {}", reason(&error));
                let advice = "run this as the user of the node";
                findings.push(Finding::unseen("node", text, advice));
                return None;
            }
        }
        let url = config.own_url();
        let status = match Nodes::new([&url]) {
            Ok(nodes) => nodes.status(0).await.map_err(|error| reason(&error)),
            Err(error) => Err(reason(&error)),
        };
        match status {
            Ok(status) => {
                findings.push(node::check(own, &status));
                Some(status)
            }
            Err(cause) => {
                findings.push(node::silent(&url, &cause));
                None
            }
        }
    }

    /// Asks the nodes that were named.
    async fn ask_others(&self, findings: &mut Vec<Finding>) -> Vec<Other> {
        let Some(nodes) = &self.others else {
            return Vec::new();
        };
        let mut others = Vec::new();
        for (number, url) in nodes.urls().enumerate() {
            let asked = now_millis();
            match nodes.status(number).await {
                Ok(status) => others.push(Other {
                    url: url.to_owned(),
                    reading: Reading {
                        asked,
                        answered: now_millis(),
                        other: status.time,
                    },
                    status,
                }),
                Err(error) => findings.push(Finding::unseen(
                    "node",
                    format!("{url} does not answer: {}", reason(&error)),
                    "name another node of the network with --node",
                )),
            }
        }
        others
    }
}

/// The newest height that is known of the node, and its root if that is known.
fn stands(inspection: Option<&Inspection>, status: Option<&NodeStatus>) -> (u64, Option<Digest>) {
    match (status, inspection) {
        (Some(status), _) => (status.height, Some(status.root)),
        (None, Some(inspection)) => (inspection.height, None),
        (None, None) => (0, None),
    }
}

/// The other nodes of the network: as the newest state has them, else as it began.
fn known_nodes(
    inspection: Option<Inspection>,
    genesis: Option<&Genesis>,
    own: ValidatorKey,
) -> Vec<(ValidatorKey, SocketAddr)> {
    let seen = inspection.map(|seen| seen.nodes).unwrap_or_default();
    let mut nodes = match genesis {
        Some(genesis) if seen.is_empty() => {
            let first = genesis.validators.iter();
            first.map(|one| (one.key, one.address.socket())).collect()
        }
        _ => seen,
    };
    nodes.retain(|(key, _)| *key != own);
    nodes
}
