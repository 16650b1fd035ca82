//! A node in a process of its own.

use std::{
    env, fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::{Path, PathBuf},
};

use idos_node::{NodeKey, StartOptions, config::Config, genesis::Genesis};
use zeroize::Zeroizing;

use crate::server_process::{ServerProcess, told_to_end};

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
        running
            .stopped(told_to_end())
            .await
            .expect("a node that stops");
    });
    true
}

/// Starts a node with this home.
pub fn start(home: &Path) -> ServerProcess {
    ServerProcess::start(HOME, home)
}
