//! What nodes are asked, by somebody or by nobody.

use std::sync::Arc;

use idos_ledger::{Access, Caller};
use idos_proof::LightClient;
use idos_types::Value;
use idos_wallet::Sender;
use idos_wire::{Call, CallResult, ChainInfo, Health, Request, payload::ActionCall};
use tokio::sync::Mutex;

use crate::{
    action, error::Error, horizon::Horizon, nodes::Nodes, rows::Rows, sign_in::Session,
    trust::Trust, wallet::Wallet,
};

/// A client of one network. Clones share session, turns to write and trust.
#[derive(Clone)]
pub struct Client {
    pub(crate) nodes: Nodes,
    pub(crate) chain_id: Arc<str>,
    pub(crate) wallet: Option<Arc<dyn Wallet>>,
    pub(crate) session: Arc<Mutex<Option<Session>>>,
    /// Held by whoever writes.
    pub(crate) writes: Arc<Mutex<()>>,
    pub(crate) trust: Option<Trust>,
    pub(crate) horizon: Arc<Horizon>,
}

impl Client {
    /// A client of nobody. `chain_id` names the network for which signatures are made; it is not
    /// taken from the nodes, or one of them could have signed for another network.
    pub fn new(nodes: Nodes, chain_id: &str) -> Self {
        Self {
            nodes,
            chain_id: chain_id.into(),
            wallet: None,
            session: Arc::default(),
            writes: Arc::default(),
            trust: None,
            horizon: Arc::default(),
        }
    }

    /// The same client for the holder of a wallet, who is not signed in yet.
    pub fn with_wallet(self, wallet: Arc<dyn Wallet>) -> Self {
        Self {
            wallet: Some(wallet),
            session: Arc::default(),
            writes: Arc::default(),
            ..self
        }
    }

    /// The same client with somebody to trust, so that it can verify proofs.
    pub fn with_trust(self, light_client: LightClient) -> Self {
        Self {
            trust: Some(Trust::new(light_client, None)),
            ..self
        }
    }

    /// The same, and `keep` is told what is trusted each time that nodes were asked how far the
    /// network is: whoever stores it can begin there the next time, with validators who are trusted
    /// still. It is called between two requests, and should not take long.
    pub fn with_kept_trust(
        self,
        light_client: LightClient,
        keep: impl Fn(&LightClient) + Send + Sync + 'static,
    ) -> Self {
        Self {
            trust: Some(Trust::new(light_client, Some(Arc::new(keep)))),
            ..self
        }
    }

    /// The nodes.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    /// The network.
    pub fn chain_id(&self) -> &str {
        &self.chain_id
    }

    /// As whom it signs.
    pub fn sender(&self) -> Option<&Sender> {
        self.wallet.as_ref().map(|wallet| wallet.sender())
    }

    /// The wallet, or the error that there is none.
    pub(crate) fn wallet(&self) -> Result<&Arc<dyn Wallet>, Error> {
        self.wallet.as_ref().ok_or(Error::NoWallet)
    }

    /// By whom rules and proofs know the holder of the wallet.
    pub(crate) fn caller(&self) -> Caller {
        match self.sender() {
            Some(sender) => Caller::new(sender.caller()),
            None => Caller::nobody(),
        }
    }

    /// The chain and its height, as one node sees it.
    pub async fn chain_info(&self) -> Result<ChainInfo, Error> {
        let answered = self.nodes.read(Request::ChainInfo, None).await?;
        Ok(answered.value)
    }

    /// How one node is, as it says itself.
    pub async fn health(&self) -> Result<Health, Error> {
        let answered = self.nodes.read(Request::Health, None).await?;
        Ok(answered.value)
    }

    /// The rows of a view. Views about the caller are asked with a session, which is made when there
    /// is none. What a view refuses is [`Error::Refused`]. The answer is one node's word: for more
    /// there is [`Client::prove`].
    pub async fn call(&self, view: &str, arguments: Vec<Value>) -> Result<Rows, Error> {
        let (action, call) = action::view(view, arguments)?;
        let request = Request::Call(self.call_of(call));
        let ask = |cookie| self.nodes.read::<CallResult>(request.clone(), cookie);
        let answered = self
            .with_session(action.access == Access::Session, ask)
            .await?;
        match answered.value.error {
            Some(message) => Err(Error::Refused {
                code: None,
                tx_code: None,
                message,
            }),
            None => Ok(Rows::new(answered.value.query_result)),
        }
    }

    /// A call by the holder of the wallet, if there is one.
    pub(crate) fn call_of(&self, call: ActionCall) -> Call {
        match self.sender() {
            Some(sender) => Call::new(call, sender.auth().name(), sender.bytes().to_vec(), None),
            None => Self::call_of_nobody(call),
        }
    }

    /// A call that anybody may make.
    pub(crate) fn call_of_nobody(call: ActionCall) -> Call {
        Call::new(call, "", Vec::new(), None)
    }
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Client")
            .field("chain_id", &self.chain_id)
            .field("nodes", &self.nodes)
            .finish_non_exhaustive()
    }
}
