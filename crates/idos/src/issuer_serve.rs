//! `idos issuer serve`: the VC-API of the W3C over HTTP.

mod authority;
mod connections;
mod entrance;
mod operations;
mod problem;
mod request;
mod revocations;
mod routes;
mod status_lists;

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
    thread,
};

use idos_credential::{PolicyError, Suite, Verifier};
use serde_json::json;
use thiserror::Error;
use tokio::{net::TcpListener, sync::Semaphore};

use crate::{
    end::End,
    issuer_keys::KeysError,
    output::Output,
    secret_file::SecretFileError,
    trust_args::{TrustArgs, TrustError},
};
use authority::{Authority, ListSource, OwnDocument, OwnLists, Web};
use entrance::Entrance;
use operations::Operations;
pub(crate) use revocations::{Entry, Revocations};
pub(crate) use status_lists::{StatusLists, StatusListsError};

/// What the command is given.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Folder of the issuer, made by `idos issuer keys`.
    #[arg(long, value_name = "DIR")]
    home: PathBuf,
    /// Address and port; TLS is the matter of a proxy in front.
    #[arg(long, value_name = "ADDR", default_value_t = SocketAddr::from((Ipv4Addr::LOCALHOST, 8486)))]
    listen: SocketAddr,
    /// File with the token (64 hexadecimal digits, readable by its owner only) without which
    /// nothing is issued. Needed unless --listen is an address of this machine only.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Issue under this DID instead of the did:key of each key; its document is served.
    #[arg(long, value_name = "DID")]
    did_web: Option<String>,
    /// Where others reach this server: status lists are there.
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Give every credential an entry in the revocation list.
    #[arg(long, requires = "public_url")]
    revocable: bool,
    /// The suite when a request names none.
    #[arg(long, value_name = "SUITE", default_value = Suite::EddsaJcs2022.name(), value_parser = suite)]
    suite: Suite,
    /// Besides this issuer itself, who is believed when credentials are verified.
    #[command(flatten)]
    trust: TrustArgs,
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
    #[error(
        "{0} is not of this machine only, so whoever reaches it could issue: name a --token-file"
    )]
    Open(SocketAddr),
    /// The DID.
    #[error("there can be no such issuer; correct --did-web")]
    Did(#[from] PolicyError),
    /// The address of the status lists.
    #[error("{0:?} is no address of a server; correct --public-url")]
    PublicUrl(String),
    /// Whom to believe.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The status lists.
    #[error(transparent)]
    Status(#[from] StatusListsError),
    /// The address.
    #[error("{address} can not be listened on; choose another by --listen")]
    Listen {
        /// Which one.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The threads and signals it needs.
    #[error("the operating system does not give what the server needs")]
    System(#[source] io::Error),
    /// Nobody can be told.
    #[error("the address can not be printed")]
    Print(#[source] io::Error),
}

/// Serves until the process is asked to end.
pub(crate) fn run(args: Args, output: Output) -> Result<(), ServeError> {
    let entrance = match &args.token_file {
        Some(path) => Entrance::with_token(path)?,
        None if args.listen.ip().is_loopback() => Entrance::ThisMachine,
        None => return Err(ServeError::Open(args.listen)),
    };
    let listen = args.listen;
    let operations = operations(args)?;
    // Standard output is for results. Nobody else logs in this process.
    let _ = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(io::stderr)
        .try_init();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let app = Arc::new(routes::App {
        operations,
        entrance,
        work: Semaphore::new(cores),
    });
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(ServeError::System)?
        .block_on(serve(listen, app, output))
}

/// Reads keys, lists and whom to believe.
fn operations(args: Args) -> Result<Operations, ServeError> {
    let web = args.did_web.as_deref().map(Web::parse).transpose()?;
    let authority = Arc::new(Authority::load(&args.home, web)?);
    let lists = match args.public_url {
        None => None,
        Some(url) => Some(Arc::new(OwnLists {
            base: base(url)?,
            lists: StatusLists::open(&args.home)?,
            authority: Arc::clone(&authority),
        })),
    };
    let trust = authority.trusted_in(args.trust.read()?);
    let mut verifier = Verifier::new(trust).with_documents(OwnDocument(Arc::clone(&authority)));
    if let Some(lists) = &lists {
        verifier = verifier.with_statuses(ListSource(Arc::clone(lists)));
    }
    Ok(Operations {
        authority,
        verifier,
        lists,
        suite: args.suite,
        revocable: args.revocable,
    })
}

async fn serve(
    listen: SocketAddr,
    app: Arc<routes::App>,
    output: Output,
) -> Result<(), ServeError> {
    let mut end = End::new().map_err(ServeError::System)?;
    let failed = |source| ServeError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let url = format!("http://{address}");
    let mut text = format!("listening on {url}");
    let mut issuers = Vec::new();
    for (kind, id) in app.operations.authority.ids() {
        text += &format!("\n  {kind:<8} {id}");
        issuers.push(json!({ "key": kind.to_string(), "issuer": id }));
    }
    let json = json!({ "event": "listening", "url": url, "issuers": issuers });
    output.print(&text, &json).map_err(ServeError::Print)?;
    connections::serve(listener, &routes::router(app), async move {
        end.asked().await;
    })
    .await;
    Ok(())
}

/// An address of the web without `/` at its end.
fn base(url: String) -> Result<String, ServeError> {
    let base = url.trim_end_matches('/');
    let rest = ["https://", "http://"]
        .into_iter()
        .find_map(|scheme| base.strip_prefix(scheme));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]%".contains(c);
    if rest.is_some_and(|rest| !rest.is_empty() && rest.chars().all(plain)) {
        return Ok(base.to_owned());
    }
    Err(ServeError::PublicUrl(url))
}

fn suite(name: &str) -> Result<Suite, String> {
    Suite::of_name(name).ok_or_else(|| {
        let names: Vec<_> = Suite::ALL.into_iter().map(Suite::name).collect();
        format!("it is one of {}", names.join(", "))
    })
}
