//! Sign-in, and the sessions that follow from it.
//!
//! A session is self-verifying: its cookie holds what the person signed, with a nonce that a node of
//! the network signed for one web origin. Every node can check it without shared memory; what is
//! kept here is only a cache of checked ones. Logging out is remembered in the database until the session would have
//! ended by itself.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_ledger::Caller;
use idos_types::{
    BlockTime, Digest, ValidatorKey,
    limits::{CHECKED_SESSIONS, CLOCKS_SECONDS, COOKIE_BYTES, SESSION_SECONDS, SIGN_IN_SECONDS},
};
use idos_wallet::Sender;
use idos_wire::SignInText;
use thiserror::Error;

use crate::{
    node_key::{NodeKey, is_signed},
    nodes::Nodes,
    rpc::site::cookie_name,
    sign_in_nonce::SignInNonce,
    sign_in_proof::{ProofError, SignInProof, sign_in_text},
};

/// Longest token: with the cookie's name and attributes it has to fit a request.
const TOKEN_BYTES: usize = COOKIE_BYTES - 256;
/// Most bytes of name and value of a cookie that browsers keep (RFC 6265bis, section 5.6). They say nothing
/// when they throw one away.
const BROWSER_COOKIE_BYTES: usize = 4_096;
/// The least time between two searches for those that have ended.
const SWEEP_MS: u64 = 60_000;

/// Where a request comes from and goes to: what sign-in texts are bound to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Site {
    /// Public URL of the node that the client used.
    pub(crate) domain: String,
    /// Web origin of the page, empty outside browsers.
    pub(crate) origin: String,
}

/// A session that was checked.
pub(crate) struct Session {
    /// By which it can be revoked.
    pub(crate) id: Digest,
    pub(crate) sender: Sender,
    /// The sender as rules name it.
    pub(crate) caller: Caller,
    /// Milliseconds since 1970.
    pub(crate) expires_ms: u64,
    /// The node that made its nonce.
    node: ValidatorKey,
}

