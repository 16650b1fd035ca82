//! The nonce of a wallet, by the word of more nodes than may lie.

use std::{sync::Arc, time::Duration};

use idos_wire::{Account, AccountId, AccountParams, Request};

use crate::{
    client::Client,
    error::{Error, NodeFault},
    nodes::Missed,
    wallet::Wallet,
    witnesses::{Patience, Told, witnesses},
};

/// How long nodes are waited for.
const PATIENCE: Patience = Patience {
    enough: Duration::from_secs(10),
    more: Duration::from_millis(600),
};
/// How many of several nodes have to say it at least.
const LEAST_ANSWERS: usize = 2;

impl Client {
    /// The nonce that the wallet used last, in a block or waiting for one: so many nodes say that it
    /// is at least that, that one of them tells the truth. No node can have a transaction signed that
    /// it could keep until its nonce comes. Who lies, or is behind, can at most make it too low, and
    /// then the transaction is refused.
    pub(crate) async fn last_nonce(&self, wallet: &dyn Wallet) -> Result<u64, Error> {
        let sender = wallet.sender();
        let request = Arc::new(Request::Account(AccountParams {
            id: AccountId {
                identifier: sender.bytes().to_vec(),
                key_type: sender.auth().key_type().name().to_owned(),
            },
            with_pending: true,
        }));
        let ask = |node| {
            let (nodes, request) = (self.nodes.clone(), Arc::clone(&request));
            async move {
                let answered = nodes.ask::<Account>(node, &request, None).await?;
                Ok::<_, Missed>(answered.value.nonce)
            }
        };
        let faults = self.faults();
        let told = witnesses(&self.nodes, faults, PATIENCE, ask).await;
        if told.numbers.len() < LEAST_ANSWERS.min(self.nodes.count()) {
            return Err(self.too_few(told));
        }
        self.prefer_one_of(&told);
        let mut nonces: Vec<u64> = told.numbers.into_iter().map(|(_, nonce)| nonce).collect();
        nonces.sort_unstable_by(|one, other| other.cmp(one));
        nonces.truncate(faults + 1);
        Ok(nonces.last().copied().unwrap_or(0))
    }

    /// Whoever answers is given the transaction.
    fn prefer_one_of(&self, told: &Told) {
        let mut answered = told.numbers.iter().map(|(node, _)| *node);
        let preferred = self.nodes.order().next();
        if !answered.clone().any(|node| Some(node) == preferred)
            && let Some(first) = answered.next()
        {
            self.nodes.prefer(first);
        }
    }

    fn too_few(&self, told: Told) -> Error {
        if let Some((node, _)) = told.numbers.first() {
            let url = self.nodes.url(*node).to_owned();
            return Error::Alone { url };
        }
        let (node, source) = match told.missed {
            Some((_, Missed::Final(error))) => return error,
            Some((node, Missed::Node(fault))) => (node, fault),
            None => (0, NodeFault::Ended),
        };
        Error::Nodes {
            tried: self.nodes.count(),
            url: self.nodes.url(node).to_owned(),
            source,
        }
    }
}
