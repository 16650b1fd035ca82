//! Requests: a method with its parameters.

use idos_types::Digest;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::{
    AccountParams, Authn, BroadcastParams, Call, Logout, Method, Query, RpcError,
    account::AccountParamsJson,
    broadcast::{BroadcastParamsJson, EstimatePriceJson},
    call::CallJson,
    params::parse,
    query::QueryJson,
    sign_in::{AuthnJson, LogoutJson},
};

/// A request whose parameters are within their limits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// `user.chain_info`.
    ChainInfo,
    /// `user.health`.
    Health,
    /// `user.version`.
    Version,
    /// `user.ping`.
    Ping,
    /// `user.num_accounts`.
    NumAccounts,
    /// `user.account`.
    Account(AccountParams),
    /// `user.estimate_price`.
    EstimatePrice {
        /// The type of the payload.
        payload_type: String,
    },
    /// `user.broadcast`.
    Broadcast(BroadcastParams),
    /// `user.tx_query`.
    TxQuery {
        /// The transaction.
        hash: Digest,
    },
    /// `user.call`.
    Call(Call),
    /// `idos.prove`, whose parameters are those of `user.call`.
    Prove(Call),
    /// `idos.set_changes`.
    SetChanges {
        /// The first epoch whose validators are asked for.
        from_epoch: u64,
    },
    /// `user.query`.
    Query(Query),
    /// `user.challenge`.
    Challenge,
    /// `kgw.authn_param`.
    AuthnParam,
    /// `kgw.authn`.
    Authn(Authn),
    /// `kgw.logout`.
    Logout(Logout),
}

/// Parameters that are an object, whatever is in it.
#[derive(Deserialize)]
struct Nothing {}

#[derive(Deserialize)]
struct TxQueryJson {
    tx_hash: String,
}

#[derive(Deserialize)]
struct SetChangesJson {
    from_epoch: u64,
}

impl Request {
    /// Parses the parameters of a method.
    pub(crate) fn parse(method: Method, params: Option<&RawValue>) -> Result<Self, RpcError> {
        let nothing = |request| parse(method, params).map(|Nothing {}| request);
        match method {
            Method::ChainInfo => nothing(Self::ChainInfo),
            Method::Health => nothing(Self::Health),
            Method::Version => nothing(Self::Version),
            Method::Ping => nothing(Self::Ping),
            Method::NumAccounts => nothing(Self::NumAccounts),
            Method::Challenge => nothing(Self::Challenge),
            Method::AuthnParam => nothing(Self::AuthnParam),
            Method::Account => parse::<AccountParamsJson>(method, params)?
                .try_into()
                .map(Self::Account),
            Method::EstimatePrice => parse::<EstimatePriceJson>(method, params)?
                .payload_type()
                .map(|payload_type| Self::EstimatePrice { payload_type }),
            Method::Broadcast => parse::<BroadcastParamsJson>(method, params)?
                .try_into()
                .map(Self::Broadcast),
            Method::TxQuery => Digest::from_hex(&parse::<TxQueryJson>(method, params)?.tx_hash)
                .map(|hash| Self::TxQuery { hash })
                .ok_or_else(|| RpcError::params("tx_hash has to be 64 hexadecimal digits")),
            Method::Call => Ok(Self::Call(parse::<CallJson>(method, params)?.try_into()?)),
            Method::Prove => Ok(Self::Prove(parse::<CallJson>(method, params)?.try_into()?)),
            Method::SetChanges => parse::<SetChangesJson>(method, params)
                .map(|SetChangesJson { from_epoch }| Self::SetChanges { from_epoch }),
            Method::Query => Ok(Self::Query(parse::<QueryJson>(method, params)?.try_into()?)),
            Method::Authn => parse::<AuthnJson>(method, params)?
                .try_into()
                .map(Self::Authn),
            Method::Logout => {
                let params = parse::<LogoutJson>(method, params).unwrap_or_default();
                Ok(Self::Logout(params.into()))
            }
        }
    }

    /// The method.
    pub fn method(&self) -> Method {
        match self {
            Self::ChainInfo => Method::ChainInfo,
            Self::Health => Method::Health,
            Self::Version => Method::Version,
            Self::Ping => Method::Ping,
            Self::NumAccounts => Method::NumAccounts,
            Self::Account(_) => Method::Account,
            Self::EstimatePrice { .. } => Method::EstimatePrice,
            Self::Broadcast(_) => Method::Broadcast,
            Self::TxQuery { .. } => Method::TxQuery,
            Self::Call(_) => Method::Call,
            Self::Prove(_) => Method::Prove,
            Self::SetChanges { .. } => Method::SetChanges,
            Self::Query(_) => Method::Query,
            Self::Challenge => Method::Challenge,
            Self::AuthnParam => Method::AuthnParam,
            Self::Authn(_) => Method::Authn,
            Self::Logout(_) => Method::Logout,
        }
    }
}
