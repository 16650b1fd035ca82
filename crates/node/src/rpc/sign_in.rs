//! Signing in and out.

use std::{net::IpAddr, sync::Arc, time::Duration};

use idos_consensus::Item;
use idos_types::limits::{BROADCAST_SECONDS, SESSION_SECONDS};
use idos_wallet::{AuthType, Sender};
use idos_wire::{Authn, Done, ErrorCode, Logout, Reply, RpcError, TxCode};
use tokio::{
    sync::oneshot,
    time::{Instant, timeout_at},
};

use crate::{
    admission::AdmissionError,
    entrance::Recording,
    entry::SignedIn,
    node::{Answered, Node, database, state},
    quota::Taken,
    rpc::site::{Visit, clear_cookie, set_cookie},
    sessions::{Session, SessionError},
    shared::{EndedSession, Revocation},
    sign_in_proof::SignInProof,
};

impl Node {
    pub(crate) fn sign_in_parameters(&self, visit: &Visit) -> Result<Reply, RpcError> {
        let text = self
            .sessions
            .parameters(&visit.site, self.now())
            .map_err(refused)?;
        Ok(Reply::AuthnParam(text.param()))
    }

    pub(crate) async fn sign_in(self: &Arc<Self>, visit: Visit, authn: Authn) -> Answered {
        let origin = visit.site.origin.clone();
        match self.signed_in(visit, authn).await {
            Ok(token) => Answered {
                outcome: Ok(Reply::Done(Done {})),
                set_cookie: Some(set_cookie(&self.config, &origin, &token, SESSION_SECONDS)),
            },
            Err(refusal) => Err(refusal).into(),
        }
    }

    /// The token of a new session.
    async fn signed_in(self: &Arc<Self>, visit: Visit, authn: Authn) -> Result<String, RpcError> {
        refuse_opaque(&visit.site.origin)?;
        self.agrees()?;
        let node = Arc::clone(self);
        let (proof, token) = self
            .blocking(move || {
                let unreadable = |text: String| RpcError::new(ErrorCode::GatewayPayload, text);
                let auth = AuthType::parse(&authn.scheme).ok_or_else(|| {
                    unreadable(format!("authenticator not found: {}", authn.scheme))
                })?;
                let sender = Sender::parse(auth, &authn.sender)
                    .map_err(|error| unreadable(error.to_string()))?;
                let now = node.now();
                node.sessions
                    .sign_in(&visit.site, sender, &authn.nonce, authn.signature, now)
                    .map_err(refused)
            })
            .await?;
        self.claim(proof).await?;
        self.shared.metrics().session_made();
        Ok(token)
    }

    /// Records the first act of a person in a block, so that from now on the creator of the profile
    /// has no more power over it.
    async fn claim(self: &Arc<Self>, proof: SignInProof) -> Result<(), RpcError> {
        let item = Item::new(proof.encode());
        let signed_in = Arc::new(SignedIn { item, proof });
        let deadline = Instant::now() + Duration::from_secs(BROADCAST_SECONDS);
        loop {
            // Before the look at the state, so that no block comes unnoticed in between.
            let mut blocks = self.shared.progress.subscribe();
            let (node, entering) = (Arc::clone(self), Arc::clone(&signed_in));
            let enter = move || Ok(node.entrance.enter_sign_in(&entering, node.now()));
            match self.blocking(enter).await? {
                Ok(Recording::Needless) => return Ok(()),
                Ok(Recording::Waits(waiting)) => {
                    return match timeout_at(deadline, waiting).await {
                        Ok(Ok(Ok((TxCode::Ok, _)))) => Ok(()),
                        _ => Err(not_recorded("try again")),
                    };
                }
                Ok(Recording::WaitsElsewhere) => {
                    if !matches!(timeout_at(deadline, blocks.changed()).await, Ok(Ok(()))) {
                        return Err(not_recorded("try again"));
                    }
                }
                Err(AdmissionError::Rejected(reason) | AdmissionError::Early(reason)) => {
                    return Err(not_recorded(&reason.message));
                }
                Err(AdmissionError::Store(error)) => return Err(database(error)),
                Err(AdmissionError::State(failure)) => return Err(state(failure)),
            }
        }
    }

    /// Succeeds with or without a session, since clients rely on it; but does not say that one has
    /// ended when it has not, and leaves that of another account alone: its cookie is set again as it
    /// was, since clients take an answer that sets none for a failure.
    pub(crate) async fn sign_out(self: &Arc<Self>, visit: Visit, logout: Logout) -> Answered {
        let origin = visit.site.origin.clone();
        let cleared = Some(clear_cookie(&self.config, &origin));
        let done = |set_cookie| Answered {
            outcome: Ok(Reply::Done(Done {})),
            set_cookie,
        };
        let token = visit.token.clone().unwrap_or_default();
        let peer = visit.peer;
        let failed = |failure| Answered {
            outcome: Err(failure),
            set_cookie: Some(clear_cookie(&self.config, &origin)),
        };
        let session = self
            .read(peer, move |node, snapshot| node.session(snapshot, &visit))
            .await;
        let session = match session {
            Ok(Some(session)) => session,
            Ok(None) => return done(cleared),
            Err(failure) => return failed(failure),
        };
        if logout
            .account
            .is_some_and(|account| account != session.sender.bytes())
        {
            let left_ms = session.expires_ms.saturating_sub(self.now().millis());
            return done(Some(set_cookie(
                &self.config,
                &origin,
                &token,
                left_ms / 1_000,
            )));
        }
        match self.end(&session, peer).await {
            Ok(()) => done(cleared),
            Err(failure) => failed(failure),
        }
    }

    /// Ends a session for somebody at an address. Sessions cost nothing, and each end is told to all nodes.
    async fn end(&self, session: &Session, peer: IpAddr) -> Result<(), RpcError> {
        let text = match self.sign_outs.take_from(peer, self.now()) {
            Taken::Counted => return self.revoke(session).await,
            Taken::UsedUp => "too many sign-outs from this address, wait a minute",
            Taken::Crowded => "people sign out from too many addresses, wait a minute",
        };
        Err(RpcError::new(ErrorCode::TooManyRequests, text))
    }

    /// Ends a session, and waits until that is durable.
    async fn revoke(&self, session: &Session) -> Result<(), RpcError> {
        let (sender, revoked) = oneshot::channel();
        let revocation = Revocation {
            ended: EndedSession {
                session: session.id,
                expires_ms: session.expires_ms,
            },
            done: Some(sender),
        };
        let waiting = self.shared.ended.revoke(revocation);
        if waiting.is_ok() && revoked.await.is_ok() {
            return Ok(());
        }
        let text = "the session could not be ended, try again";
        Err(RpcError::new(ErrorCode::GatewayInternal, text))
    }
}

/// Pages without an origin of their own are all the same origin: a session of one would be a
/// session of every other.
fn refuse_opaque(origin: &str) -> Result<(), RpcError> {
    if origin == "null" {
        let text = "pages of an opaque origin cannot sign in, open the page by its own address";
        return Err(RpcError::new(ErrorCode::GatewayForbidden, text));
    }
    Ok(())
}

fn not_recorded(reason: &str) -> RpcError {
    let text = format!("the sign-in could not be recorded: {reason}");
    RpcError::new(ErrorCode::GatewayInternal, text)
}

fn refused(error: SessionError) -> RpcError {
    let code = match error {
        SessionError::Randomness(_) => ErrorCode::GatewayInternal,
        SessionError::TooLong => ErrorCode::GatewayPayload,
        _ => ErrorCode::GatewayForbidden,
    };
    RpcError::new(code, error.to_string())
}
