//! `idos devnet`: a whole network on one machine, to develop against.

pub(crate) mod folder;
mod parties;
pub(crate) mod processes;
mod web;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::mpsc,
    thread,
};

use serde_json::json;
use thiserror::Error;
use tokio::sync::watch;

use self::{
    folder::{DevnetFolder, FolderError},
    processes::{Event, Processes, ProcessesError},
    web::{PORTS, Web, WebError, WebPlaces},
};
use crate::command::{
    end::End,
    output::{Output, PrintError, text_of},
};

/// Most nodes of a network on one machine.
const MOST_NODES: u16 = 16;
/// Nodes of a new network, and the ports of the first one, unless others are asked for.
const NODES: u16 = 4;
const PORT: u16 = 8484;
const P2P_PORT: u16 = 8584;

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the network: made if it is not there, else the network in it goes on.
    #[arg(long, value_name = "DIR", default_value = "idos-devnet")]
    folder: PathBuf,
    /// Name of the chain, if it is new [default: a random one]
    #[arg(long, value_name = "ID")]
    chain_id: Option<String>,
    /// Seconds for which bodies of transactions are kept, if the chain is new [default: 3600]
    #[arg(long, value_name = "SECONDS")]
    body_retention: Option<u64>,
    /// How many validators [default: those of the network that is there, else 4]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=i64::from(MOST_NODES)))]
    nodes: Option<u16>,
    /// Port of the first node for clients; the others have the ports after it [default: that of the
    /// network that is there, else 8484]
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Port of the first node for other nodes; the others have the ports after it [default: that of
    /// the network that is there, else 8584]
    #[arg(long, value_name = "PORT")]
    p2p_port: Option<u16>,
    /// Port of the dashboard; the enclave, a development issuer and the demo bank have the ports
    /// after it.
    #[arg(long, value_name = "PORT", default_value_t = 8480)]
    web_port: u16,
    /// Nodes only: no pages, no issuer, no bank.
    #[arg(long, conflicts_with = "web_port")]
    no_web: bool,
}

