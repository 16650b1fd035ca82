//! Nodes of operators, and what their commands say.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value as Json;

use super::client::{CHAIN, Client};

/// How long a change of the validators may take: two short epochs of blocks.
const CHANGE: Duration = Duration::from_secs(60);

/// Runs the binary to its end.
fn idos(home: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_idos"))
        .arg("--json")
        .args(arguments)
        .arg("--home")
        .arg(home)
        .env_remove("IDOS_OPERATOR_KEY")
        .output()
        .unwrap()
}

/// Runs it, and returns what it said.
pub(crate) fn done(home: &Path, arguments: &[&str]) -> Json {
    let output = idos(home, arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs it, and returns why it refused.
pub(crate) fn refused(home: &Path, arguments: &[&str]) -> String {
    let output = idos(home, arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// The folder of a node with what runs of it.
pub(crate) struct Node {
    pub(crate) home: PathBuf,
    pub(crate) clients: u16,
    pub(crate) nodes: u16,
    pub(crate) process: Option<Child>,
}

/// Ports that are free.
fn port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl Node {
    /// A folder with the genesis of another node, or with one of its own.
    pub(crate) fn new(parent: &Path, name: &str, genesis: Option<&Path>) -> Self {
        let (home, clients, nodes) = (parent.join(name), port(), port());
        let listen = format!("127.0.0.1:{clients}");
        let p2p_listen = format!("127.0.0.1:{nodes}");
        done(
            &home,
            &[
                "node",
                "init",
                "--chain-id",
                CHAIN,
                "--listen",
                &listen,
                "--p2p-listen",
                &p2p_listen,
            ],
        );
        let config = fs::read_to_string(home.join("config.toml")).unwrap();
        let config = config.replace("private_addresses = false", "private_addresses = true");
        fs::write(home.join("config.toml"), config).unwrap();
        match genesis {
            Some(genesis) => {
                fs::copy(genesis, home.join("genesis.toml")).unwrap();
            }
            None => {
                let path = home.join("genesis.toml");
                let genesis = fs::read_to_string(&path).unwrap();
                fs::write(
                    &path,
                    genesis.replace("epoch_blocks = 256", "epoch_blocks = 128"),
                )
                .unwrap();
            }
        }
        Self {
            home,
            clients,
            nodes,
            process: None,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.clients)
    }

    /// The public key by which it votes.
    pub(crate) fn key(&self) -> String {
        let seed = fs::read_to_string(self.home.join("node.key")).unwrap();
        Client::new(seed_of(&seed)).address()
    }

    pub(crate) fn owner(&self) -> Client {
        let seed = fs::read_to_string(self.home.join("owner.key")).unwrap();
        Client::new(seed_of(&seed))
    }

    pub(crate) fn key_file(&self) -> String {
        self.home.join("owner.key").to_str().unwrap().to_owned()
    }

    pub(crate) fn start(&mut self) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.home.join("log"))
            .unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["node", "start", "--home"])
            .arg(&self.home)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert!(line.starts_with("listening on "), "{}", self.log());
        self.process = Some(process);
    }

    pub(crate) fn stop(&mut self) {
        let mut process = self.process.take().unwrap();
        process.kill().unwrap();
        process.wait().unwrap();
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.join("log")).unwrap_or_default()
    }

    pub(crate) fn status(&self) -> Json {
        done(&self.home, &["node", "status"])
    }

    /// Says that it is ready as soon as it has caught up; until then the command refuses.
    pub(crate) fn make_ready(&self, through: &[&str]) -> Json {
        let own_key = self.key_file();
        let ready = ["node", "ready", "--key-file", &own_key];
        let end = Instant::now() + CHANGE;
        loop {
            let output = idos(&self.home, &[&ready, through].concat());
            if output.status.success() {
                return serde_json::from_slice(&output.stdout).unwrap();
            }
            let refusal = String::from_utf8_lossy(&output.stderr);
            assert!(refusal.contains("until it has caught up"), "{refusal}");
            assert!(Instant::now() < end, "{refusal}\n{}", self.log());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// Waits until its status is so.
    pub(crate) fn wait(&self, what: &str, is_so: impl Fn(&Json) -> bool) {
        let end = Instant::now() + CHANGE;
        loop {
            let status = self.status();
            if is_so(&status) {
                return;
            }
            assert!(Instant::now() < end, "{what}: {status}\n{}", self.log());
            thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}

fn seed_of(text: &str) -> [u8; 32] {
    let mut seed = [0; 32];
    hex::decode_to_slice(text.trim(), &mut seed).unwrap();
    seed
}

pub(crate) fn role(status: &Json) -> &str {
    status["role"].as_str().unwrap()
}

pub(crate) fn validating(status: &Json) -> usize {
    let all = status["validators"].as_array().unwrap().iter();
    all.filter(|it| it["validates"] == true).count()
}

/// That four validate in the epoch after that of a checkpoint, at the latest.
pub(crate) fn is_of_four(checkpoint: &Json) {
    let epoch: u64 = checkpoint["epoch"].as_str().unwrap().parse().unwrap();
    let next = checkpoint["sets"][1].as_str().unwrap();
    // Version and number, both of two bytes.
    assert!(epoch >= 2 && next.starts_with("01000400"), "{checkpoint}");
}

/// What a page is told as soon as its server runs.
pub(crate) fn page_config(arguments: &[&str]) -> Json {
    let mut server = Command::new(env!("CARGO_BIN_EXE_idos"))
        .arg("--json")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let mut output = BufReader::new(server.stdout.take().unwrap());
    output.read_line(&mut line).unwrap();
    let listening: Json = serde_json::from_str(&line).unwrap();
    let url = format!("{}/config.json", listening["url"].as_str().unwrap());
    let config = ureq::get(&url).call().unwrap().body_mut().read_json();
    server.kill().unwrap();
    server.wait().unwrap();
    config.unwrap()
}
