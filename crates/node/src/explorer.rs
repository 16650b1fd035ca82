//! The network explorer of a node: what anybody may ask, within a budget of its own, so that whoever
//! looks never slows down whoever writes.

mod chain;
mod document;
mod grants;
mod history;
mod members;
mod network;
mod news;

use std::{net::IpAddr, sync::Arc, sync::Mutex, time::Duration};

use axum::body::Bytes;
use idos_connections::Group;
use idos_explorer::{Asked, Fault, Format, Found, Network};
use idos_store::{Snapshot, StoreError};
use idos_types::{BlockTime, Digest, Uuid, limits::EXPLORER_READS_PER_MINUTE};
use idos_wire::RpcError;
use tokio::{
    sync::{Semaphore, mpsc, watch},
    time::timeout,
};

pub(crate) use document::{Content, Document};
use history::History;
use news::News;

use crate::{
    node::{Node, database, state},
    quota::{Quota, Taken},
};

/// How long a question waits for its turn.
const WAIT: Duration = Duration::from_secs(2);
/// Blocks on the first page.
const NEWEST: usize = 10;

/// What the explorer keeps beside the database.
pub(crate) struct Explorer {
    quota: Quota<Group>,
    /// Places for its reads: never all readers of the database.
    places: Arc<Semaphore>,
    history: Mutex<History>,
    sizes: Mutex<Option<network::Counted>>,
    /// Whoever counts holds it.
    counting: Arc<tokio::sync::Mutex<()>>,
    pub(crate) news: Arc<News>,
}

/// Why there is no answer.
enum Missing {
    /// There is no such thing.
    Unknown(&'static str),
    /// The node cannot answer.
    Node(RpcError),
    /// All places are taken.
    Busy,
}

type Outcome<T> = Result<T, Missing>;

impl From<StoreError> for Missing {
    fn from(error: StoreError) -> Self {
        Self::Node(database(error))
    }
}

impl From<idos_ledger::StateError> for Missing {
    fn from(error: idos_ledger::StateError) -> Self {
        Self::Node(state(error))
    }
}

impl From<RpcError> for Missing {
    fn from(error: RpcError) -> Self {
        Self::Node(error)
    }
}

impl Explorer {
    /// An explorer for a database with so many readers.
    pub(crate) fn new(readers: u32) -> Self {
        let places = usize::try_from(readers / 2).unwrap_or(1).max(1);
        Self {
            quota: Quota::new(EXPLORER_READS_PER_MINUTE),
            places: Arc::new(Semaphore::new(places)),
            history: Mutex::default(),
            sizes: Mutex::default(),
            counting: Arc::default(),
            news: Arc::default(),
        }
    }

    /// Counts one more question from there, or says why it has no turn.
    fn count(&self, format: Format, peer: IpAddr, now: BlockTime) -> Result<(), Document> {
        match self.quota.take_from(peer, now) {
            Taken::Counted => Ok(()),
            Taken::UsedUp => Err(Document::too_many(format, now)),
            Taken::Crowded => Err(Document::crowded(format, now)),
        }
    }
}

impl Node {
    /// Answers whoever asks the explorer.
    pub(crate) async fn explore(
        self: &Arc<Self>,
        peer: IpAddr,
        path: &str,
        query: &str,
    ) -> Document {
        let is_json = path.starts_with("/api/");
        let format = if is_json { Format::Json } else { Format::Page };
        let Some(explorer) = &self.explorer else {
            return Document::off();
        };
        let asked = idos_explorer::read(path, query);
        // They are in memory, and come with every page.
        match asked {
            Ok((_, Asked::Stylesheet)) => return Document::ok(Content::Stylesheet),
            Ok((_, Asked::Script)) => return Document::ok(Content::Script),
            _ => {}
        }
        if let Err(refused) = explorer.count(format, peer, self.now()) {
            return refused;
        }
        let asked = match asked {
            Ok((_, asked)) => asked,
            Err(fault) => return Document::fault(format, &fault),
        };
        match self.document(format, asked).await {
            Ok(document) => document,
            Err(Missing::Busy) => Document::busy(format),
            Err(Missing::Unknown(what)) => Document::not_found(format, what),
            Err(Missing::Node(error)) => Document::unavailable(format, &error.message),
        }
    }

    /// News as they come, each a whole event; `Err` says why not. They end when `stop` changes.
    pub(crate) fn listen(
        self: &Arc<Self>,
        peer: IpAddr,
        stop: watch::Receiver<bool>,
    ) -> Result<mpsc::Receiver<Bytes>, Document> {
        let Some(explorer) = &self.explorer else {
            return Err(Document::off());
        };
        explorer.count(Format::Json, peer, self.now())?;
        match explorer.news.listen(peer, stop) {
            Some(receiver) => Ok(receiver),
            None => Err(Document::busy(Format::Json)),
        }
    }

