//! Reading: accounts, transactions, views.

use std::{net::IpAddr, sync::Arc, time::Instant};

use idos_ledger::{
    Access, Action, Call as ViewCall, CallError, Caller, CallerWallet, Context,
    DESCRIPTION_COLUMNS, Failure, Proofs, describe, find, view,
};
use idos_store::{AccountDigest, Snapshot};
use idos_types::Digest;
use idos_wallet::{AccountKey, AuthType, KeyType, Sender};
use idos_wire::{
    Account, AccountParams, BodyJson, Call, CallResult, Column, ErrorCode, Fee, Query, QueryResult,
    Reply, RpcError, SignatureJson, Transaction, TransactionJson, TxCode, TxQueryResult, TxResult,
    payload::EncodedValue,
};

use crate::{
    challenges::Answered,
    config::Mode,
    entry::{Entry, sender_proof},
    node::{Node, database, state},
    rpc::site::Visit,
    sessions::Session,
    verdict,
};

impl Node {
    pub(crate) async fn account(
        self: &Arc<Self>,
        peer: IpAddr,
        asked: AccountParams,
    ) -> Result<Reply, RpcError> {
        let id = asked.id;
        let key_type = KeyType::parse(&id.key_type).ok_or_else(|| {
            let text = format!("unknown key type: {}", id.key_type);
            RpcError::new(ErrorCode::InvalidParams, text)
        })?;
        let key = AccountKey::of(key_type, &id.identifier);
        self.caught_up().await?;
        // Before the state: what leaves the queue in between is in that.
        let waiting = asked
            .with_pending
            .then(|| self.shared.waiting.last_nonce(&key, 0));
        let committed = self
            .look(peer, move |_, snapshot| {
                snapshot.nonce(&AccountDigest(key.0)).map_err(database)
            })
            .await?;
        let nonce = committed.max(waiting).unwrap_or(0);
        let id = (committed.is_some() || nonce > 0).then_some(id);
        Ok(Reply::Account(Account {
            id,
            balance: Fee(0),
            nonce,
        }))
    }

    /// What became of a transaction. Who sent it and what it says is for its sender only.
    pub(crate) async fn tx_query(
        self: &Arc<Self>,
        visit: Visit,
        hash: Digest,
    ) -> Result<Reply, RpcError> {
        self.caught_up().await?;
        // Before the state: what leaves the queue in between has a receipt there.
        let waiting = self.shared.waiting.entry(&hash);
        self.read(visit.peer, move |node, snapshot| {
            let session = node.session(snapshot, &visit)?;
            let is_sender = |proof: Digest| {
                session
                    .as_ref()
                    .is_some_and(|session| sender_proof(&hash, &session.sender) == proof)
            };
            if let Some(receipt) = snapshot.receipt(&hash).map_err(database)? {
                let mut log = receipt.log;
                let mut transaction = hidden();
                if is_sender(receipt.sender_proof)
                    && let Some(body) = snapshot.body(&hash).map_err(database)?
                {
                    if let Ok(decoded) = Transaction::decode(&body.bytes) {
                        transaction = decoded.to_json();
                    }
                    log = verdict::log(&body.notices, &log);
                }
                let code = TxCode::from_code(receipt.code).unwrap_or(TxCode::Unknown);
                let result = TxResult { code, gas: 0, log };
                let included =
                    TxQueryResult::included(hash, receipt.height, Some(transaction), result);
                return Ok(Reply::TxQuery(included));
            }
            match waiting {
                Some(Entry::Transaction(waiting)) => {
                    let json = match Transaction::decode(&waiting.item.bytes) {
                        Ok(decoded) if is_sender(sender_proof(&hash, &waiting.sender)) => {
                            decoded.to_json()
                        }
                        _ => hidden(),
                    };
                    Ok(Reply::TxQuery(TxQueryResult::waiting(hash, json)))
                }
                _ => Err(RpcError::new(
                    ErrorCode::TransactionNotFound,
                    "transaction not found",
                )),
            }
        })
        .await
    }