/// Why somebody is not signed in.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    #[error("the nonce is not one of this network for this web origin, ask for parameters again")]
    Nonce,
    #[error("the sign-in took too long, ask for parameters again")]
    TooLate,
    #[error(
        "the nonce is of the future: the clock of this node is wrong, or of the one that issued it"
    )]
    TooEarly,
    #[error("the session has expired")]
    Expired,
    #[error("the signature is too long for a session, use a shorter callback URL")]
    TooLong,
    #[error("the session token is malformed")]
    Token,
    #[error("the sign-in is for another chain")]
    Chain,
    #[error(transparent)]
    Proof(#[from] ProofError),
    #[error("no randomness from the operating system")]
    Randomness(#[source] getrandom::Error),
}

/// Makes and checks sessions.
pub(crate) struct Sessions {
    key: NodeKey,
    nodes: Nodes,
    chain_id: String,
    checked: Mutex<Checked>,
}

/// Sessions that were checked.
#[derive(Default)]
struct Checked {
    sessions: HashMap<Digest, Arc<Session>>,
    /// When those that have ended are looked for again, in milliseconds since 1970.
    sweep_ms: u64,
}

impl Sessions {
    pub(crate) fn new(key: NodeKey, nodes: Nodes, chain_id: String) -> Self {
        Self {
            key,
            nodes,
            chain_id,
            checked: Mutex::default(),
        }
    }

    /// The text for somebody at `site` to sign, at `now`.
    pub(crate) fn parameters(
        &self,
        site: &Site,
        now: BlockTime,
    ) -> Result<SignInText, SessionError> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).map_err(SessionError::Randomness)?;
        let issued = u64::try_from(now.seconds()).unwrap_or_default();
        let nonce = SignInNonce {
            issued,
            random,
            node: self.key.public(),
            signature: self.key.sign(&self.nonce_bytes(site, issued, &random)),
        };
        Ok(sign_in_text(&site.domain, &self.chain_id, &nonce))
    }

    fn nonce_bytes(&self, site: &Site, issued: u64, random: &[u8; 16]) -> Vec<u8> {
        Digest::of_parts(
            "idos/sign-in-nonce/v1",
            &[
                self.chain_id.as_bytes(),
                site.domain.as_bytes(),
                site.origin.as_bytes(),
                &issued.to_be_bytes(),
                random,
            ],
        )
        .0
        .to_vec()
    }

    /// Whether what this node signs counts here now.
    fn is_of_network(&self, node: ValidatorKey) -> bool {
        node == self.key.public() || self.nodes.contains(node)
    }

    /// The nonce, if a node of the network issued it for this site, and not in the future.
    fn nonce(&self, site: &Site, text: &str, now: BlockTime) -> Result<SignInNonce, SessionError> {
        let nonce = SignInNonce::parse(text).ok_or(SessionError::Nonce)?;
        let signed = self.nonce_bytes(site, nonce.issued, &nonce.random);
        if !self.is_of_network(nonce.node) || !is_signed(nonce.node, &signed, &nonce.signature) {
            return Err(SessionError::Nonce);
        }
        let now = u64::try_from(now.seconds()).unwrap_or_default();
        if nonce.issued > now.saturating_add(CLOCKS_SECONDS) {
            return Err(SessionError::TooEarly);
        }
        Ok(nonce)
    }

    /// Signs somebody in: checks what was signed, and returns it with the token of the session.
    pub(crate) fn sign_in(
        &self,
        site: &Site,
        sender: Sender,
        nonce: &str,
        signature: Vec<u8>,
        now: BlockTime,
    ) -> Result<(SignInProof, String), SessionError> {
        let nonce = self.nonce(site, nonce, now)?;
        let age = u64::try_from(now.seconds())
            .unwrap_or_default()
            .saturating_sub(nonce.issued);
        if age > SIGN_IN_SECONDS {
            return Err(SessionError::TooLate);
        }
        let text = sign_in_text(&site.domain, &self.chain_id, &nonce);
        let proof = SignInProof::verify(sender, text, signature)?;
        let bytes = proof.encode();
        let token = URL_SAFE_NO_PAD.encode(&bytes);
        if token.len() > longest_token(&site.origin) {
            return Err(SessionError::TooLong);
        }
        // What others will read has to be what was verified here, bounds included.
        Ok((SignInProof::decode(&bytes)?, token))
    }

    /// The session of a token that a request from `origin` brings. Whether it was revoked is for
    /// the caller to look up.
    pub(crate) fn check(
        &self,
        origin: &str,
        token: &str,
        now: BlockTime,
    ) -> Result<Arc<Session>, SessionError> {
        let cache_key =
            Digest::of_parts("idos/session-cache", &[origin.as_bytes(), token.as_bytes()]);
        let cached = self.checked().sessions.get(&cache_key).cloned();
        // What was right once is looked at again if the network has gone on without its node.
        let cached = cached.filter(|session| self.is_of_network(session.node));
        let session = match cached {
            Some(session) => session,
            None => {
                let session = Arc::new(self.verify(origin, token, now)?);
                self.remember(cache_key, Arc::clone(&session), now);
                session
            }
        };
        if now.millis() >= session.expires_ms {
            return Err(SessionError::Expired);
        }
        Ok(session)
    }

    fn verify(&self, origin: &str, token: &str, now: BlockTime) -> Result<Session, SessionError> {
        if token.len() > COOKIE_BYTES {
            return Err(SessionError::Token);
        }
        let bytes = URL_SAFE_NO_PAD
            .decode(token)
            .map_err(|_| SessionError::Token)?;
        let proof = SignInProof::decode(&bytes)?;
        if proof.text.chain_id != self.chain_id {
            return Err(SessionError::Chain);
        }
        let site = Site {
            domain: proof.text.domain.clone(),
            origin: origin.to_owned(),
        };
        let nonce = self.nonce(&site, &proof.text.nonce, now)?;
        let expires = nonce.issued.saturating_add(SESSION_SECONDS);
        Ok(Session {
            id: Digest::of_parts("idos/session/v1", &[proof.text.nonce.as_bytes()]),
            caller: Caller::new(proof.sender.caller()),
            sender: proof.sender,
            expires_ms: expires.saturating_mul(1_000),
            node: nonce.node,
        })
    }

    fn remember(&self, key: Digest, session: Arc<Session>, now: BlockTime) {
        let mut checked = self.checked();
        let Checked { sessions, sweep_ms } = &mut *checked;
        if sessions.len() >= CHECKED_SESSIONS && now.millis() >= *sweep_ms {
            sessions.retain(|_, session| session.expires_ms > now.millis());
            *sweep_ms = now.millis().saturating_add(SWEEP_MS);
        }
        // Only a cache: when it is full of living sessions, the others are checked each time.
        if sessions.len() < CHECKED_SESSIONS {
            sessions.insert(key, session);
        }
    }

    fn checked(&self) -> MutexGuard<'_, Checked> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The longest token that a client at a web origin keeps.
