//! The network of a tour: a devnet of its own, or one that runs.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    sync::mpsc,
};

use idos_client::{Client, Nodes, fresh_id};
use idos_node::genesis::Genesis;
use zeroize::Zeroizing;

use super::{Args, TourError};
use crate::{
    command::{network_args::light_client, secret_file},
    devnet::{
        NodeSockets,
        folder::DevnetFolder,
        processes::{Event, Processes},
    },
    node::init::OWNER_KEY,
};

/// Nodes of the tour's own network: one of them may fail.
const NODES: usize = 4;
/// The chain of the tour's own network.
const CHAIN: &str = "idos-tour";

/// The network.
pub(crate) struct Network {
    urls: Vec<String>,
    genesis: Genesis,
    owner_seed: Zeroizing<[u8; 32]>,
    own: Option<Own>,
}

/// A network that ends with the tour.
struct Own {
    folder: PathBuf,
    processes: Option<Processes>,
}

impl Network {
    /// Starts one, or uses the one that runs. `events` are what happens to it, and that the tour is
    /// asked to end.
    pub(crate) fn open(
        args: &Args,
        events: (&mpsc::Sender<Event>, &mpsc::Receiver<Event>),
    ) -> Result<Self, TourError> {
        if args.urls.is_empty() {
            return Self::start(events);
        }
        let devnet = |error: &dyn std::fmt::Display| TourError::Devnet(error.to_string());
        let genesis = Genesis::load(&args.folder.join("node-1")).map_err(|it| devnet(&it))?;
        let owner_seed =
            secret_file::read(&args.folder.join(OWNER_KEY)).map_err(|it| devnet(&it))?;
        Ok(Self {
            urls: args.urls.clone(),
            genesis,
            owner_seed,
            own: None,
        })
    }

    fn start(
        (events, happening): (&mpsc::Sender<Event>, &mpsc::Receiver<Event>),
    ) -> Result<Self, TourError> {
        let folder = std::env::temp_dir().join(format!("idos-tour-{}", fresh_id()?));
        let places = free_places().map_err(TourError::System)?;
        // Before anything is written: whatever fails, it takes the folder away.
        let mut own = Own {
            folder,
            processes: None,
        };
        let devnet = DevnetFolder::open(&own.folder, Some(CHAIN), None, &places)?;
        let owner_seed = secret_file::read(&own.folder.join(OWNER_KEY))
            .map_err(|error| TourError::Devnet(error.to_string()))?;
        let processes = Processes::start(devnet.homes(), events)?;
        own.processes
            .insert(processes)
            .wait_until_listening(happening)?;
        Ok(Self {
            urls: places
                .iter()
                .map(|place| format!("http://{}", place.clients))
                .collect(),
            genesis: devnet.genesis().clone(),
            owner_seed,
            own: Some(own),
        })
    }

    /// A client of nobody that trusts the genesis.
    pub(crate) fn client(&self) -> Result<Client, TourError> {
        let devnet = |error: &dyn std::fmt::Display| TourError::Devnet(error.to_string());
        let trusted = light_client(&self.genesis).map_err(|it| devnet(&it))?;
        let nodes = Nodes::new(&self.urls)?;
        Ok(Client::new(nodes, &self.genesis.chain_id).with_trust(trusted))
    }

    /// Seed of the owner's key.
    pub(crate) fn owner_seed(&self) -> &Zeroizing<[u8; 32]> {
        &self.owner_seed
    }

    /// How many nodes the tour knows.
    pub(crate) fn nodes(&self) -> usize {
        self.urls.len()
    }

    /// Kills a node of the tour's own network; `None` if it is not its own.
    pub(crate) fn kill(&mut self, node: usize) -> Option<bool> {
        let processes = self.own.as_mut()?.processes.as_mut()?;
        Some(processes.kill(node))
    }

    /// Ends the tour's own network and removes its folder.
    pub(crate) fn end(self) {
        drop(self);
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(processes) = self.processes.take() {
            processes.stop();
        }
        // A folder of a temporary network that cannot be removed is the system's to clear.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Addresses that are free. They are all held until the last is found, so that no two are the same.
fn free_places() -> std::io::Result<Vec<NodeSockets>> {
    let listeners = (0..2 * NODES)
        .map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
        .collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners
        .iter()
        .map(TcpListener::local_addr)
        .collect::<Result<Vec<SocketAddr>, _>>()?;
    let (clients, nodes) = addresses.split_at(NODES);
    let places = clients.iter().zip(nodes);
    Ok(places
        .map(|(clients, nodes)| NodeSockets {
            clients: *clients,
            nodes: *nodes,
        })
        .collect())
}
