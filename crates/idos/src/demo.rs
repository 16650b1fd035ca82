//! `idos demo serve`: a bank that exists to be read. It shows what a business does that relies on
//! what people share: `docs/integration.md` walks through it.

mod application;
mod routes;

use std::net::{Ipv4Addr, SocketAddr};

use axum::{Router, http::header::InvalidHeaderValue};
use clap::Subcommand;
use idos_client::{FlowError, consumer::Consumer};
use idos_pages::Page;
use idos_types::PartyId;
use serde_json::json;
use thiserror::Error;

use crate::{
    command::{network_args::NetworkArgs, output::Output},
    pages::{NamedUrl, PageConfig, PageServer, origin},
    role::{RoleArgs, RoleError, WALLET_KEY},
    web::{
        hosts::Hosts,
        serving::{self, ServingError},
        web_url::WebUrl,
    },
};

/// The commands.
#[derive(Subcommand)]
pub(crate) enum DemoCommand {
    /// Serve the demo bank: its page, and its check of what people share with it.
    Serve(Args),
}

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Address and port.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8483)))]
    pub(crate) listen: SocketAddr,
    /// Folder of the bank, made by `idos consumer keys`. The network admitted the bank, and it published its keys.
    #[arg(long, value_name = "DIR")]
    pub(crate) home: std::path::PathBuf,
    #[command(flatten)]
    pub(crate) network: NetworkArgs,
    /// Where others reach this server. Needed unless --listen is an address of this machine only.
    #[arg(long, value_name = "URL", value_parser = origin)]
    pub(crate) public_url: Option<WebUrl>,
    /// Origin of the enclave.
    #[arg(long, value_name = "URL", value_parser = origin)]
    pub(crate) enclave: WebUrl,
    /// An issuer that takes people on, several times for several.
    #[arg(long = "issuer", value_name = "NAME=URL")]
    pub(crate) issuers: Vec<NamedUrl>,
    /// URL of the dashboard, where people without a profile are sent.
    #[arg(long, value_name = "URL")]
    pub(crate) dashboard: Option<WebUrl>,
    /// The addresses of clients are those that a proxy of your own says (`X-Forwarded-For`).
    #[arg(long)]
    pub(crate) trust_forwarded_for: bool,
    /// A network for development: the page takes wallets that were made in the dashboard.
    #[arg(long)]
    pub(crate) development: bool,
}

/// Why the bank is closed.
#[derive(Debug, Error)]
pub(crate) enum DemoError {
    /// The folder or the network.
    #[error("the demo bank cannot open")]
    Role(#[from] RoleError),
    /// What the network says.
    #[error("the demo bank cannot open")]
    Flow(#[from] FlowError),
    /// The network does not know the bank.
    #[error(
        "the network admitted no consumer with the key {0}: its owner must add the party first"
    )]
    NotAdmitted(String),
    /// Nobody could ask it.
    #[error("{0} is not of this machine only: name the address of the page by --public-url")]
    NoName(SocketAddr),
    /// A node's address is none of the web.
    #[error("the address of the node {0:?} cannot be told to browsers: correct it")]
    Node(String),
    /// An address cannot be told to browsers.
    #[error("the page's headers cannot be made of its configuration")]
    Header(#[from] InvalidHeaderValue),
    /// The address, or what any server needs.
    #[error(transparent)]
    Serving(#[from] ServingError),
}

/// The bank, which is a consumer on the network.
pub(crate) struct Bank {
    consumer: Consumer,
    party: PartyId,
    name: String,
    page: PageServer,
    hosts: Hosts,
    trust_forwarded_for: bool,
}

impl Bank {
    /// Opens the folder, and looks up with proof as whom the network admitted the bank.
    pub(crate) async fn open(args: Args) -> Result<Self, DemoError> {
        let public = args.public_url.as_ref();
        let hosts = Hosts::of(args.listen, public).ok_or(DemoError::NoName(args.listen))?;
        let role = RoleArgs {
            home: args.home,
            network: args.network,
        };
        let consumer = Consumer::new(role.client(WALLET_KEY)?, role.encryption()?);
        let address = role.wallet(WALLET_KEY)?.sender().caller();
        let parties = consumer.client().parties(Some("consumer")).await?;
        let own = parties
            .iter()
            .find(|listed| listed.party.address == address);
        let own = own.ok_or(DemoError::NotAdmitted(address))?;
        let network = consumer.client().clone();
        let nodes = network
            .nodes()
            .urls()
            .map(|url| url.parse().map_err(|_| DemoError::Node(url.to_owned())))
            .collect::<Result<_, _>>()?;
        let config = PageConfig {
            network,
            nodes,
            enclave: Some(args.enclave),
            issuers: args.issuers,
            dashboard: args.dashboard,
            demo: None,
            development: args.development,
        };
        Ok(Self {
            party: own.party.id,
            name: own.published()?.name.clone(),
            page: PageServer::new(Page::Demo, &config, hosts.clone())?,
            consumer,
            hosts,
            trust_forwarded_for: args.trust_forwarded_for,
        })
    }

    /// Its routes: the page, and what the page asks.
    pub(crate) fn router(self) -> Router {
        routes::router(self)
    }
}

/// Serves until the process is asked to end.
pub(crate) fn run(command: DemoCommand, output: Output) -> Result<(), DemoError> {
    let DemoCommand::Serve(args) = command;
    serving::run(args.listen, output, async {
        let bank = Bank::open(args).await?;
        let name = bank.name.clone();
        let told = move |url: &str| {
            let json = json!({ "event": "listening", "page": "demo", "url": url });
            (format!("{name} is open at {url}"), json)
        };
        Ok((bank.router(), told))
    })
}