    /// Runs `read` on a thread that may block, on the newest executed state, once there is a place.
    /// The read keeps its place until it ends, also if nobody waits for the answer any longer.
    async fn explored<T: Send + 'static>(
        self: &Arc<Self>,
        read: impl FnOnce(&Self, &Snapshot<'_>) -> Outcome<T> + Send + 'static,
    ) -> Outcome<T> {
        self.agrees()?;
        let explorer = self.explorer.as_ref().ok_or(Missing::Busy)?;
        let place = timeout(WAIT, Arc::clone(&explorer.places).acquire_owned()).await;
        let Ok(Ok(place)) = place else {
            return Err(Missing::Busy);
        };
        self.read_for_all(move |node, snapshot| {
            let _place = place;
            Ok(read(node, snapshot))
        })
        .await?
    }

    async fn document(self: &Arc<Self>, format: Format, asked: Asked) -> Outcome<Document> {
        match asked {
            Asked::Network if format == Format::Page => self.home().await,
            Asked::Network => Ok(Document::json(&self.network().await?)),
            Asked::Blocks { before, limit } => {
                let list = self
                    .explored(move |node, snapshot| node.block_list(snapshot, before, limit))
                    .await?;
                Ok(Document::of(format, &list, idos_explorer::blocks))
            }
            Asked::Block(height) => {
                let block = self
                    .explored(move |node, snapshot| node.block_shown(snapshot, height))
                    .await?;
                Ok(Document::of(format, &block, idos_explorer::block))
            }
            Asked::Transaction(hash) => {
                let receipt = self
                    .explored(move |_, snapshot| chain::transaction(snapshot, &hash))
                    .await?;
                Ok(Document::of(format, &receipt, idos_explorer::transaction))
            }
            Asked::Grants { by: None, .. } => Ok(Document::page(idos_explorer::grants(None))),
            Asked::Grants {
                by: Some(by),
                before,
                limit,
            } => {
                let of = by.clone();
                let list = self
                    .explored(move |_, snapshot| grants::list(snapshot, &of, before, limit))
                    .await?;
                let page = |list: &_| idos_explorer::grants(Some((&by, list)));
                Ok(Document::of(format, &list, page))
            }
            Asked::Grant(id) => {
                let grant = self
                    .explored(move |_, snapshot| grants::one(snapshot, id))
                    .await?;
                let height = self.shared.progress.borrow().tip.height;
                let page = |grant: &_| idos_explorer::grant(grant, height);
                Ok(Document::of(format, &grant, page))
            }
            Asked::GrantProof(id) => Ok(Document::json(&self.grant_proof(id).await?)),
            Asked::Validators => {
                let list = self
                    .explored(move |node, snapshot| node.validator_list(snapshot))
                    .await?;
                Ok(Document::of(format, &list, idos_explorer::validators))
            }
            Asked::Motions { offset, limit } => {
                let list = self
                    .explored(move |_, snapshot| members::motions(snapshot, offset, limit))
                    .await?;
                Ok(Document::of(format, &list, idos_explorer::motions))
            }
            Asked::Stats => Ok(Document::json(&self.stats().await?)),
            Asked::OpenApi => Ok(Document::openapi()),
            Asked::About => Ok(Document::page(idos_explorer::about(&self.network().await?))),
            Asked::Search(text) => self.search(text).await,
            // The server asks for these in another way.
            Asked::Events | Asked::Stylesheet | Asked::Script => {
                Ok(Document::fault(format, &Fault::NoPath))
            }
        }
    }

    async fn home(self: &Arc<Self>) -> Outcome<Document> {
        let network: Network = self.network().await?;
        let stats = self.stats().await?;
        let blocks = self
            .explored(|node, snapshot| node.block_list(snapshot, None, NEWEST))
            .await?;
        let page = idos_explorer::home(&network, &blocks, &stats);
        Ok(Document::page(page))
    }

    async fn search(self: &Arc<Self>, text: String) -> Outcome<Document> {
        let found = match idos_explorer::search(&text) {
            Ok(found) => found,
            Err(fault) => {
                let page = idos_explorer::search_fault(&fault.to_string());
                return Ok(Document::bad_page(page));
            }
        };
        let place = match found {
            Found::Block(height) => format!("blocks/{height}"),
            Found::Hash(hash) if self.has_transaction(hash).await? => {
                format!("transactions/{hash}")
            }
            Found::Id(id) if self.has_grant(id).await? => format!("grants/{id}"),
            Found::Id(id) => format!("grants?{}", document::query("data_id", &id.to_string())),
            // As typed: keys are hexadecimal too.
            Found::Hash(_) | Found::Grantee(_) => {
                format!("grants?{}", document::query("grantee", text.trim()))
            }
        };
        Ok(Document::redirect(format!("/explorer/{place}")))
    }

    async fn has_transaction(self: &Arc<Self>, hash: Digest) -> Outcome<bool> {
        self.explored(move |_, snapshot| Ok(snapshot.receipt(&hash)?.is_some()))
            .await
    }

    async fn has_grant(self: &Arc<Self>, id: Uuid) -> Outcome<bool> {
        self.explored(move |_, snapshot| grants::exists(snapshot, id))
            .await
    }
}

#[cfg(test)]
mod tests;