fn longest_token(origin: &str) -> usize {
    match origin {
        "" => TOKEN_BYTES,
        origin => BROWSER_COOKIE_BYTES - cookie_name(origin).len(),
    }
}

#[cfg(test)]
mod tests {
    use idos_wallet::{AuthType, near_to_sign};
    use sha2::{Digest as _, Sha256};
    use zeroize::Zeroizing;

    use super::*;

    fn sessions() -> Sessions {
        of_node(7, Nodes::default())
    }

    fn of_node(seed: u8, nodes: Nodes) -> Sessions {
        let key = NodeKey::from_seed(Zeroizing::new([seed; 32]));
        Sessions::new(key, nodes, "chain".to_owned())
    }

    fn site(origin: &str) -> Site {
        Site {
            domain: "https://node.test".to_owned(),
            origin: origin.to_owned(),
        }
    }

    fn at(seconds: u64) -> BlockTime {
        BlockTime::from_millis(seconds * 1000)
    }

    fn signer() -> (ed25519_zebra::SigningKey, Sender) {
        let key = ed25519_zebra::SigningKey::from([9; 32]);
        let public = ed25519_zebra::VerificationKey::from(&key);
        let sender = Sender::parse(AuthType::Ed25519, public.as_ref()).unwrap();
        (key, sender)
    }

    fn signed_in(sessions: &Sessions, origin: &str) -> String {
        let (key, sender) = signer();
        let text = sessions.parameters(&site(origin), at(1_000)).unwrap();
        let signature = key.sign(text.render().as_bytes()).to_bytes().to_vec();
        sessions
            .sign_in(&site(origin), sender, &text.nonce, signature, at(1_001))
            .unwrap()
            .1
    }

    #[test]
    fn a_session_belongs_to_its_sender_and_ends() {
        let sessions = sessions();
        let token = signed_in(&sessions, "https://app.test");
        let session = sessions
            .check("https://app.test", &token, at(1_002))
            .unwrap();
        assert_eq!(session.sender, signer().1);
        let end = at(1_000 + SESSION_SECONDS);
        assert!(matches!(
            sessions.check("https://app.test", &token, end),
            Err(SessionError::Expired)
        ));
    }

    #[test]
    fn a_session_of_one_web_origin_is_none_for_another() {
        let sessions = sessions();
        let token = signed_in(&sessions, "https://app.test");
        for origin in ["https://evil.test", ""] {
            assert!(matches!(
                sessions.check(origin, &token, at(1_002)),
                Err(SessionError::Nonce)
            ));
        }
    }

    #[test]
    fn nonces_of_others_late_ones_and_wrong_signatures_are_refused() {
        let sessions = sessions();
        let (key, sender) = signer();
        let text = sessions.parameters(&site(""), at(1_000)).unwrap();
        let signature = key.sign(text.render().as_bytes()).to_bytes().to_vec();
        let sign_in = |site: &Site, nonce: &str, signature: &[u8], now| {
            sessions
                .sign_in(site, sender.clone(), nonce, signature.to_vec(), now)
                .err()
        };
        let late = at(1_000 + SIGN_IN_SECONDS + 1);
        assert!(matches!(
            sign_in(&site(""), &text.nonce, &signature, late),
            Some(SessionError::TooLate)
        ));
        assert!(matches!(
            sign_in(
                &site("https://evil.test"),
                &text.nonce,
                &signature,
                at(1_001)
            ),
            Some(SessionError::Nonce)
        ));
        let other = of_node(8, Nodes::default());
        let foreign = other.parameters(&site(""), at(1_000)).unwrap().nonce;
        assert!(matches!(
            sign_in(&site(""), &foreign, &signature, at(1_001)),
            Some(SessionError::Nonce)
        ));
        let mut flipped = signature.clone();
        flipped[3] ^= 1;
        assert!(matches!(
            sign_in(&site(""), &text.nonce, &flipped, at(1_001)),
            Some(SessionError::Proof(_))
        ));
    }

    #[test]
    fn a_session_counts_on_every_node_of_the_network_as_long_as_its_node_is_one() {
        let nodes = Nodes::default();
        let (one, other) = (sessions(), of_node(8, nodes.clone()));
        let token = signed_in(&one, "https://app.test");
        let check = || other.check("https://app.test", &token, at(1_002)).is_ok();
        assert!(!check());
        nodes.set(0, [one.key.public()]);
        assert!(check());
        // It was looked at, and that is remembered.
        assert!(check());
        for epoch in 1..=3 {
            nodes.set(epoch, [other.key.public()]);
        }
        assert!(!check());
    }

