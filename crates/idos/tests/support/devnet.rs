//! A whole development network as one process, with its pages.

use std::{
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value as Json;
use tempfile::TempDir;

use super::network::{P2P_PORTS, WEB_PORTS, free_ports};

/// A development network that ends with this value.
pub(crate) struct Devnet {
    folder: TempDir,
    ports: u16,
    nodes: u16,
    process: Option<Child>,
    /// What it printed when it ran.
    pub(crate) running: Json,
}

impl Devnet {
    /// A new one of so many nodes, which runs.
    pub(crate) fn started(nodes: u16) -> Self {
        let mut devnet = Self {
            folder: tempfile::tempdir().unwrap(),
            ports: free_ports(),
            nodes,
            process: None,
            running: Json::Null,
        };
        devnet.start();
        devnet
    }

    /// Starts it, again if it was stopped.
    pub(crate) fn start(&mut self) {
        let mut process = Command::new(env!("CARGO_BIN_EXE_idos"))
            .args(["--json", "devnet", "--folder"])
            .arg(self.home())
            .args(["--nodes", &self.nodes.to_string()])
            .args(["--port", &self.ports.to_string()])
            .args(["--p2p-port", &(self.ports + P2P_PORTS).to_string()])
            .args(["--web-port", &(self.ports + WEB_PORTS).to_string()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        self.process = Some(process);
        self.running = serde_json::from_str(&line).expect("the network runs");
        assert_eq!(self.running["event"], "running");
    }

    /// Its process, which this value no longer ends.
    pub(crate) fn taken(&mut self) -> Child {
        self.process.take().unwrap()
    }

    /// Asks it to end, and returns its exit code.
    pub(crate) fn terminate(&mut self) -> Option<i32> {
        let mut process = self.taken();
        kill_process(Pid::from_child(&process), Signal::TERM).unwrap();
        process.wait().unwrap().code()
    }

    /// Its folder.
    pub(crate) fn home(&self) -> PathBuf {
        self.folder.path().join("net")
    }

    /// Address of a page: `dashboard`, `enclave`, `issuer` or `demo`.
    pub(crate) fn page(&self, name: &str) -> &str {
        self.running["web"][name].as_str().unwrap()
    }

    /// Addresses of the nodes.
    pub(crate) fn nodes(&self) -> Vec<String> {
        let nodes = self.running["nodes"].as_array().unwrap();
        let urls = nodes
            .iter()
            .map(|node| node["url"].as_str().unwrap().to_owned());
        urls.collect()
    }
}

impl Drop for Devnet {
    fn drop(&mut self) {
        // Its nodes end with it: they notice that it is gone.
        if let Some(mut process) = self.process.take() {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
