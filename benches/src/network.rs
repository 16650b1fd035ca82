//! Four nodes on this machine, each a process of its own, with the state that they start from.

use std::{
    fs,
    net::SocketAddr,
    ops::Range,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    database, execution,
    http::{Client, Request},
    machine, node_process,
    people::Person,
    pipeline,
    server_process::ServerProcess,
    transactions::Kind,
};

/// How many nodes: one of them may fail.
pub const NODES: usize = 4;
/// How often a node that has come up is asked whether it has come far enough.
const LOOK: Duration = Duration::from_millis(10);
/// How long anything may take before the benchmark gives up.
const LIMIT: Duration = Duration::from_secs(600);

/// The folder of the engine in a node's home.
const CONSENSUS: &str = "consensus";
/// How folders of the engine's journals of votes begin: they are pruned with final blocks, so that how
/// large they are says when one looks, and nothing about growth.
const VOTES: &str = "votes-";

/// Bytes on disk.
#[derive(Clone, Copy, Default, Debug)]
pub struct Disk {
    /// Of journals of votes.
    pub votes: u64,
    /// Of everything else.
    pub kept: u64,
}

/// What a node that began without a state did one after the other, and what came.
#[derive(Clone, Copy, Default, Debug)]
pub struct Fetched {
    /// Until it found out that it cannot come back by blocks.
    pub finding_out: Duration,
    /// Until the last row was written.
    pub fetching: Duration,
    /// Until what was fetched had been checked as a whole.
    pub checking: Duration,
    /// Until it was as high as the others.
    pub joining: Duration,
    /// Rows that came.
    pub rows: u64,
    /// Bytes of the contents in them.
    pub content_bytes: u64,
}

/// A network. Ends when dropped.
pub struct Network {
    nodes: Vec<Option<ServerProcess>>,
    folder: TempDir,
}

impl Network {
    /// A network whose state at the start has so many credentials.
    pub fn start(credentials: u64) -> Self {
        let folder = TempDir::with_prefix("idos-bench-").expect("a folder");
        let addresses: Vec<(u8, SocketAddr)> = (1..)
            .map(|number| (number, node_process::free_address()))
            .take(NODES)
            .collect();
        let genesis = execution::genesis_of(&addresses);
        let network = Self {
            nodes: (0..NODES).map(|_| None).collect(),
            folder,
        };
        let first = node_process::database(&network.home(0));
        for (node, (number, address)) in addresses.into_iter().enumerate() {
            let home = network.home(node);
            node_process::make_home(&home, number, address, &genesis);
            let own = node_process::database(&home);
            if node == 0 {
                database::fill(&own, credentials, &genesis);
            } else {
                fs::create_dir_all(&own).expect("a folder");
                copy_files(&first, &own);
            }
        }
        let mut network = network;
        (0..NODES).for_each(|node| network.start_node(node));
        network
    }

    /// The folder of a node.
    pub fn home(&self, node: usize) -> PathBuf {
        self.folder.path().join(format!("node-{}", node + 1))
    }

    /// A node that runs.
    pub fn node(&self, node: usize) -> &ServerProcess {
        self.nodes[node].as_ref().expect("a node that runs")
    }

    /// The nodes that run.
    pub fn running(&self) -> impl Iterator<Item = &ServerProcess> {
        self.nodes.iter().flatten()
    }

    /// Starts a node that does not run.
    pub fn start_node(&mut self, node: usize) {
        let process = node_process::start(&self.home(node));
        self.nodes[node] = Some(process);
    }

    /// Ends a node as a power failure would.
    pub fn kill(&mut self, node: usize) {
        self.nodes[node].take().expect("a node that runs").kill();
    }

    /// Asks a node to end, and waits until it has.
    pub fn stop(&mut self, node: usize) {
        drop(self.nodes[node].take());
    }

    /// What all nodes have on disk.
    pub fn disk(&self) -> Disk {
        let mut disk = Disk::default();
        for node in 0..NODES {
            let home = self.home(node);
            let folders = fs::read_dir(home.join(CONSENSUS)).into_iter().flatten();
            let votes = folders.flatten().filter(|folder| {
                let name = folder.file_name();
                name.to_string_lossy().starts_with(VOTES)
            });
            let votes: u64 = votes
                .map(|folder| machine::disk_bytes(&folder.path()))
                .sum();
            disk.votes += votes;
            disk.kept += machine::disk_bytes(&home) - votes;
        }
        disk
    }