    pub(crate) async fn call(
        self: &Arc<Self>,
        visit: Visit,
        call: Call,
    ) -> Result<Reply, RpcError> {
        self.caught_up().await?;
        // An answer to a challenge is good for once, and contents have megabytes.
        let is_answer = call.proof.is_some() || self.config.mode == Mode::Private;
        let has_contents =
            find(call.action.namespace(), call.action.action()).is_ok_and(Action::returns_contents);
        let peer = visit.peer;
        let view = move |node: &Self, snapshot: &Snapshot<'_>| node.view(snapshot, &visit, &call);
        if is_answer || has_contents {
            self.read(peer, view).await
        } else {
            self.look(peer, view).await
        }
    }

    fn view(&self, snapshot: &Snapshot<'_>, visit: &Visit, call: &Call) -> Result<Reply, RpcError> {
        let caller = self.admitted(snapshot, visit, call)?;
        let context = Context {
            network: &self.network,
            block: self.block(),
            caller: &caller,
            wallet: CallerWallet::Unread,
            state: snapshot,
            proofs: Proofs::none(),
        };
        match view(&context, asked(call)) {
            Ok((action, rows)) => {
                let columns = columns(action.columns());
                let query_result = QueryResult { columns, rows };
                Ok(Reply::Call(CallResult {
                    query_result,
                    ..CallResult::default()
                }))
            }
            // A view that refuses is an answer without rows: clients do not take it for an error.
            Err(Failure::Refused(refusal)) => {
                let error = Some(refusal.to_string());
                Ok(Reply::Call(CallResult {
                    error,
                    ..CallResult::default()
                }))
            }
            Err(Failure::Call(refused)) => Err(misfit(refused)),
            Err(Failure::State(failure)) => Err(state(failure)),
        }
    }

    /// Who calls, if that may call this view.
    pub(super) fn admitted(
        &self,
        snapshot: &Snapshot<'_>,
        visit: &Visit,
        call: &Call,
    ) -> Result<Caller, RpcError> {
        let caller = self.caller(snapshot, visit, call)?;
        let action = find(call.action.namespace(), call.action.action()).map_err(misfit)?;
        if action.access == Access::Session && caller.is_nobody() {
            return Err(not_signed_in());
        }
        Ok(caller)
    }

    /// Who calls: the signer of a challenge, or the session, if it is of the sender that the call
    /// names. A mere claim is nobody.
    fn caller(
        &self,
        snapshot: &Snapshot<'_>,
        visit: &Visit,
        call: &Call,
    ) -> Result<Caller, RpcError> {
        if call.sender.is_empty() && call.proof.is_none() && self.config.mode == Mode::Open {
            return Ok(Caller::nobody());
        }
        let invalid = |text: String| {
            RpcError::new(
                ErrorCode::InvalidIdentifier,
                format!("failed to get caller: {text}"),
            )
        };
        let scheme = || {
            AuthType::parse(&call.auth_type)
                .ok_or_else(|| invalid(format!("authenticator not found: {}", call.auth_type)))
        };
        let claimed =
            |auth| Sender::parse(auth, &call.sender).map_err(|error| invalid(error.to_string()));
        if call.proof.is_some() || self.config.mode == Mode::Private {
            return self.challenged(call, || claimed(scheme()?));
        }
        let auth = scheme()?;
        if let Some(session) = self.session(snapshot, visit)?
            && session.sender.auth() == auth
            && session.sender.bytes() == call.sender
        {
            return Ok(session.caller.clone());
        }
        // Whoever names what is no sender is told so.
        claimed(auth).map(|_| Caller::nobody())
    }

