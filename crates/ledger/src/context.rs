//! What a rule is given, and what it gives back.

use idos_types::{BlockTime, EpochLength, Identity, UserId, Value, WalletId, fold};

use crate::{
    error::{Outcome, Refusal},
    proofs::Proofs,
    row::{Change, CredentialHeader, Inserter, Key, Row, User, Wallet},
    state::{State, StateResult},
};

/// Facts of the network that never change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Network {
    /// Names the chain in everything that people sign.
    pub chain_id: String,
    /// Who decides alone while there are too few validators for votes.
    pub owner: Identity,
    /// How many blocks make an epoch.
    pub epoch: EpochLength,
    /// Seconds for which bodies of transactions are kept, until a vote says otherwise.
    pub body_retention_seconds: u64,
    /// How many blocks were before the first one of this chain, in chains whose state it goes on with:
    /// zero unless the network was restarted. Rules and rows count them.
    pub earlier_blocks: u64,
}

impl Network {
    /// A height of this chain as rules and rows count it: that of the same block in a chain that was
    /// never restarted, so that nothing written now seems older than what was there.
    pub fn counted(&self, height: u64) -> u64 {
        height.saturating_add(self.earlier_blocks)
    }

    /// What rules see of a block of this chain.
    pub fn block(&self, height: u64, time: BlockTime) -> Block {
        Block {
            height: self.counted(height),
            time,
        }
    }
}

/// The block that an action is part of, or the newest one for a view.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// `@height`: see [`Network::counted`].
    pub height: u64,
    /// The only clock.
    pub time: BlockTime,
}

/// `@caller`: who signed, as the text that the catalogue compares.
#[derive(Clone, PartialEq, Eq)]
pub struct Caller {
    text: String,
    identity: Identity,
}

impl Caller {
    /// The caller with this text, which must come from a verified signature or session.
    pub fn new(text: String) -> Self {
        let identity = Identity::of(&text);
        Self { text, identity }
    }

    /// Nobody: matches no wallet, no delegate and no grant.
    pub fn nobody() -> Self {
        Self::new(String::new())
    }

    /// Whether nobody signed.
    pub fn is_nobody(&self) -> bool {
        self.text.is_empty()
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The spelling by which wallets are found.
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// The wallet by which the caller signs, as far as it is linked to a profile.
    pub fn wallet(&self, state: &dyn State) -> StateResult<Option<Wallet>> {
        if self.is_nobody() {
            return Ok(None);
        }
        state.wallet_of(&self.identity)
    }
}

impl std::fmt::Debug for Caller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Caller(…)")
    }
}

/// The wallet by which a caller signs.
#[derive(Clone, Copy)]
pub enum CallerWallet<'a> {
    /// A rule that needs it looks for it.
    Unread,
    /// It was read from the very state that the rule sees; there is at most one.
    Read(Option<&'a Wallet>),
}

/// Everything a rule may look at.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The network.
    pub network: &'a Network,
    /// The block.
    pub block: Block,
    /// The caller.
    pub caller: &'a Caller,
    /// The caller's wallet.
    pub wallet: CallerWallet<'a>,
    /// The state before the action.
    pub state: &'a dyn State,
    /// What was verified of the transaction before.
    pub proofs: &'a Proofs,
}

impl Context<'_> {
    /// `@block_timestamp`: seconds since 1970.
    pub fn now(&self) -> i64 {
        self.block.time.seconds()
    }

    /// The person whose wallet the caller is.
    pub(crate) fn user_id(&self) -> StateResult<Option<UserId>> {
        Ok(self.wallet()?.map(|(_, user)| user))
    }

    /// The caller's wallet and its person.
    pub(crate) fn wallet(&self) -> StateResult<Option<(WalletId, UserId)>> {
        let ids = |wallet: &Wallet| (wallet.id, wallet.user_id);
        Ok(match self.wallet {
            CallerWallet::Read(wallet) => wallet.map(ids),
            CallerWallet::Unread => self.caller.wallet(self.state)?.as_ref().map(ids),
        })
    }

    /// The person whose wallet the caller is, as needed to write to `relation`.
    pub(crate) fn require_user_id(&self, relation: &'static str) -> Outcome<UserId> {
        Ok(self.user_id()?.ok_or(Refusal::NoProfile(relation))?)
    }

    /// The profile of the caller, as needed to change it.
    pub(crate) fn require_user(&self) -> Outcome<User> {
        let user = match self.user_id()? {
            Some(id) => self.state.user(id)?,
            None => None,
        };
        Ok(user.ok_or(Refusal::NoProfile("users"))?)
    }

    /// The inserter that the caller acts for.
    pub(crate) fn inserter(&self) -> StateResult<Option<Inserter>> {
        if self.caller.is_nobody() {
            return Ok(None);
        }
        match self.state.delegate(&fold(self.caller.text()))? {
            Some(delegate) => self.state.inserter(delegate.inserter_id),
            None => Ok(None),
        }
    }

    /// The inserter that the caller must act for.
    pub(crate) fn require_inserter(&self) -> Outcome<Inserter> {
        Ok(self.inserter()?.ok_or(Refusal::UnauthorizedInserter)?)
    }

    /// The caller as operators are named; nobody for nobody.
    pub(crate) fn operator(&self) -> Option<String> {
        (!self.caller.is_nobody()).then(|| fold(self.caller.text()))
    }

    /// The epoch of the block.
    pub(crate) fn epoch(&self) -> u64 {
        let earlier = self.network.earlier_blocks;
        let height = self.block.height.saturating_sub(earlier);
        self.network.epoch.epoch_of(height)
    }

    /// Whether the caller owns the network.
    pub(crate) fn is_owner(&self) -> bool {
        !self.caller.is_nobody() && *self.caller.identity() == self.network.owner
    }
}

/// What an action does if nothing else refuses: changes in the order in which they apply, and
/// notices to whoever sent it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Effects {
    /// Row changes.
    pub changes: Vec<Change>,
    /// Texts for the log of the receipt.
    pub notices: Vec<String>,
}

impl Effects {
    /// No effect: the action was allowed and nothing had to change.
    pub(crate) fn none() -> Self {
        Self::default()
    }

    /// One row inserted or replaced.
    pub(crate) fn one(row: Row) -> Self {
        let mut effects = Self::default();
        effects.put(row);
        effects
    }

    /// Inserts or replaces a row.
    pub(crate) fn put(&mut self, row: Row) {
        self.changes.push(Change::Put(row));
    }

    /// Replaces everything but the content of a credential that is there.
    pub(crate) fn put_header(&mut self, header: CredentialHeader) {
        self.changes.push(Change::PutHeader(header));
    }

    /// Whether wallets are linked or unlinked, so that the caller may have another one afterwards.
    pub fn change_wallets(&self) -> bool {
        let is_of_wallet = |change: &Change| {
            matches!(
                change,
                Change::Put(Row::Wallet(_)) | Change::Delete(Key::Wallet(_))
            )
        };
        self.changes.iter().any(is_of_wallet)
    }

    /// Removes a row.
    pub(crate) fn delete(&mut self, key: Key) {
        self.changes.push(Change::Delete(key));
    }

    /// Tells the sender something.
    pub(crate) fn notice(&mut self, text: String) {
        self.notices.push(text);
    }
}

/// Rows that a view returns, each as long as its columns.
pub type Rows = Vec<Vec<Value>>;