    /// Takes the state from a node that does not run, and what its engine kept. Its settings and its
    /// key stay.
    pub fn lose_state(&self, node: usize) {
        let home = self.home(node);
        for folder in [node_process::database(&home), home.join(CONSENSUS)] {
            fs::remove_dir_all(folder).expect("a folder of a node");
        }
    }

    /// Bytes of the database of a node, without its log, which is as long as it ever was.
    pub fn database_bytes(&self, node: usize) -> u64 {
        let file = node_process::database(&self.home(node)).join("state.db");
        fs::metadata(file).expect("a database").len()
    }

    /// Watches a node that began without a state, from its start on, until it is this high.
    pub fn watch_sync(&self, node: usize, height: u64) -> Fetched {
        let mut client = self.node(node).client();
        let health = Request::get("/api/v1/health");
        let start = Instant::now();
        let mut fetched = Fetched::default();
        let (mut begun, mut newest) = (None, Duration::ZERO);
        loop {
            let services = client.send(&health).json()["services"].take();
            let (now, sync) = (start.elapsed(), &services["sync"]);
            if let Some(rows) = sync["rows"].as_u64() {
                let begun = *begun.get_or_insert(now);
                if rows != fetched.rows {
                    newest = now;
                }
                fetched.finding_out = begun;
                fetched.rows = rows;
                fetched.content_bytes = sync["content_bytes"].as_u64().expect("bytes");
            } else if let Some(begun) = begun {
                fetched.fetching = newest.saturating_sub(begun);
                fetched.checking = now.saturating_sub(newest.max(begun));
                fetched.joining = self.reach(node, height);
                return fetched;
            }
            assert!(now < LIMIT, "the node gets no state");
            thread::sleep(LOOK);
        }
    }

    /// How high a node is.
    pub fn height(&self, node: usize) -> u64 {
        pipeline::height(&mut self.node(node).client())
    }

    /// Waits until a node is this high, and returns how long that took.
    pub fn reach(&self, node: usize, height: u64) -> Duration {
        let start = Instant::now();
        while self.height(node) < height {
            assert!(start.elapsed() < LIMIT, "the node stays behind");
            thread::sleep(LOOK);
        }
        start.elapsed()
    }
}

fn copy_files(from: &Path, to: &Path) {
    for file in fs::read_dir(from).expect("a folder") {
        let file = file.expect("a file");
        fs::copy(file.path(), to.join(file.file_name())).expect("a copy");
    }
}

/// People who write in turn and wait for each write, at one node after the other.
pub struct Writer {
    people: Vec<(Person, u64)>,
    clients: Vec<Client>,
    writes: usize,
}

impl Writer {
    /// The people of the network's state with these numbers, who write to the nodes that run. Each may
    /// have a limited number of attributes, so that a long row of writes needs several.
    pub fn new(network: &Network, numbers: Range<u64>) -> Self {
        let mut clients: Vec<_> = network.running().map(ServerProcess::client).collect();
        let people = numbers.map(Person::new).map(|person| {
            let nonce = pipeline::nonce(&mut clients[0], &person);
            (person, nonce)
        });
        Self {
            people: people.collect(),
            clients,
            writes: 0,
        }
    }

    /// Writes once, as another person and at another node than the last time; how long it took until
    /// the network had it for good.
    pub fn write(&mut self, kind: Kind) -> Duration {
        let (person, turn) = (
            self.writes % self.people.len(),
            self.writes % self.clients.len(),
        );
        self.writes += 1;
        let (person, nonce) = &mut self.people[person];
        *nonce += 1;
        let transaction = kind.transaction(person, *nonce).to_json();
        let request = Request::new(
            "user.broadcast",
            &json!({"tx": transaction, "sync": 1}),
            None,
        );
        let start = Instant::now();
        let answer: Value = self.clients[turn].send(&request).result();
        let elapsed = start.elapsed();
        assert!(answer["result"]["code"] == 0, "{answer}");
        elapsed
    }
}

/// The figure below which so many of a hundred are, in milliseconds.
pub fn percentile(sorted: &[Duration], percent: usize) -> f64 {
    let at = sorted.len().saturating_sub(1) * percent / 100;
    let found = sorted.get(at);
    found.map_or(f64::NAN, |found| found.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_sorted_figures() {
        let figures: Vec<_> = (1..=101).map(Duration::from_millis).collect();
        assert_eq!(percentile(&figures, 50), 51.0);
        assert_eq!(percentile(&figures, 99), 100.0);
        assert!(percentile(&[], 50).is_nan());
    }
}
