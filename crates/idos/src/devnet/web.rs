//! The pages of a development network, with an issuer that takes people on and a demo bank.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    sync::Arc,
    time::Duration,
};

use axum::{Router, http::header::InvalidHeaderValue};
use idos_client::keys::{Ed25519Key, KeyError};
use idos_node::genesis::Genesis;
use idos_pages::Page;
use serde_json::{Value, json};
use thiserror::Error;
use tokio::{runtime::Runtime, sync::watch, task::JoinSet};

use super::{
    NodeSockets,
    folder::DevnetFolder,
    parties::{self, PartiesError, Role},
};
use crate::{
    command::{
        end::Interrupted,
        network_args::{self, NetworkArgs, NetworkError},
        secret_file::{self, SecretFileError},
    },
    demo::{self, Bank, DemoError},
    issuer::serve::{self, IssuerServer, OnboardingArgs, ServeError},
    node::init::OWNER_KEY,
    pages::{NamedUrl, PageConfig, PageServer},
    web::{
        hosts::Hosts,
        listening::{ListenError, Listening},
        web_url::{WebUrl, WebUrlError},
    },
};

/// How many ports the servers take.
pub(super) const PORTS: u16 = 4;
/// Everybody who develops against the network has one address.
const REQUESTS_PER_MINUTE: NonZeroU32 = NonZeroU32::new(100_000).unwrap();
/// How long the threads have to end.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there are no pages.
#[derive(Debug, Error)]
pub(crate) enum WebError {
    /// The parties.
    #[error(transparent)]
    Parties(#[from] PartiesError),
    /// The network.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The owner's key.
    #[error(transparent)]
    Secret(#[from] SecretFileError),
    /// The owner's key.
    #[error("the owner's key cannot be used")]
    Key(#[from] KeyError),
    /// The issuer.
    #[error("the development issuer cannot be served")]
    Issuer(#[from] Box<ServeError>),
    /// The bank.
    #[error("the demo bank cannot be served")]
    Demo(#[from] Box<DemoError>),
    /// An address.
    #[error("an address of the development network is none of the web")]
    Address(#[from] WebUrlError),
    /// A page's headers.
    #[error("the headers of a page cannot be made of its configuration")]
    Header(#[from] InvalidHeaderValue),
    /// A server would have no name. Those of this machine always have.
    #[error("{0} is not of this machine")]
    NoName(SocketAddr),
    /// A port.
    #[error("the port of a page is taken: choose others by --web-port, or none by --no-web")]
    Listen(#[from] ListenError),
    /// The network was asked to end while the pages opened.
    #[error("stopped before the pages were served")]
    Stopped(#[source] Interrupted),
    /// Threads.
    #[error("the operating system does not give what the pages need")]
    System(#[source] io::Error),
}

/// Where the servers are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct WebPlaces {
    pub(super) dashboard: WebUrl,
    pub(super) enclave: WebUrl,
    pub(super) issuer: WebUrl,
    pub(super) demo: WebUrl,
    listen: [SocketAddr; PORTS as usize],
}

impl WebPlaces {
    /// From this port on. The enclave has another name than the pages: a site of its own, and a
    /// name for which browsers make passkeys, as they do not for addresses.
    pub(super) fn from_port(first: u16) -> Result<Self, WebUrlError> {
        let port = |place: u16| first.checked_add(place).ok_or(WebUrlError);
        let ports = [port(0)?, port(1)?, port(2)?, port(3)?];
        let [dashboard, enclave, issuer, demo] = ports;
        let at = |host: &str, port: u16| format!("http://{host}:{port}").parse();
        Ok(Self {
            dashboard: at("127.0.0.1", dashboard)?,
            enclave: at("localhost", enclave)?,
            issuer: at("127.0.0.1", issuer)?,
            demo: at("127.0.0.1", demo)?,
            listen: ports.map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port))),
        })
    }

    /// The addresses, by name.
    pub(super) fn urls(&self) -> [(&'static str, &WebUrl); PORTS as usize] {
        [
            ("dashboard", &self.dashboard),
            ("enclave", &self.enclave),
            ("issuer", &self.issuer),
            ("demo", &self.demo),
        ]
    }

    /// For programs.
    pub(super) fn json(&self) -> Value {
        let urls = self
            .urls()
            .map(|(name, url)| (name.to_owned(), json!(url.as_str())));
        Value::Object(urls.into_iter().collect())
    }
}

/// The running servers.
pub(super) struct Web {
    runtime: Runtime,
    servers: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Web {
    /// Admits the parties and starts the servers; returns when all listen, or when it is asked to end.
    pub(super) fn start(
        folder: &DevnetFolder,
        nodes: &[NodeSockets],
        places: &WebPlaces,
        asked_to_end: &mut watch::Receiver<bool>,
    ) -> Result<Self, WebError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(WebError::System)?;
        let (stop, stopped) = watch::channel(false);
        let mut servers = JoinSet::new();
        runtime.block_on(async {
            let routers = tokio::select! {
                routers = routers(folder, nodes, places) => routers?,
                // Whoever is waited for may never answer.
                _ = asked_to_end.wait_for(|asked| *asked) => {
                    return Err(WebError::Stopped(Interrupted));
                }
            };
            for (listen, router) in routers {
                let listening = Listening::on(listen).await?;
                let mut stopped = stopped.clone();
                servers.spawn(listening.serve(router, async move {
                    // A sender that is gone ends them as well.
                    let _ = stopped.wait_for(|stop| *stop).await;
                }));
            }
            Ok::<(), WebError>(())
        })?;
        Ok(Self {
            runtime,
            servers,
            stop,
        })
    }

    /// Ends them; requests in flight are still answered.
    pub(super) fn stop(mut self) {
        self.stop.send_replace(true);
        self.runtime
            .block_on(async { while self.servers.join_next().await.is_some() {} });
        self.runtime.shutdown_timeout(PATIENCE);
    }
}

/// Everything that is served, with where.
async fn routers(
    folder: &DevnetFolder,
    nodes: &[NodeSockets],
    places: &WebPlaces,
) -> Result<Vec<(SocketAddr, Router)>, WebError> {
    let urls: Vec<_> = nodes
        .iter()
        .map(|place| format!("http://{}", place.clients))
        .collect();
    let genesis = folder.home(0).join(Genesis::FILE);
    let client = network_args::forgetful(&urls, &genesis, None)?;
    let network = NetworkArgs::of(urls.clone(), genesis);
    let owner = Ed25519Key::from_seed(&secret_file::read(&folder.path().join(OWNER_KEY))?)?;
    let owner = client.clone().with_wallet(Arc::new(owner));
    for role in [Role::Issuer, Role::Consumer] {
        parties::prepare(role, folder.path(), &network)?;
        parties::admit(role, folder.path(), &client, &owner).await?;
    }
    let issuers = vec![NamedUrl {
        name: Role::Issuer.name().to_owned(),
        url: places.issuer.clone(),
    }];
    let [dashboard, enclave, issuer, demo] = places.listen;
    let onboarding = OnboardingArgs {
        onboarding: true,
        page_origins: vec![places.dashboard.clone(), places.demo.clone()],
        self_asserted: true,
        requests_per_minute: REQUESTS_PER_MINUTE,
        trust_forwarded_for: false,
        network: network.clone(),
    };
    let home = Role::Issuer.home(folder.path());
    let issuing = serve::Args::onboarding(home, issuer, onboarding);
    let issuing = IssuerServer::open(issuing).await.map_err(Box::new)?;
    let bank = demo::Args {
        listen: demo,
        home: Role::Consumer.home(folder.path()),
        network,
        public_url: None,
        enclave: places.enclave.clone(),
        issuers: issuers.clone(),
        dashboard: Some(places.dashboard.clone()),
        trust_forwarded_for: false,
        development: true,
    };
    let bank = Bank::open(bank).await.map_err(Box::new)?;
    let of_dashboard = PageConfig {
        network: client,
        nodes: urls
            .iter()
            .map(|url| url.parse())
            .collect::<Result<_, _>>()?,
        enclave: Some(places.enclave.clone()),
        issuers,
        dashboard: Some(places.dashboard.clone()),
        demo: Some(places.demo.clone()),
        development: true,
    };
    let of_enclave = PageConfig {
        enclave: None,
        ..of_dashboard.clone()
    };
    Ok(vec![
        (dashboard, page(Page::Dashboard, dashboard, &of_dashboard)?),
        (enclave, page(Page::Enclave, enclave, &of_enclave)?),
        (issuer, issuing.router()),
        (demo, bank.router()),
    ])
}

fn page(page: Page, listen: SocketAddr, config: &PageConfig) -> Result<Router, WebError> {
    let hosts = Hosts::of(listen, None).ok_or(WebError::NoName(listen))?;
    Ok(PageServer::new(page, config, hosts)?.router())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_enclave_is_another_site_than_the_pages() {
        let places = WebPlaces::from_port(8480).unwrap();
        let urls = places.urls().map(|(_, url)| url.as_str());
        assert_eq!(
            urls,
            [
                "http://127.0.0.1:8480",
                "http://localhost:8481",
                "http://127.0.0.1:8482",
                "http://127.0.0.1:8483",
            ]
        );
        assert_eq!(places.json()["enclave"], "http://localhost:8481");
        assert!(WebPlaces::from_port(65_533).is_err());
    }
}
