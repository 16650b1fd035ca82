//! Four nodes as processes, made by `idos devnet`.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU16, Ordering},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::{
    client::CHAIN,
    lan::{self, Lan},
};

/// How many nodes: one of them may fail.
pub(crate) const NODES: usize = 4;
/// How far the ports for nodes are from those for clients.
pub(crate) const P2P_PORTS: u16 = 100;
/// How far the ports of pages are.
pub(crate) const WEB_PORTS: u16 = 50;

/// A network whose folder lives as long as this value.
pub(crate) struct Network {
    folder: TempDir,
    nodes: Vec<Option<Child>>,
    pub(crate) urls: Vec<String>,
    owner_seed: String,
    lan: Option<Lan>,
}

impl Network {
    /// A new network, which runs, with a host for each node.
    pub(crate) fn on(lan: Lan) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut network = Self {
            urls: Vec::new(),
            owner_seed: String::new(),
            nodes: (0..NODES).map(|_| None).collect(),
            lan: Some(lan),
            folder,
        };
        let mut genesis = String::new();
        let mut owner: Option<String> = None;
        for node in 0..NODES {
            let host = lan::address(u8::try_from(node).unwrap());
            let home = network.home(node);
            let mut init = Command::new(env!("CARGO_BIN_EXE_idos"));
            init.args(["node", "init", "--chain-id", CHAIN, "--home"])
                .arg(&home)
                .args(["--listen", &format!("{host}:8484")])
                .args(["--p2p-listen", &format!("{host}:8485")])
                .stdout(Stdio::null());
            if let Some(owner) = &owner {
                init.args(["--owner", owner]);
            }
            assert!(init.status().unwrap().success());
            let url = format!("http://{host}:8484");
            edit(&home.join("config.toml"), |config| {
                let public = format!("public_urls = [\"{url}\"]");
                config
                    .replace("public_urls = []", &public)
                    .replace("private_addresses = false", "private_addresses = true")
                    .replace(
                        "stranger_writes_per_minute = 60",
                        "stranger_writes_per_minute = 1000",
                    )
            });
            network.urls.push(url);
            let own = fs::read_to_string(home.join("genesis.toml")).unwrap();
            if node == 0 {
                let seed = fs::read_to_string(home.join("owner.key")).unwrap();
                network.owner_seed = seed.trim().to_owned();
                owner = quoted(&own, "owner");
                genesis = own;
            } else {
                // As operators do: the file of the first one gets the others' validators.
                genesis += &own[own.find("[[validators]]").unwrap()..];
            }
        }
        for node in 0..NODES {
            fs::write(network.home(node).join("genesis.toml"), &genesis).unwrap();
        }
        for node in 0..NODES {
            network.start(node);
        }
        network
    }

    /// A new network, which runs.
    pub(crate) fn started() -> Self {
        Self::started_with(&[])
    }

    /// The same, made with more arguments.
    pub(crate) fn started_with(arguments: &[&str]) -> Self {
        let mut network = Self::init(arguments);
        for node in 0..NODES {
            network.start(node);
        }
        network
    }

    /// A new network, which does not run: made by the command that also runs one.
    fn init(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_ports();
        let mut devnet = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args([
                "--json",
                "devnet",
                "--no-web",
                "--chain-id",
                CHAIN,
                "--folder",
            ])
            .arg(folder.path().join("net"))
            .args(["--port", &port.to_string()])
            .args(["--p2p-port", &(port + P2P_PORTS).to_string()])
            .args(arguments)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(devnet.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        let running: Json = serde_json::from_str(&line)
            .unwrap_or_else(|_| panic!("the network did not start:\n{}", logs(folder.path())));
        assert_eq!(running["event"], "running");
        kill_process(Pid::from_child(&devnet), Signal::TERM).unwrap();
        assert_eq!(devnet.wait().unwrap().code(), Some(0));
        let nodes = running["nodes"].as_array().unwrap();
        Self {
            urls: nodes
                .iter()
                .map(|node| node["url"].as_str().unwrap().to_owned())
                .collect(),
            owner_seed: running["owner_seed"].as_str().unwrap().to_owned(),
            nodes: (0..NODES).map(|_| None).collect(),
            lan: None,
            folder,
        }
    }

    /// What the nodes' hosts are connected by.
    pub(crate) fn lan(&self) -> &Lan {
        self.lan.as_ref().unwrap()
    }

    /// Folder of a node.
    pub(crate) fn home(&self, node: usize) -> PathBuf {
        self.folder
            .path()
            .join("net")
            .join(format!("node-{}", node + 1))
    }

    /// Seed of the network's owner, who operates all nodes, hexadecimal.
    pub(crate) fn owner_seed(&self) -> &str {
        &self.owner_seed
    }

    /// Starts a node, and waits until it answers clients.
    pub(crate) fn start(&mut self, node: usize) {
        let home = self.home(node);
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(home.join("log"))
            .unwrap();
        let program = env!("CARGO_BIN_EXE_idos");
        let mut command = match &self.lan {
            Some(lan) => lan.command(node, program),
            None => Command::new(program),
        };
        let mut process = command
            .args(["node", "start", "--home"])
            .arg(&home)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on "), "{}", self.logs());
        self.nodes[node] = Some(process);
    }

    /// Ends a node as a power failure would, as far as a process can.
    pub(crate) fn kill(&mut self, node: usize) {
        let mut process = self.nodes[node].take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    /// Asks a node to end.
    pub(crate) fn terminate(&mut self, node: usize) {
        let mut process = self.nodes[node].take().unwrap();
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        assert_eq!(process.wait().unwrap().code(), Some(0));
    }

    /// What the nodes wrote to their logs.
    pub(crate) fn logs(&self) -> String {
        logs(self.folder.path())
    }

    /// Height and state root of a node, as it says itself.
    pub(crate) fn state(&self, node: usize) -> Option<(u64, String)> {
        let health = self.health(node)?;
        let root = health["app_hash"].as_str()?.to_owned();
        Some((health["height"].as_u64()?, root))
    }

    /// What a node says of itself.
    pub(crate) fn health(&self, node: usize) -> Option<Json> {
        let body = serde_json::json!({
            "jsonrpc": "2.0", "id": 1, "method": "user.health", "params": {},
        });
        let url = format!("{}/rpc/v1", self.urls[node]);
        let mut answer = ureq::post(url).send_json(&body).ok()?;
        let answer: Json = answer.body_mut().read_json().ok()?;
        Some(answer["result"].clone())
    }

    /// Waits until all nodes have the same state at the same height.
    pub(crate) fn wait_until_equal(&self, limit: Duration) {
        let start = Instant::now();
        loop {
            let states: Vec<_> = (0..NODES).map(|node| self.state(node)).collect();
            if states[0].is_some() && states.iter().all(|state| *state == states[0]) {
                return;
            }
            assert!(start.elapsed() < limit, "{states:?}\n{}", self.logs());
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        for process in self.nodes.iter_mut().flatten() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn edit(file: &Path, change: impl Fn(&str) -> String) {
    let text = fs::read_to_string(file).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text);
    fs::write(file, changed).unwrap();
}

/// The text of a key of a TOML file.
fn quoted(toml: &str, key: &str) -> Option<String> {
    let start = format!("{key} = \"");
    let line = toml.lines().find_map(|line| line.strip_prefix(&start))?;
    Some(line.trim_end_matches('"').to_owned())
}

/// The ends of all logs below a folder.
fn logs(folder: &Path) -> String {
    let mut all = String::new();
    for node in 1..=NODES {
        let path = folder.join("net").join(format!("node-{node}/log"));
        let log = fs::read_to_string(path).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let end = &lines[lines.len().saturating_sub(40)..];
        all += &format!("--- node {node}\n{}\n", end.join("\n"));
    }
    all
}

/// The first of ports that nobody uses, for clients, nodes and pages: of every network of this process
/// its own, also while its nodes are away, and none that the system gives to connections.
pub(crate) fn free_ports() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(20_000);
    let is_free = |port: u16| TcpListener::bind(("127.0.0.1", port)).is_ok();
    let nodes = u16::try_from(NODES).unwrap();
    loop {
        let first = NEXT.fetch_add(2 * P2P_PORTS, Ordering::Relaxed);
        assert!(first < 32_000, "no ports are free");
        let all_free = |from: u16| (from..from + nodes).all(is_free);
        if [0, P2P_PORTS, WEB_PORTS]
            .into_iter()
            .all(|far| all_free(first + far))
        {
            return first;
        }
    }
}
