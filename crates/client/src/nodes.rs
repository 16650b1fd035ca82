//! Several nodes that count as one: whoever answers is asked first the next time.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use idos_wire::{NodeStatus, RPC_PATH, Request, read};
use reqwest::Url;
use serde::de::DeserializeOwned;
use thiserror::Error;
use tokio::{task::JoinSet, time::sleep};

use crate::{
    error::{Error, NodeFault},
    transport::{self, http, post},
};

/// Most nodes of one client.
const NODES: usize = 64;
/// How long one node is waited for before the next is asked as well.
const PATIENCE: Duration = Duration::from_millis(800);

/// How long the others are waited for once one has refused and all are asked.
const OTHERS: Duration = Duration::from_secs(5);

/// The nodes of a network, as far as a client knows them. Clones share what is known of them.
#[derive(Clone)]
pub struct Nodes(Arc<Inner>);

struct Inner {
    http: reqwest::Client,
    nodes: Vec<Node>,
    /// Who answered last.
    preferred: AtomicUsize,
    next_id: AtomicU64,
}

struct Node {
    /// Without a slash at the end.
    url: String,
    endpoint: Url,
    status: Url,
}

/// These cannot be the nodes of a client. The caller is at fault.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodesError {
    /// There are none, or too many.
    #[error("a client has 1 to {NODES} nodes, not {0}")]
    Count(usize),
    /// A text is not the URL of a node.
    #[error("{0:?} is not the URL of a node, as https://node.example")]
    Url(String),
    /// The connections cannot be set up: no certificates are known, for instance.
    #[error("connections cannot be set up")]
    Setup(#[source] reqwest::Error),
}

/// An answer.
pub(crate) struct Answered<T> {
    /// Whose.
    pub(crate) node: usize,
    pub(crate) value: T,
    pub(crate) cookie: Option<String>,
}

/// What it means that one node refuses.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusals {
    /// Every other would: it is believed.
    Decide,
    /// Only as much as silence, until all others have been asked: whoever does it can prove it.
    AreOneNodes,
}

/// How an attempt at one node ended when it did not succeed.
pub(crate) enum Missed {
    /// Others would do the same.
    Final(Error),
    /// Another may be better.
    Node(NodeFault),
}

impl From<NodeFault> for Missed {
    fn from(fault: NodeFault) -> Self {
        Self::Node(fault)
    }
}

impl From<Error> for Missed {
    fn from(error: Error) -> Self {
        Self::Final(error)
    }
}

impl Nodes {
    /// Nodes by their URLs, as `https://node.example`; the first is asked first. One that is named twice is one. Plain
    /// `http` is for nodes on this machine or in a network of one's own: it shows sessions to whoever listens.
    pub fn new<T: AsRef<str>>(urls: impl IntoIterator<Item = T>) -> Result<Self, NodesError> {
        let nodes = urls
            .into_iter()
            .map(|url| Node::parse(url.as_ref()))
            .collect::<Result<Vec<_>, _>>()?;
        if nodes.is_empty() || nodes.len() > NODES {
            return Err(NodesError::Count(nodes.len()));
        }
        let mut seen = BTreeSet::new();
        let nodes = nodes.into_iter();
        let nodes = nodes.filter(|node| seen.insert(node.endpoint.clone()));
        let nodes = nodes.collect();
        Ok(Self(Arc::new(Inner {
            http: http().map_err(NodesError::Setup)?,
            nodes,
            preferred: AtomicUsize::new(0),
            next_id: AtomicU64::new(1),
        })))
    }

    /// The URLs of all nodes, in the order in which they were given.
    pub fn urls(&self) -> impl Iterator<Item = &str> {
        self.0.nodes.iter().map(|node| node.url.as_str())
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.0.nodes.len()
    }

    /// The URL of a node.
    pub(crate) fn url(&self, node: usize) -> &str {
        self.0.nodes.get(node).map_or("", |node| node.url.as_str())
    }

    /// The node that is asked first.
    pub fn preferred(&self) -> &str {
        self.url(self.0.preferred.load(Ordering::Relaxed))
    }

    /// Every node, the preferred one first.
    pub(crate) fn order(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.count();
        let first = self.0.preferred.load(Ordering::Relaxed);
        (0..count).map(move |at| (first + at) % count)
    }

    /// Remembers who answered.
    pub(crate) fn prefer(&self, node: usize) {
        self.0.preferred.store(node, Ordering::Relaxed);
    }

    /// Asks another node first from now on: the one that is preferred may be wrong.
    pub(crate) fn pass_over(&self) {
        let next = self.0.preferred.load(Ordering::Relaxed).wrapping_add(1);
        self.prefer(next.checked_rem(self.count()).unwrap_or(0));
    }