    /// Whoever signs in with a NEAR wallet that comes back by a callback URL of so many bytes.
    fn by_callback(origin: &str, bytes: usize) -> Result<String, SessionError> {
        let sessions = sessions();
        let text = sessions.parameters(&site(origin), at(1_000)).unwrap();
        let (key, _) = signer();
        let public: [u8; 32] = ed25519_zebra::VerificationKey::from(&key).into();
        let sender = Sender::parse(AuthType::Nep413, &public).unwrap();
        let to_sign = near_to_sign(&text.render(), &[1; 32], "idos.network");
        let envelope = to_sign.envelope(&[0; 64]).unwrap();
        // The last byte before the signature says that there is no URL.
        let mut payload = envelope[2..envelope.len() - 65].to_vec();
        payload.push(1);
        payload.extend_from_slice(&u32::try_from(bytes).unwrap().to_le_bytes());
        payload.extend_from_slice("u".repeat(bytes).as_bytes());
        let signature = key.sign(&Sha256::digest(&payload)).to_bytes();
        let len = u16::try_from(payload.len()).unwrap().to_be_bytes();
        let signature = [&len[..], &payload, &signature].concat();
        let signed_in = sessions.sign_in(&site(origin), sender, &text.nonce, signature, at(1_001));
        signed_in.map(|(_, token)| token)
    }

    #[test]
    fn a_session_that_browsers_would_throw_away_is_refused() {
        let page = "https://app.test";
        let is_refused =
            |origin, bytes| matches!(by_callback(origin, bytes), Err(SessionError::TooLong));
        let token = by_callback(page, 500).unwrap();
        let room = BROWSER_COOKIE_BYTES - cookie_name(page).len() - token.len();
        // Four characters of base64 are three bytes.
        let most = 500 + room / 4 * 3;
        assert!(by_callback(page, most).is_ok());
        assert!(is_refused(page, most + 3));
        assert!(by_callback("", most + 3).is_ok());
        assert!(is_refused("", COOKIE_BYTES - 2_000));
    }

    #[test]
    fn whoever_signs_another_text_than_the_nodes_has_no_session() {
        let sessions = sessions();
        let (key, sender) = signer();
        let text = sessions.parameters(&site(""), at(1_000)).unwrap();
        let change: [fn(&mut SignInText); 6] = [
            |text| text.expiration_time = "9999-12-31T23:59:59Z".to_owned(),
            |text| text.issue_at = "9999-12-31T23:59:59Z".to_owned(),
            |text| text.statement.clear(),
            |text| text.uri.push('x'),
            |text| text.nonce.push('='),
            |text| text.chain_id.push('x'),
        ];
        let mut tokens = Vec::new();
        for change in change {
            let mut changed = text.clone();
            change(&mut changed);
            let signature = key.sign(changed.render().as_bytes()).to_bytes().to_vec();
            tokens.push(proof(&sender, changed, signature));
        }
        for token in tokens {
            assert!(sessions.check("", &token, at(1_002)).is_err());
        }
        let signature = key.sign(text.render().as_bytes()).to_bytes().to_vec();
        let good = proof(&sender, text, signature);
        assert!(sessions.check("", &good, at(1_002)).is_ok());
    }

    /// The token of what somebody signed, whatever that is.
    fn proof(sender: &Sender, text: SignInText, signature: Vec<u8>) -> String {
        let proof = SignInProof::unchecked(sender.clone(), text, signature);
        URL_SAFE_NO_PAD.encode(proof.encode())
    }

    #[test]
    fn nonces_of_the_future_are_refused() {
        let sessions = sessions();
        let token = signed_in(&sessions, "");
        let early = at(1_000 - CLOCKS_SECONDS);
        assert!(sessions.check("", &token, early).is_ok());
        let sessions = self::sessions();
        let earlier = at(999 - CLOCKS_SECONDS);
        assert!(matches!(
            sessions.check("", &token, earlier),
            Err(SessionError::TooEarly)
        ));
    }

    #[test]
    fn every_changed_byte_of_a_token_ends_the_session() {
        let sessions = sessions();
        let token = signed_in(&sessions, "");
        let bytes = URL_SAFE_NO_PAD.decode(&token).unwrap();
        for at_byte in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at_byte] ^= 1;
            let changed = URL_SAFE_NO_PAD.encode(changed);
            assert!(
                sessions.check("", &changed, at(1_002)).is_err(),
                "byte {at_byte}"
            );
        }
    }
}
