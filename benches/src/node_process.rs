//! A node in a process of its own, so that its memory and time are its own: this very program,
//! started again.

use std::{
    env,
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use idos_node::{StartOptions, config::Config};

use crate::{
    execution::{genesis, node_key},
    http::Client,
};

/// Names the home of the node in the environment of the process that is to be one.
const HOME: &str = "IDOS_BENCH_NODE_HOME";

/// The folder of the database in a node's home.
pub fn database(home: &Path) -> PathBuf {
    home.join("database")
}

/// Is a node until standard input ends, if this process was started to be one.
pub fn run_if_asked() -> bool {
    let Some(home) = env::var_os(HOME) else {
        return false;
    };
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    // Of a node that was here before, the note is there already.
    let _ = idos_node::note_new_key(home.as_ref(), &node_key());
    let config = Config {
        listen,
        p2p_listen: listen,
        ..Config::default()
    };
    let options = StartOptions {
        home: home.into(),
        config,
        genesis: genesis(),
        node_key: node_key(),
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let running = idos_node::start(options).await.expect("a node");
        println!("{}", running.address);
        let (stop, stopped) = tokio::sync::oneshot::channel();
        std::thread::spawn(move || {
            let _ = io::stdin().read_to_end(&mut Vec::new());
            let _ = stop.send(());
        });
        running
            .stopped(async { drop(stopped.await) })
            .await
            .expect("a node that stops");
    });
    true
}

/// A node that runs elsewhere; stops when dropped.
pub struct NodeProcess {
    child: Child,
    address: SocketAddr,
}

impl NodeProcess {
    /// Starts a node with this home.
    pub fn start(home: &Path) -> Self {
        let program = env::current_exe().expect("this program");
        let mut child = Command::new(program)
            .env(HOME, home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("a process");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("its output");
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its address");
        let address = line.trim().parse().expect("an address");
        Self { child, address }
    }

    /// A connection to it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for NodeProcess {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}