    /// The caller of a call that answers a challenge.
    fn challenged(
        &self,
        call: &Call,
        claimed: impl Fn() -> Result<Sender, RpcError>,
    ) -> Result<Caller, RpcError> {
        let (Some(proof), Some(text)) = (&call.proof, call.signed_text()) else {
            return Err(RpcError::new(
                ErrorCode::Challenge,
                "signed call message with challenge required",
            ));
        };
        match self.challenges.answer(&proof.challenge, Instant::now()) {
            Answered::InTime => {}
            Answered::Late => {
                return Err(RpcError::new(
                    ErrorCode::ChallengeExpired,
                    "challenge expired",
                ));
            }
            Answered::Unknown => {
                return Err(RpcError::new(ErrorCode::Challenge, "invalid challenge"));
            }
            Answered::TooMany => {
                let text = "too many challenges were answered lately, wait a minute";
                return Err(RpcError::new(ErrorCode::ChallengeRate, text));
            }
        }
        let sender = claimed()?;
        sender
            .verify(text.as_bytes(), &proof.signature)
            .map_err(|error| {
                RpcError::new(
                    ErrorCode::CallSignature,
                    format!("invalid signature: {error}"),
                )
            })?;
        Ok(Caller::new(sender.caller()))
    }

    /// The session that a request brings, if it brings one that is good here and now.
    pub(crate) fn session(
        &self,
        snapshot: &Snapshot<'_>,
        visit: &Visit,
    ) -> Result<Option<Arc<Session>>, RpcError> {
        let Some(token) = &visit.token else {
            return Ok(None);
        };
        let now = self.now();
        let Ok(session) = self.sessions.check(&visit.site.origin, token, now) else {
            return Ok(None);
        };
        let revoked = snapshot
            .is_revoked(&session.id, now.millis())
            .map_err(database)?;
        Ok((!revoked).then_some(session))
    }

    /// The one query that is answered: which actions there are.
    pub(crate) fn query(&self, query: &Query) -> Result<Reply, RpcError> {
        if self.config.mode == Mode::Private {
            let text = "no ad-hoc queries in private mode";
            return Err(RpcError::new(ErrorCode::NoQueries, text));
        }
        let asked = query.recognize()?;
        let rows = if asked.namespace == idos_ledger::NAMESPACE {
            describe()
        } else {
            Vec::new()
        };
        Ok(Reply::Query(QueryResult {
            columns: columns(DESCRIPTION_COLUMNS),
            rows,
        }))
    }
}

fn not_signed_in() -> RpcError {
    RpcError::new(
        ErrorCode::NotAuthorized,
        "this view needs a session of its caller: sign in",
    )
}

/// The call as the rules take it.
pub(super) fn asked(call: &Call) -> ViewCall {
    ViewCall {
        namespace: call.action.namespace().to_owned(),
        action: call.action.action().to_owned(),
        arguments: call.action.arguments().iter().map(argument).collect(),
    }
}

/// A call that does not fit the catalogue.
pub(super) fn misfit(refused: CallError) -> RpcError {
    let code = match refused {
        CallError::UnknownNamespace(_) => ErrorCode::DatasetNotFound,
        _ => ErrorCode::Engine,
    };
    RpcError::new(code, refused.to_string())
}

fn argument(value: &EncodedValue) -> (idos_types::DataType, idos_types::Value) {
    (value.data_type(), value.value().clone())
}

fn columns(columns: &'static [idos_ledger::Column]) -> Vec<Column> {
    columns
        .iter()
        .map(|column| Column {
            name: column.name.into(),
            data_type: column.data_type,
        })
        .collect()
}

/// A transaction as others than its sender see it: that it is one.
fn hidden() -> TransactionJson {
    let empty = || Some(String::new());
    TransactionJson {
        signature: Some(SignatureJson {
            sig: empty(),
            scheme: empty(),
        }),
        body: Some(BodyJson {
            desc: empty(),
            payload: empty(),
            payload_type: Some(idos_wire::payload::EXECUTE.to_owned()),
            fee: Some("0".to_owned()),
            nonce: Some(0),
            chain_id: empty(),
        }),
        serialization: Some("concat".to_owned()),
        sender: empty(),
    }
}
