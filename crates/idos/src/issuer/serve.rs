//! `idos issuer serve`: the VC-API of the W3C over HTTP.

mod authority;
mod capacity;
mod entrance;
mod onboarding;
mod operations;
mod own_lists;
mod request;
mod revocations;
mod routes;
mod status_lists;

use std::{
    net::{Ipv4Addr, SocketAddr},
    num::NonZeroU32,
    path::PathBuf,
    sync::Arc,
    thread,
};

use axum::Router;
use idos_credential::{Policy, PolicyError, Suite, Verifier};
use serde_json::json;
use thiserror::Error;

use crate::{
    command::{
        output::Output,
        secret_file::SecretFileError,
        trust_args::{TrustArgs, TrustError},
    },
    issuer::keys::KeysError,
    web::{
        hosts::{Hosts, is_local},
        rate::Rate,
        serving::{self, ServingError},
        web_url::WebUrl,
    },
};
use authority::{Authority, OwnDocument, Web};
use capacity::Capacity;
use entrance::Entrance;
pub(crate) use onboarding::OnboardingArgs;
use onboarding::{Onboarding, OnboardingError};
use operations::Operations;
use own_lists::{ListSource, OwnLists};
pub(crate) use revocations::Revocations;
pub(crate) use status_lists::{StatusLists, StatusListsError};

/// How much one address may have verified or derived in a minute, unless the operator says otherwise: one
/// verification takes milliseconds, the largest some seconds.
const VERIFICATIONS: NonZeroU32 = NonZeroU32::new(120).unwrap();

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the issuer, made by `idos issuer keys`.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Address and port; TLS is the matter of a proxy in front.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8492)))]
    listen: SocketAddr,
    /// File with the token (64 hexadecimal digits, readable by its owner only) without which
    /// nothing is issued. Needed unless --listen and --public-url are addresses of this machine only.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Issue under this DID instead of the did:key of each key; its document is served.
    #[arg(long, value_name = "DID")]
    did_web: Option<String>,
    /// Where others reach this server: status lists are there.
    #[arg(long, value_name = "URL")]
    public_url: Option<WebUrl>,
    /// Give every credential an entry in the revocation list.
    #[arg(long, requires = "public_url")]
    revocable: bool,
    /// The suite when a request names none.
    #[arg(long, value_name = "SUITE", default_value = Suite::EddsaJcs2022.name(), value_parser = suite)]
    suite: Suite,
    /// How much one address may have verified or derived in a minute without the token.
    #[arg(long, value_name = "N", default_value_t = VERIFICATIONS)]
    verifications_per_minute: NonZeroU32,
    /// Besides this issuer itself, who is believed when credentials are verified.
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    onboarding: OnboardingArgs,
}

impl Args {
    /// For an issuer of this machine that takes people on.
    pub(crate) fn onboarding(
        home: PathBuf,
        listen: SocketAddr,
        onboarding: OnboardingArgs,
    ) -> Self {
        Self {
            home,
            listen,
            token_file: None,
            did_web: None,
            public_url: None,
            revocable: false,
            suite: Suite::EddsaJcs2022,
            verifications_per_minute: VERIFICATIONS,
            trust: TrustArgs::default(),
            onboarding,
        }
    }
}