/// Why there is no network, or no longer.
#[derive(Debug, Error)]
pub(crate) enum DevnetError {
    /// Ports that are none, or the same.
    #[error(
        "{0} nodes need as many ports from --port and from --p2p-port on, the pages four from --web-port on, and no port twice"
    )]
    Ports(usize),
    /// The pages.
    #[error(transparent)]
    Web(#[from] WebError),
    /// Its folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its nodes.
    #[error(transparent)]
    Processes(#[from] ProcessesError),
    /// The signals that end it.
    #[error("the operating system does not give what the network needs")]
    System(#[source] io::Error),
    /// Nobody can be told.
    #[error(transparent)]
    Print(#[from] PrintError),
}

/// Where a node of the network listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct NodeSockets {
    pub(crate) clients: SocketAddr,
    pub(crate) nodes: SocketAddr,
}

/// Runs the network until the process is asked to end.
pub(crate) fn run(args: Args, output: Output) -> Result<(), DevnetError> {
    let places = places(&args, folder::places_in(&args.folder)?)?;
    let web_places = web_places(&args, &places)?;
    let folder = DevnetFolder::open(
        &args.folder,
        args.chain_id.as_deref(),
        args.body_retention,
        &places,
    )?;
    let (events, happening) = mpsc::channel();
    let mut asked_to_end = watch_signals(events.clone()).map_err(DevnetError::System)?;
    let mut processes = Processes::start(folder.homes(), &events)?;
    processes.wait_until_listening(&happening)?;
    let started = web_places
        .as_ref()
        .map(|web| Web::start(&folder, &places, web, &mut asked_to_end));
    let web = match started.transpose() {
        Ok(web) => web,
        Err(error) => {
            processes.stop();
            return Err(error.into());
        }
    };
    output
        .print(
            &text(&folder, &places, web_places.as_ref()),
            &json!({
                "web": web_places.as_ref().map(WebPlaces::json),
                "event": "running",
                "chain_id": folder.chain_id(),
                "owner": folder.owner(),
                "owner_seed": folder.owner_seed(),
                "nodes": places.iter().zip(folder.homes()).zip(processes.ids()).map(|((place, home), id)| json!({
                    "url": format!("http://{}", place.clients),
                    "home": text_of(home),
                    "process": id,
                })).collect::<Vec<_>>(),
            }),
        )?;
    for event in happening {
        match event {
            Event::Stop => break,
            Event::Listening => {}
            Event::Ended { node, status } => {
                let (number, home) = (node + 1, folder.home(node));
                let text = format!(
                    "node {number} ended ({status}), the others go on; start it again with: idos node start --home {}",
                    home.display()
                );
                let json =
                    json!({ "event": "ended", "node": number, "status": status.to_string() });
                output.print(&text, &json)?;
                if processes.all_ended() {
                    break;
                }
            }
        }
    }
    if let Some(web) = web {
        web.stop();
    }
    processes.stop();
    Ok(())
}

/// Where the pages are, if there are any: on ports that no node has.
fn web_places(args: &Args, nodes: &[NodeSockets]) -> Result<Option<WebPlaces>, DevnetError> {
    if args.no_web {
        return Ok(None);
    }
    let mut taken = nodes.iter().flat_map(|node| [node.clients, node.nodes]);
    let pages = args.web_port..args.web_port.saturating_add(PORTS);
    if args.web_port == 0 || taken.any(|it| pages.contains(&it.port())) {
        return Err(DevnetError::Ports(nodes.len()));
    }
    let places = WebPlaces::from_port(args.web_port);
    places
        .map(Some)
        .map_err(|_| DevnetError::Ports(nodes.len()))
}

/// Where the nodes are: where those of the network that is there are, unless others are asked for.
fn places(args: &Args, there: Option<Vec<NodeSockets>>) -> Result<Vec<NodeSockets>, DevnetError> {
    let there = there.unwrap_or_default();
    let is_asked = args.nodes.is_some() || args.port.is_some() || args.p2p_port.is_some();
    if !is_asked && !there.is_empty() {
        return Ok(there);
    }
    let kept = there.first();
    let nodes = args.nodes.unwrap_or(match kept {
        Some(_) => u16::try_from(there.len()).unwrap_or(MOST_NODES),
        None => NODES,
    });
    let port = args
        .port
        .or(kept.map(|first| first.clients.port()))
        .unwrap_or(PORT);
    let p2p_port = args
        .p2p_port
        .or(kept.map(|first| first.nodes.port()))
        .unwrap_or(P2P_PORT);
    let impossible = || DevnetError::Ports(nodes.into());
    let at = |first: u16, place: u16| {
        let port = first.checked_add(place).filter(|port| *port != 0)?;
        Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
    };
    if port.abs_diff(p2p_port) < nodes {
        return Err(impossible());
    }
    (0..nodes)
        .map(|place| {
            Some(NodeSockets {
                clients: at(port, place)?,
                nodes: at(p2p_port, place)?,
            })
        })
        .collect::<Option<_>>()
        .ok_or_else(impossible)
}

/// Turns the signals that end a process into an event, and into what can be waited for beside
/// something else.
pub(crate) fn watch_signals(events: mpsc::Sender<Event>) -> io::Result<watch::Receiver<bool>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let mut end = {
        let _guard = runtime.enter();
        End::new()?
    };
    let (asked, asked_to_end) = watch::channel(false);
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(move || {
            runtime.block_on(end.asked());
            // Nobody listens only when everything has ended.
            let _ = asked.send(true);
            let _ = events.send(Event::Stop);
            runtime.block_on(end.asked_again());
        })?;
    Ok(asked_to_end)
}

fn text(folder: &DevnetFolder, places: &[NodeSockets], web: Option<&WebPlaces>) -> String {
    let mut text = format!(
        "network {} runs, its data is in {}\n\n",
        folder.chain_id(),
        folder.path().display()
    );
    for (number, place) in (1..).zip(places) {
        text += &format!(
            "  {:<11}http://{}\n",
            format!("node {number}"),
            place.clients
        );
    }
    if let Some(web) = web {
        text += "\n";
        for (name, url) in web.urls() {
            text += &format!("  {name:<11}{url}\n");
        }
        text += "\nThe issuer takes what people type for true: for development only.\n";
    }
    text += &format!(
        "\nThe owner of the network may admit inserters and parties, and operates all nodes. Its key is for\n\
         development only (ed25519):\n\n  public key   {}\n  seed         {}\n\n\
         Stop the network with Ctrl-C; the same command goes on where it stopped.",
        folder.owner(),
        folder.owner_seed()
    );
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(nodes: u16, port: u16, p2p_port: u16) -> Args {
        Args {
            folder: PathBuf::new(),
            chain_id: None,
            body_retention: None,
            nodes: Some(nodes),
            port: Some(port),
            p2p_port: Some(p2p_port),
            web_port: 8480,
            no_web: false,
        }
    }

    fn ports(places: &[NodeSockets]) -> Vec<u16> {
        let of = |place: &NodeSockets| [place.clients.port(), place.nodes.port()];
        places.iter().flat_map(of).collect()
    }

    #[test]
    fn nodes_have_ports_of_their_own() {
        let places = places(&args(4, 8484, 8488), None).unwrap();
        let expected = [8484, 8488, 8485, 8489, 8486, 8490, 8487, 8491];
        assert_eq!(ports(&places), expected);
    }

    #[test]
    fn a_network_that_is_there_keeps_its_ports_unless_others_are_asked_for() {
        let there = || Some(places(&args(2, 9000, 9100), None).unwrap());
        let with = |nodes, port| Args {
            nodes,
            port,
            p2p_port: None,
            ..args(1, 1, 1)
        };
        let kept = places(&with(None, None), there()).unwrap();
        assert_eq!(ports(&kept), [9000, 9100, 9001, 9101]);
        let asked = places(&with(Some(1), Some(9010)), there()).unwrap();
        assert_eq!(ports(&asked), [9010, 9100]);
        let new = places(&with(None, None), None).unwrap();
        assert_eq!(
            ports(&new),
            [8484, 8584, 8485, 8585, 8486, 8586, 8487, 8587]
        );
    }

    #[test]
    fn pages_have_ports_that_no_node_has() {
        let with = |web_port| Args {
            web_port,
            ..args(4, 8484, 8584)
        };
        let nodes = places(&with(8480), None).unwrap();
        assert!(web_places(&with(8480), &nodes).unwrap().is_some());
        assert!(web_places(&with(8488), &nodes).unwrap().is_some());
        for taken in [8481, 8484, 8487, 8581, 8587, 0, 65_533] {
            assert!(web_places(&with(taken), &nodes).is_err(), "{taken}");
        }
        let without = Args {
            no_web: true,
            ..with(8484)
        };
        assert!(web_places(&without, &nodes).unwrap().is_none());
    }

    #[test]
    fn ports_that_are_none_or_meet_are_refused() {
        for (port, p2p_port) in [(8484, 8487), (8487, 8484), (65_533, 100), (0, 8484)] {
            assert!(
                places(&args(4, port, p2p_port), None).is_err(),
                "{port} {p2p_port}"
            );
        }
    }
}
