//! `idos dashboard serve` and `idos enclave serve`.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
};

use axum::http::header::InvalidHeaderValue;
use clap::Subcommand;
use idos_pages::Page;
use serde_json::json;
use thiserror::Error;

use super::{
    answer::PageServer,
    config::{NamedUrl, PageConfig},
};
use crate::{
    command::{
        network_args::{self, NetworkError},
        output::Output,
    },
    web::{
        hosts::Hosts,
        serving::{self, ServingError},
        web_url::WebUrl,
    },
};

/// The commands of the dashboard.
#[derive(Subcommand)]
pub(crate) enum DashboardCommand {
    /// Serve the page where people look after their data.
    Serve(DashboardArgs),
}

/// The commands of the enclave.
#[derive(Subcommand)]
pub(crate) enum EnclaveCommand {
    /// Serve the page that keeps people's keys, on an origin of its own.
    Serve(EnclaveArgs),
}

/// What every page is told.
#[derive(clap::Args)]
pub(crate) struct PageArgs {
    /// Where others reach this server, if that is not where it listens. TLS is the matter of a
    /// proxy in front. Needed unless --listen is an address of this machine only.
    #[arg(long, value_name = "URL")]
    pub(crate) public_url: Option<WebUrl>,
    /// The network's genesis.toml: what nodes say is checked against it, in the page too.
    #[arg(long, value_name = "FILE")]
    genesis: PathBuf,
    /// A checkpoint.json of the network, from somebody you trust: newer than its genesis.
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<PathBuf>,
    /// URL of a node as it calls itself, several times for several.
    #[arg(long = "node", value_name = "URL", required = true)]
    nodes: Vec<WebUrl>,
    /// A network for development: wallets may be made in the dashboard.
    #[arg(long)]
    development: bool,
}

/// What `dashboard serve` is given.
#[derive(clap::Args)]
pub(crate) struct DashboardArgs {
    /// Address and port.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8480)))]
    listen: SocketAddr,
    #[command(flatten)]
    page: PageArgs,
    /// Origin of the enclave.
    #[arg(long, value_name = "URL", value_parser = origin)]
    enclave: WebUrl,
    /// An issuer that takes people on, several times for several.
    #[arg(long = "issuer", value_name = "NAME=URL")]
    issuers: Vec<NamedUrl>,
    /// URL of a demo bank to point people to.
    #[arg(long, value_name = "URL")]
    demo: Option<WebUrl>,
}

/// What `enclave serve` is given.
#[derive(clap::Args)]
pub(crate) struct EnclaveArgs {
    /// Address and port.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8481)))]
    listen: SocketAddr,
    #[command(flatten)]
    page: PageArgs,
}

/// Why a page is not served.
#[derive(Debug, Error)]
pub(crate) enum PageError {
    /// The genesis.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// Nobody could ask it.
    #[error("{0} is not of this machine only: name the address of the page by --public-url")]
    NoName(SocketAddr),
    /// Another page could be under the same origin.
    #[error("{0} has a path, but a page needs an origin of its own; correct --public-url")]
    Path(WebUrl),
    /// An address cannot be told to browsers.
    #[error("the page's headers cannot be made of its configuration")]
    Header(#[from] InvalidHeaderValue),
    /// The address, or what any server needs.
    #[error(transparent)]
    Serving(#[from] ServingError),
}

/// An address without path.
pub(crate) fn origin(text: &str) -> Result<WebUrl, String> {
    let url: WebUrl = text.parse().map_err(|error| format!("{error}"))?;
    if url.is_origin() {
        return Ok(url);
    }
    Err("it has to be an origin: an address without a path".to_owned())
}

/// The dashboard.
pub(crate) fn run_dashboard(command: DashboardCommand, output: Output) -> Result<(), PageError> {
    let DashboardCommand::Serve(args) = command;
    let config = PageConfig {
        enclave: Some(args.enclave),
        issuers: args.issuers,
        demo: args.demo,
        ..args.page.config()?
    };
    serve(Page::Dashboard, args.listen, &args.page, &config, output)
}

/// The enclave.
pub(crate) fn run_enclave(command: EnclaveCommand, output: Output) -> Result<(), PageError> {
    let EnclaveCommand::Serve(args) = command;
    serve(
        Page::Enclave,
        args.listen,
        &args.page,
        &args.page.config()?,
        output,
    )
}

impl PageArgs {
    /// The configuration of a page, as far as it is the same for all.
    pub(crate) fn config(&self) -> Result<PageConfig, PageError> {
        let urls: Vec<_> = self.nodes.iter().map(WebUrl::as_str).collect();
        let checkpoint = self.checkpoint.as_deref();
        Ok(PageConfig {
            network: network_args::forgetful(&urls, &self.genesis, checkpoint)?,
            nodes: self.nodes.clone(),
            enclave: None,
            issuers: Vec::new(),
            dashboard: None,
            demo: None,
            development: self.development,
        })
    }

    /// The server of a page that listens there.
    pub(crate) fn server(
        &self,
        page: Page,
        listen: SocketAddr,
        config: &PageConfig,
    ) -> Result<PageServer, PageError> {
        let public = self.public_url.as_ref();
        if let Some(url) = public.filter(|url| !url.is_origin()) {
            return Err(PageError::Path(url.clone()));
        }
        let hosts = Hosts::of(listen, public).ok_or(PageError::NoName(listen))?;
        Ok(PageServer::new(page, config, hosts)?)
    }
}

fn serve(
    page: Page,
    listen: SocketAddr,
    args: &PageArgs,
    config: &PageConfig,
    output: Output,
) -> Result<(), PageError> {
    let server = args.server(page, listen, config)?;
    serving::run(listen, output, async {
        // The first visitor begins where the others do. What fails is tried again.
        let _ = config.network.follow().await;
        let told = |url: &str| {
            let json = json!({ "event": "listening", "page": page.name(), "url": url });
            (format!("listening on {url}"), json)
        };
        Ok((server.router(), told))
    })
}
