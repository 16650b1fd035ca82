//! Who answers for a transaction.

use idos_ledger::Standing;
use idos_types::UserId;
use idos_wallet::AccountKey;

/// Whom the bounds on writes count: a person has up to 64 wallets, each with an account, and they are
/// to take the room of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Principal {
    /// The person whose wallet signed.
    Person(UserId),
    /// Whoever else has the account.
    Account(AccountKey),
}

impl Principal {
    pub(crate) fn new(standing: Standing, account: AccountKey) -> Self {
        match standing {
            Standing::Person(user) => Self::Person(user),
            Standing::Party | Standing::Stranger => Self::Account(account),
        }
    }
}
