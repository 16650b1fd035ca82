//! What fuzz targets need of a node and nothing else shows: its sessions without a server.

use std::net::{IpAddr, Ipv4Addr};

use idos_types::{BlockTime, limits::SESSION_SECONDS};
use idos_wallet::Sender;
use zeroize::Zeroizing;

use crate::{
    NodeKey,
    config::Config,
    http::RequestFacts,
    nodes::Nodes,
    rpc::site::{Visit, cookie_name, set_cookie},
    sessions::Sessions,
    sign_in_proof::SignInProof,
    sync_message::Message,
};

/// The sessions of a node, as requests meet them.
pub struct Gate {
    sessions: Sessions,
    config: Config,
}

impl Gate {
    /// The sessions of the node whose key has this seed.
    pub fn new(seed: [u8; 32], chain_id: &str) -> Self {
        let key = NodeKey::from_seed(Zeroizing::new(seed));
        Self {
            sessions: Sessions::new(key, Nodes::default(), chain_id.to_owned()),
            config: Config::default(),
        }
    }

    /// Signs somebody in, who signs the text they are given; the line that sets the cookie.
    pub fn sign_in(
        &self,
        origin: &str,
        sender: Sender,
        sign: impl FnOnce(&str) -> Vec<u8>,
        now_ms: u64,
    ) -> Option<String> {
        let site = self.visit(origin, "").site;
        let now = BlockTime::from_millis(now_ms);
        let text = self.sessions.parameters(&site, now).ok()?;
        let signature = sign(&text.render());
        let (_, token) = self
            .sessions
            .sign_in(&site, sender, &text.nonce, signature, now)
            .ok()?;
        Some(set_cookie(&self.config, origin, &token, SESSION_SECONDS))
    }

    /// The caller of whoever sends this `Cookie` header from this web origin, if signed in.
    pub fn caller(&self, origin: &str, cookies: &str, now_ms: u64) -> Option<String> {
        let visit = self.visit(origin, cookies);
        let now = BlockTime::from_millis(now_ms);
        let session = self
            .sessions
            .check(&visit.site.origin, &visit.token?, now)
            .ok()?;
        Some(session.sender.caller())
    }

    /// The name of the cookie of a web origin.
    pub fn cookie_name(origin: &str) -> String {
        cookie_name(origin)
    }

    fn visit(&self, origin: &str, cookies: &str) -> Visit {
        let facts = RequestFacts {
            peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
            origin: Some(origin.to_owned()),
            host: Some("node.test".to_owned()),
            cookie: Some(cookies.to_owned()),
        };
        Visit::new(&self.config, facts)
    }
}

/// Reads a sign-in proof, verifies it, and writes it again.
pub fn sign_in_proof(bytes: &[u8]) -> Option<Vec<u8>> {
    SignInProof::decode(bytes).ok().map(|proof| proof.encode())
}

/// Reads what a node says to another that syncs, and writes it again.
pub fn sync_message(bytes: &[u8]) -> Option<Vec<u8>> {
    Message::decode(bytes).ok().map(|message| message.encode())
}
