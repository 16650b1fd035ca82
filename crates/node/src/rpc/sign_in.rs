//! Signing in and out.

use std::{sync::Arc, time::Duration};

use idos_consensus::Item;
use idos_ledger::{Caller, claim};
use idos_types::limits::{BROADCAST_SECONDS, SESSION_SECONDS};
use idos_wallet::{AuthType, Sender};
use idos_wire::{Authn, Done, ErrorCode, Logout, Reply, RpcError};
use tokio::{sync::oneshot, time::timeout};
use tracing::warn;

use crate::{
    entry::{Entry, SignedIn},
    node::{Answered, Node, state},
    rpc::site::{Visit, clear_cookie, set_cookie},
    sessions::SessionError,
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
        match self.signed_in(visit, authn).await {
            Ok(token) => Answered {
                outcome: Ok(Reply::Done(Done {})),
                set_cookie: Some(set_cookie(&self.config, &token, SESSION_SECONDS)),
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
        let caller = Caller::new(proof.sender.caller());
        let is_needed = self
            .read(move |_, snapshot| Ok(claim(snapshot, &caller).map_err(state)?.is_some()))
            .await?;
        if !is_needed {
            return Ok(());
        }
        let item = Item::new(proof.encode());
        let entry = Entry::SignIn(Arc::new(SignedIn {
            item: item.clone(),
            proof,
        }));
        let failed = || {
            RpcError::new(
                ErrorCode::GatewayInternal,
                "the sign-in could not be recorded, try again",
            )
        };
        let waiting = self.shared.submit_sign_in(item, entry).map_err(|error| {
            warn!(%error, "a sign-in could not be recorded");
            failed()
        })?;
        match timeout(Duration::from_secs(BROADCAST_SECONDS), waiting).await {
            Ok(Ok(Ok(_))) => Ok(()),
            _ => Err(failed()),
        }
    }

    /// Succeeds with or without a session, since clients rely on it; but does not say that a session
    /// has ended when it has not.
    pub(crate) async fn sign_out(self: &Arc<Self>, visit: Visit, logout: Logout) -> Answered {
        let cleared = Some(clear_cookie(&self.config));
        let done = Answered {
            outcome: Ok(Reply::Done(Done {})),
            set_cookie: cleared.clone(),
        };
        let session = self
            .read(move |node, snapshot| node.session(snapshot, &visit))
            .await;
        let session = match session {
            Ok(Some(session)) => session,
            Ok(None) => return done,
            Err(failure) => {
                return Answered {
                    outcome: Err(failure),
                    set_cookie: cleared,
                };
            }
        };
        if logout
            .account
            .is_some_and(|account| account != session.sender.bytes())
        {
            return done;
        }
        let (sender, revoked) = oneshot::channel();
        let ended = EndedSession {
            session: session.id,
            expires_ms: session.expires_ms,
        };
        let revocation = Revocation {
            ended,
            done: Some(sender),
        };
        let waiting = self.shared.revoke(revocation);
        if waiting.is_ok() && revoked.await.is_ok() {
            return done;
        }
        let text = "the session could not be ended, try again";
        let outcome = Err(RpcError::new(ErrorCode::GatewayInternal, text));
        Answered {
            outcome,
            set_cookie: cleared,
        }
    }
}

/// Pages without an origin of their own are all the same origin: a session of one would be a
/// session of every other.
fn refuse_opaque(origin: &str) -> Result<(), RpcError> {
    if origin == "null" {
        let text = "pages of an opaque origin can not sign in, open the page by its own address";
        return Err(RpcError::new(ErrorCode::GatewayForbidden, text));
    }
    Ok(())
}

fn refused(error: SessionError) -> RpcError {
    let code = match error {
        SessionError::Randomness(_) => ErrorCode::GatewayInternal,
        SessionError::Token => ErrorCode::GatewayPayload,
        SessionError::Nonce
        | SessionError::TooLate
        | SessionError::Expired
        | SessionError::Chain
        | SessionError::Proof(_) => ErrorCode::GatewayForbidden,
    };
    RpcError::new(code, error.to_string())
}
