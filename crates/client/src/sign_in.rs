//! Sessions: signed for at one node, good at all nodes of the network.

use std::{future::Future, sync::Arc, time::Duration};

use idos_types::{
    limits::{SESSION_SECONDS, SHORT_TEXT_BYTES, SIGN_IN_SECONDS},
    parse_date,
};
use idos_wire::{
    Authn, AuthnParam, Done, Logout, RPC_PATH, Request, SIGN_IN_STATEMENT, SignInText,
};
use tokio::time::timeout;

use crate::{
    client::Client,
    error::{Error, NodeFault},
    nodes::Missed,
    proved::now_seconds,
};

/// How long a node may take to say what is to be signed.
const PARAMETERS: Duration = Duration::from_secs(2);

/// A session.
#[derive(Clone)]
pub(crate) struct Session {
    /// Name and value of the cookie.
    cookie: Arc<str>,
}

impl Client {
    /// Signs in, if there is no session: the wallet signs a text that names the node and the
    /// network. Reads about the caller do it by themselves.
    pub async fn sign_in(&self) -> Result<(), Error> {
        self.session_or_new(None).await.map(drop)
    }

    /// Ends the session, on all nodes.
    pub async fn sign_out(&self) -> Result<(), Error> {
        let mut session = self.session.lock().await;
        let Some(ended) = session.clone() else {
            return Ok(());
        };
        let account = self.sender().map(|sender| sender.bytes().to_vec());
        let request = Request::Logout(Logout { account });
        self.nodes.read::<Done>(request, Some(ended.cookie)).await?;
        *session = None;
        Ok(())
    }

    /// Asks with a session if one is needed or there is one; with a new one if the nodes no longer
    /// accept it.
    pub(crate) async fn with_session<T, F>(
        &self,
        is_needed: bool,
        ask: impl Fn(Option<Arc<str>>) -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let cookie = if is_needed {
            Some(self.session_or_new(None).await?)
        } else {
            self.session
                .lock()
                .await
                .as_ref()
                .map(|it| Arc::clone(&it.cookie))
        };
        match ask(cookie.clone()).await {
            Err(error) if error.is_not_authorized() && self.wallet.is_some() => {
                // Whoever gave the session may have made it up.
                self.nodes.pass_over();
                let cookie = self.session_or_new(cookie.as_ref()).await?;
                ask(Some(cookie)).await
            }
            outcome => outcome,
        }
    }

    /// The cookie of the session, or of a new one if there is none but `refused`.
    async fn session_or_new(&self, refused: Option<&Arc<str>>) -> Result<Arc<str>, Error> {
        let mut session = self.session.lock().await;
        if let Some(known) = session.as_ref()
            && refused != Some(&known.cookie)
        {
            return Ok(Arc::clone(&known.cookie));
        }
        *session = None;
        let cookie = self.signed_in().await?;
        *session = Some(Session {
            cookie: Arc::clone(&cookie),
        });
        Ok(cookie)
    }

    /// Signs in at the first node that works. One after the other: nobody is to be asked for two
    /// signatures at once. What one node refuses another may do.
    async fn signed_in(&self) -> Result<Arc<str>, Error> {
        let mut tried = 0;
        let mut last = (0, NodeFault::Ended);
        let mut refused = None;
        for node in self.nodes.order() {
            tried += 1;
            match self.sign_in_at(node).await {
                Ok(cookie) => {
                    self.nodes.prefer(node);
                    return Ok(cookie);
                }
                Err(Missed::Final(error @ Error::Refused { .. })) => refused = Some(error),
                Err(Missed::Final(error)) => return Err(error),
                Err(Missed::Node(fault)) => last = (node, fault),
            }
        }
        if let Some(refused) = refused {
            return Err(refused);
        }
        let (node, source) = last;
        Err(Error::Nodes {
            tried,
            url: self.nodes.url(node).to_owned(),
            source,
        })
    }

    async fn sign_in_at(&self, node: usize) -> Result<Arc<str>, Missed> {
        let wallet = self.wallet()?;
        let asked = self
            .nodes
            .ask::<AuthnParam>(node, &Request::AuthnParam, None);
        let param = timeout(PARAMETERS, asked)
            .await
            .map_err(|_| NodeFault::Ended)??
            .value;
        let text = self.acceptable(self.nodes.url(node), param)?;
        let signature = wallet.sign(&text.render()).await.map_err(Error::from)?;
        let sender = wallet.sender();
        let request = Request::Authn(Authn {
            nonce: text.nonce,
            sender: sender.bytes().to_vec(),
            signature,
            scheme: sender.auth().name().to_owned(),
        });
        let answered = self.nodes.ask::<Done>(node, &request, None).await?;
        let cookie = answered.cookie.filter(|pair| !pair.ends_with('='));
        Ok(cookie.ok_or(NodeFault::NoSession)?.into())
    }

    /// The text, if it is one for this node and network: a node could pass on the text of another,
    /// and use the session there. Of the node's own making are the nonce, and when within the bounds
    /// it begins and ends.
    fn acceptable(&self, url: &str, param: AuthnParam) -> Result<SignInText, NodeFault> {
        let text = param
            .into_text()
            .ok_or_else(|| NodeFault::OtherDomain("another version".to_owned()))?;
        if !text.domain.eq_ignore_ascii_case(url) {
            return Err(NodeFault::OtherDomain(text.domain));
        }
        if *text.chain_id != *self.chain_id {
            return Err(NodeFault::OtherChain(text.chain_id));
        }
        match unexpected(&text, url, now_seconds()) {
            Some(what) => Err(NodeFault::SignInText(what)),
            None => Ok(text),
        }
    }
}

/// What of a text is none that a node of the network makes at this time, in seconds since 1970.
fn unexpected(text: &SignInText, url: &str, now: i64) -> Option<&'static str> {
    if text.statement != SIGN_IN_STATEMENT {
        return Some("statement");
    }
    if !text.uri.eq_ignore_ascii_case(&format!("{url}{RPC_PATH}")) {
        return Some("URI");
    }
    let is_opaque = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if !(1..=SHORT_TEXT_BYTES).contains(&text.nonce.len()) || !text.nonce.bytes().all(is_opaque) {
        return Some("nonce");
    }
    // Nodes take nothing that was issued longer ago; clocks may differ as much.
    let is_recent = |issued: &i64| issued.abs_diff(now) <= SIGN_IN_SECONDS;
    let Some(issued) = parse_date(&text.issue_at).ok().filter(is_recent) else {
        return Some("time of issue");
    };
    let lasts = |end: i64| u64::try_from(end.saturating_sub(issued)).unwrap_or(u64::MAX);
    match parse_date(&text.expiration_time) {
        Ok(end) if lasts(end) <= SESSION_SECONDS => None,
        _ => Some("expiration time"),
    }
}

#[cfg(test)]
mod tests;
