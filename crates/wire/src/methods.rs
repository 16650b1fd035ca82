//! The names of the methods.

/// A method of the surface.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Method {
    /// The chain and its height.
    ChainInfo,
    /// The state of the node.
    Health,
    /// The version of the node.
    Version,
    /// A sign of life.
    Ping,
    /// How many accounts exist.
    NumAccounts,
    /// The nonce of an account.
    Account,
    /// What a transaction would cost.
    EstimatePrice,
    /// Puts a transaction into a block.
    Broadcast,
    /// What became of a transaction.
    TxQuery,
    /// Runs a view.
    Call,
    /// Proves what a view answers. Ours: kwil-db has no such method.
    Prove,
    /// What proves who validates, from an epoch on. Ours, too.
    SetChanges,
    /// Answers a query.
    Query,
    /// A challenge for a call of private mode.
    Challenge,
    /// The parts of a sign-in text.
    AuthnParam,
    /// Signs in.
    Authn,
    /// Ends the session.
    Logout,
}

impl Method {
    /// Every method.
    pub const ALL: [Self; 17] = [
        Self::ChainInfo,
        Self::Health,
        Self::Version,
        Self::Ping,
        Self::NumAccounts,
        Self::Account,
        Self::EstimatePrice,
        Self::Broadcast,
        Self::TxQuery,
        Self::Call,
        Self::Prove,
        Self::SetChanges,
        Self::Query,
        Self::Challenge,
        Self::AuthnParam,
        Self::Authn,
        Self::Logout,
    ];

    /// The name on the wire.
    pub fn name(self) -> &'static str {
        match self {
            Self::ChainInfo => "user.chain_info",
            Self::Health => "user.health",
            Self::Version => "user.version",
            Self::Ping => "user.ping",
            Self::NumAccounts => "user.num_accounts",
            Self::Account => "user.account",
            Self::EstimatePrice => "user.estimate_price",
            Self::Broadcast => "user.broadcast",
            Self::TxQuery => "user.tx_query",
            Self::Call => "user.call",
            Self::Prove => "idos.prove",
            Self::SetChanges => "idos.set_changes",
            Self::Query => "user.query",
            Self::Challenge => "user.challenge",
            Self::AuthnParam => "kgw.authn_param",
            Self::Authn => "kgw.authn",
            Self::Logout => "kgw.logout",
        }
    }

    /// Reads a name; letter case counts.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// Whether parameters may be as large as a transaction.
    pub(crate) fn takes_transaction(self) -> bool {
        matches!(self, Self::Broadcast | Self::EstimatePrice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for method in Method::ALL {
            assert_eq!(Method::parse(method.name()), Some(method));
        }
        assert_eq!(Method::parse("user.PING"), None);
    }
}
