//! Sign-in, and the sessions that follow from it.
//!
//! A session is self-verifying: its cookie holds what the person signed, with a nonce that a node of
//! the network signed for one web origin. Every node can check it without shared memory; what is
//! kept here is only a cache of checked ones. Logging out is remembered in the database until the session would have
//! ended by itself.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_types::{
    BlockTime, Digest, ValidatorKey,
    limits::{COOKIE_BYTES, SESSION_SECONDS, SIGN_IN_SECONDS},
    parse_date,
};
use idos_wallet::Sender;
use idos_wire::{SIGN_IN_STATEMENT, SignInText};
use thiserror::Error;

use crate::{
    node_key::{NodeKey, is_signed},
    nodes::Nodes,
    sign_in_proof::{ProofError, SignInProof},
};

/// Sessions remembered as checked.
const CHECKED: usize = 100_000;
/// Longest token: with the cookie's name and attributes it has to fit a request.
const TOKEN_BYTES: usize = COOKIE_BYTES - 256;
/// Length of a nonce: time of issue, randomness, key of the node, its signature.
const NONCE_BYTES: usize = 8 + 16 + 32 + 64;

/// Where a request comes from and goes to: what sign-in texts are bound to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Site {
    /// Public URL of the node that the client used.
    pub(crate) domain: String,
    /// Web origin of the page, empty outside browsers.
    pub(crate) origin: String,
}

/// A session that was checked.
#[derive(Clone)]
pub(crate) struct Session {
    /// By which it can be revoked.
    pub(crate) id: Digest,
    pub(crate) sender: Sender,
    /// Milliseconds since 1970.
    pub(crate) expires_ms: u64,
}

/// Why somebody is not signed in.
#[derive(Debug, Error)]
pub(crate) enum SessionError {
    #[error("the nonce is not one of this network for this web origin, ask for parameters again")]
    Nonce,
    #[error("the sign-in took too long, ask for parameters again")]
    TooLate,
    #[error("the session has expired")]
    Expired,
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
    checked: Mutex<HashMap<Digest, Session>>,
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
        let signature = self.key.sign(&self.nonce_bytes(site, issued, &random));
        let mut nonce = Vec::with_capacity(NONCE_BYTES);
        nonce.extend_from_slice(&issued.to_be_bytes());
        nonce.extend_from_slice(&random);
        nonce.extend_from_slice(&self.key.public().0);
        nonce.extend_from_slice(&signature);
        Ok(self.text(site, issued, URL_SAFE_NO_PAD.encode(nonce)))
    }

    /// What a client signs: everything but the nonce follows from the site and the time of issue,
    /// so that a node need not remember what it handed out.
    fn text(&self, site: &Site, issued: u64, nonce: String) -> SignInText {
        let at = |seconds: u64| BlockTime::from_millis(seconds.saturating_mul(1000)).rfc3339();
        SignInText {
            domain: site.domain.clone(),
            statement: SIGN_IN_STATEMENT.to_owned(),
            uri: format!("{}/rpc/v1", site.domain),
            chain_id: self.chain_id.clone(),
            nonce,
            issue_at: at(issued),
            expiration_time: at(issued.saturating_add(SESSION_SECONDS)),
        }
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

    /// When a node of the network issued the nonce for this site, in seconds since 1970.
    fn issued(&self, site: &Site, nonce: &str) -> Result<u64, SessionError> {
        let bytes = URL_SAFE_NO_PAD
            .decode(nonce)
            .map_err(|_| SessionError::Nonce)?;
        let bytes: [u8; NONCE_BYTES] = bytes.try_into().map_err(|_| SessionError::Nonce)?;
        let (issued, rest) = bytes.split_first_chunk::<8>().ok_or(SessionError::Nonce)?;
        let (random, rest) = rest.split_first_chunk::<16>().ok_or(SessionError::Nonce)?;
        let (key, rest) = rest.split_first_chunk::<32>().ok_or(SessionError::Nonce)?;
        let signature: &[u8; 64] = rest.first_chunk().ok_or(SessionError::Nonce)?;
        let (issued, key) = (u64::from_be_bytes(*issued), ValidatorKey(*key));
        let is_known = key == self.key.public() || self.nodes.contains(key);
        if is_known && is_signed(key, &self.nonce_bytes(site, issued, random), signature) {
            Ok(issued)
        } else {
            Err(SessionError::Nonce)
        }
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
        let issued = self.issued(site, nonce)?;
        let age = u64::try_from(now.seconds())
            .unwrap_or_default()
            .saturating_sub(issued);
        if age > SIGN_IN_SECONDS {
            return Err(SessionError::TooLate);
        }
        let text = self.text(site, issued, nonce.to_owned());
        let proof = SignInProof::verify(sender, text, signature)?;
        let bytes = proof.encode();
        let token = URL_SAFE_NO_PAD.encode(&bytes);
        if token.len() > TOKEN_BYTES {
            return Err(SessionError::Token);
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
    ) -> Result<Session, SessionError> {
        let cache_key =
            Digest::of_parts("idos/session-cache", &[origin.as_bytes(), token.as_bytes()]);
        let cached = self.checked().get(&cache_key).cloned();
        let session = match cached {
            Some(session) => session,
            None => {
                let session = self.verify(origin, token)?;
                self.remember(cache_key, session.clone(), now);
                session
            }
        };
        if now.millis() >= session.expires_ms {
            return Err(SessionError::Expired);
        }
        Ok(session)
    }

    fn verify(&self, origin: &str, token: &str) -> Result<Session, SessionError> {
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
        self.issued(&site, &proof.text.nonce)?;
        let expires = parse_date(&proof.text.expiration_time).map_err(|_| SessionError::Token)?;
        Ok(Session {
            id: Digest::of_parts("idos/session/v1", &[proof.text.nonce.as_bytes()]),
            sender: proof.sender,
            expires_ms: u64::try_from(expires)
                .unwrap_or_default()
                .saturating_mul(1000),
        })
    }

    fn remember(&self, key: Digest, session: Session, now: BlockTime) {
        let mut checked = self.checked();
        if checked.len() >= CHECKED {
            checked.retain(|_, session| session.expires_ms > now.millis());
        }
        // Only a cache: when it is full of living sessions, the others are checked each time.
        if checked.len() < CHECKED {
            checked.insert(key, session);
        }
    }

    fn checked(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Session>> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use idos_wallet::AuthType;
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