/// Why nothing is served.
#[derive(Debug, Error)]
pub(crate) enum ServeError {
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The token.
    #[error(transparent)]
    Token(#[from] SecretFileError),
    /// Strangers could issue.
    #[error("{0}, so that strangers could issue: name a --token-file")]
    Open(Open),
    /// The DID.
    #[error("there can be no such issuer; correct --did-web")]
    Did(#[from] PolicyError),
    /// Whom to believe.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The status lists.
    #[error(transparent)]
    Status(#[from] StatusListsError),
    /// People cannot be taken on.
    #[error(transparent)]
    Onboarding(#[from] OnboardingError),
    /// The address, or what any server needs.
    #[error(transparent)]
    Serving(#[from] ServingError),
}

/// By what others than this machine reach the server.
#[derive(Debug, Error)]
pub(crate) enum Open {
    /// Where it listens.
    #[error("--listen {0} is no address of this machine only")]
    Listen(SocketAddr),
    /// A proxy in front, which asks by the name of this machine, whoever asked the proxy.
    #[error("others reach this server by --public-url {}", .0.as_str())]
    Public(WebUrl),
    /// The same, as the addresses show that it passes on.
    #[error("--trust-forwarded-for says that a proxy passes requests of others on")]
    Proxy,
}

impl Open {
    fn of(args: &Args) -> Option<Self> {
        if !args.listen.ip().is_loopback() {
            return Some(Self::Listen(args.listen));
        }
        if let Some(url) = args.public_url.as_ref().filter(|url| !is_local(url)) {
            return Some(Self::Public(url.clone()));
        }
        args.onboarding.trust_forwarded_for.then_some(Self::Proxy)
    }
}

/// Serves until the process is asked to end.
pub(crate) fn run(args: Args, output: Output) -> Result<(), ServeError> {
    serving::run(args.listen, output, async {
        let server = IssuerServer::open(args).await?;
        let app = Arc::clone(&server.app);
        let told = move |url: &str| {
            let mut text = format!("listening on {url}");
            let mut issuers = Vec::new();
            for (kind, id) in app.operations.authority.ids() {
                text += &format!("\n  {kind:<8} {id}");
                issuers.push(json!({ "key": kind.to_string(), "issuer": id }));
            }
            let json = json!({ "event": "listening", "url": url, "issuers": issuers });
            (text, json)
        };
        Ok((server.router(), told))
    })
}

/// An issuer that is ready to be asked.
pub(crate) struct IssuerServer {
    app: Arc<routes::App>,
    onboarding: Option<Onboarding>,
}

impl IssuerServer {
    /// Reads what the arguments name, and asks the network who the issuer is if people are taken on.
    pub(crate) async fn open(args: Args) -> Result<Self, ServeError> {
        let entrance = match &args.token_file {
            Some(path) => Entrance::with_token(path)?,
            None => match Open::of(&args) {
                None => Entrance::ThisMachine,
                Some(open) => return Err(ServeError::Open(open)),
            },
        };
        let onboarding = if args.onboarding.onboarding {
            let hosts = Hosts::of(args.listen, args.public_url.as_ref());
            Some(Onboarding::open(&args.home, &args.onboarding, hosts).await?)
        } else {
            None
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let app = routes::App {
            entrance,
            // One turn is the issuer's own, on one core, too.
            capacity: Capacity::new(routes::PLACES, cores.max(2)),
            for_lists: Capacity::new(routes::PLACES, 1),
            rate: Rate::per_minute(args.verifications_per_minute),
            trust_forwarded_for: args.onboarding.trust_forwarded_for,
            operations: operations(args)?,
        };
        Ok(Self {
            app: Arc::new(app),
            onboarding,
        })
    }

    /// Its routes.
    pub(crate) fn router(self) -> Router {
        let router = routes::router(self.app);
        let router = match self.onboarding {
            None => router,
            Some(onboarding) => router.merge(onboarding::router(onboarding)),
        };
        router.method_not_allowed_fallback(routes::wrong_method)
    }
}

/// Reads keys, lists and whom to believe.
fn operations(args: Args) -> Result<Operations, ServeError> {
    let web = args.did_web.as_deref().map(Web::parse).transpose()?;
    let authority = Arc::new(Authority::load(&args.home, web)?);
    let lists = match args.public_url {
        None => None,
        Some(url) => {
            let lists = OwnLists::open(&args.home, &url, Arc::clone(&authority))?;
            Some(Arc::new(lists))
        }
    };
    let trust = authority.trusted_in(args.trust.read()?);
    let verifier = |subject_is_holder| {
        let policy = Policy {
            subject_is_holder,
            ..Policy::default()
        };
        let verifier = Verifier::new(trust.clone())
            .with_policy(policy)
            .with_documents(OwnDocument(Arc::clone(&authority)));
        match &lists {
            Some(lists) => verifier.with_statuses(ListSource(Arc::clone(lists))),
            None => verifier,
        }
    };
    Ok(Operations {
        verifier: verifier(false),
        of_holders: verifier(true),
        authority,
        lists,
        suite: args.suite,
        revocable: args.revocable,
    })
}

fn suite(name: &str) -> Result<Suite, String> {
    Suite::of_name(name).ok_or_else(|| {
        let names: Vec<_> = Suite::ALL.into_iter().map(Suite::name).collect();
        format!("it is one of {}", names.join(", "))
    })
}