    /// Asks one node.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        node: usize,
        request: &Request,
        cookie: Option<&str>,
    ) -> Result<Answered<T>, Missed> {
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let Some(known) = self.0.nodes.get(node) else {
            return Err(NodeFault::Ended.into());
        };
        let transport::Answer {
            body,
            status,
            cookie,
        } = post(&self.0.http, &known.endpoint, request.to_body(id), cookie).await?;
        match read(&body, id) {
            Ok(Ok(value)) => Ok(Answered {
                node,
                value,
                cookie,
            }),
            Ok(Err(error)) => Err(Error::of(error).map_or_else(Missed::Node, Missed::Final)),
            Err(_) if status != 200 => Err(NodeFault::Status(status).into()),
            Err(unreadable) => Err(NodeFault::Unreadable(unreadable).into()),
        }
    }

    /// Where the node of this number stands, as it says itself; numbers count from 0 in the order in
    /// which the nodes were given.
    pub async fn status(&self, node: usize) -> Result<NodeStatus, Error> {
        let missed = |source| Error::Nodes {
            tried: 1,
            url: self.url(node).to_owned(),
            source,
        };
        let known = self.0.nodes.get(node);
        let known = known.ok_or_else(|| missed(NodeFault::Ended))?;
        let answer = transport::get(&self.0.http, &known.status).await;
        let transport::Answer { body, status, .. } = answer.map_err(missed)?;
        // A node that is not well says so with a status of its own.
        serde_json::from_slice(&body).map_err(|error| {
            missed(match status {
                200 | 503 => NodeFault::Unreadable(error.into()),
                status => NodeFault::Status(status),
            })
        })
    }

    /// Asks nodes for the same until one has answered: the next as soon as one failed, or as
    /// nothing came for a while. Only for what may be done twice.
    pub(crate) async fn read<T: DeserializeOwned + Send + 'static>(
        &self,
        request: Request,
        cookie: Option<Arc<str>>,
    ) -> Result<Answered<T>, Error> {
        let request = Arc::new(request);
        self.race(Refusals::Decide, move |nodes, node| {
            let (request, cookie) = (Arc::clone(&request), cookie.clone());
            async move { nodes.ask(node, &request, cookie.as_deref()).await }
        })
        .await
    }

    /// Tries nodes until one has succeeded, or one found that no other will.
    pub(crate) async fn race<T, F, A>(
        &self,
        refusals: Refusals,
        attempt: A,
    ) -> Result<Answered<T>, Error>
    where
        T: Send + 'static,
        A: Fn(Self, usize) -> F,
        F: Future<Output = Result<Answered<T>, Missed>> + Send + 'static,
    {
        let mut waiting = self.order();
        let mut running = JoinSet::new();
        let mut tried = 0;
        let mut last = None;
        let mut refused = None;
        loop {
            let next = waiting.next();
            if let Some(node) = next {
                tried += 1;
                let future = attempt(self.clone(), node);
                running.spawn(async move { (node, future.await) });
            }
            loop {
                let is_last = next.is_none();
                let ended = tokio::select! {
                    ended = running.join_next() => ended,
                    () = sleep(PATIENCE), if !is_last => break,
                    // Those that keep silent are given up, and the refusal counts.
                    () = sleep(OTHERS), if is_last && refused.is_some() => None,
                };
                match ended {
                    Some(Ok((node, Ok(answered)))) => {
                        self.prefer(node);
                        return Ok(answered);
                    }
                    Some(Ok((_, Err(Missed::Final(error @ Error::Refused { .. })))))
                        if refusals == Refusals::AreOneNodes =>
                    {
                        // A new session may be all that is needed.
                        if refused.is_none() || error.is_not_authorized() {
                            refused = Some(error);
                        }
                    }
                    Some(Ok((_, Err(Missed::Final(error))))) => return Err(error),
                    Some(Ok((node, Err(Missed::Node(fault))))) => last = Some((node, fault)),
                    // An attempt that was ended by a bug or with the runtime: nothing is known.
                    Some(Err(_)) => {}
                    None => {
                        if let Some(refused) = refused {
                            return Err(refused);
                        }
                        let (node, source) = last.unwrap_or((0, NodeFault::Ended));
                        return Err(Error::Nodes {
                            tried,
                            url: self.url(node).to_owned(),
                            source,
                        });
                    }
                }
                if !is_last {
                    break;
                }
            }
        }
    }
}

impl Node {
    fn parse(text: &str) -> Result<Self, NodesError> {
        let wrong = || NodesError::Url(text.to_owned());
        let url = text.trim_end_matches('/').to_owned();
        let endpoint: Url = format!("{url}{RPC_PATH}").parse().map_err(|_| wrong())?;
        let is_http = matches!(endpoint.scheme(), "http" | "https");
        let is_plain = endpoint.username().is_empty()
            && endpoint.password().is_none()
            && endpoint.query().is_none()
            && endpoint.fragment().is_none();
        // A scheme alone would take the path for the host.
        if !is_http || !is_plain || !url.contains("://") {
            return Err(wrong());
        }
        let status = format!("{url}/api/v1/health/node");
        let status = status.parse().map_err(|_| wrong())?;
        Ok(Self {
            url,
            endpoint,
            status,
        })
    }
}

impl std::fmt::Debug for Nodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.urls()).finish()
    }
}

#[cfg(test)]
mod tests;
