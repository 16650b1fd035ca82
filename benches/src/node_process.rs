//! A node in a process of its own, so that its memory and time are its own: this very program,
//! started again.

use std::{
    env, fs,
    io::{self, BufRead, BufReader, Read},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use idos_node::{NodeKey, StartOptions, config::Config, genesis::Genesis};
use zeroize::Zeroizing;

use crate::http::Client;

/// Names the home of the node in the environment of the process that is to be one.
const HOME: &str = "IDOS_BENCH_NODE_HOME";

/// File in a node's home that holds the number of its key.
const KEY: &str = "key";
/// Memory for cached pages in MiB where nodes share a machine, as `idos devnet` sets it.
pub const SHARED_CACHE_MIB: u32 = 32;

/// The key of the node with this number.
pub fn node_key(number: u8) -> NodeKey {
    NodeKey::from_seed(Zeroizing::new([number; 32]))
}

/// Makes the home of a new node, which other nodes reach at this address.
pub fn make_home(home: &Path, number: u8, p2p_listen: SocketAddr, genesis: &Genesis) {
    let mut config = Config {
        listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
        p2p_listen,
        ..Config::default()
    };
    if genesis.validators.len() > 1 {
        config.peers.private_addresses = true;
        config.database.cache_mib = SHARED_CACHE_MIB;
    }
    fs::create_dir_all(home).expect("a folder");
    let write = |name: &str, text: String| fs::write(home.join(name), text).expect("a file");
    write(KEY, number.to_string());
    write(Config::FILE, config.to_file());
    write(Genesis::FILE, genesis.to_file());
    idos_node::note_new_key(home, &node_key(number)).expect("a note");
}

/// An address of this machine at which nobody listens.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    listener.local_addr().expect("an address")
}

/// The folder of the database in a node's home.
pub fn database(home: &Path) -> PathBuf {
    home.join("database")
}

/// Is a node until standard input ends, if this process was started to be one.
pub fn run_if_asked() -> bool {
    let Some(home) = env::var_os(HOME) else {
        return false;
    };
    let home = PathBuf::from(home);
    let number = fs::read_to_string(home.join(KEY)).expect("the number of its key");
    let options = StartOptions {
        config: Config::load(&home).expect("its settings"),
        genesis: Genesis::load(&home).expect("its genesis"),
        node_key: node_key(number.parse().expect("a number")),
        home,
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

    /// Where it answers clients.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends it as a power failure would, as far as a process can.
    pub fn kill(mut self) {
        self.child.kill().expect("a process");
        self.child.wait().expect("its end");
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
