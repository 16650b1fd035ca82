//! Gas, tokens and fees, as they answer on a network without token bridges: every balance is zero,
//! and gas is paid from the allowance that each profile starts with.
#![expect(
    dead_code,
    reason = "parameters are read and checked, but nothing depends on most of them"
)]

use idos_types::{
    CredentialId,
    limits::{ADDRESS_BYTES, SHORT_TEXT_BYTES},
};

use crate::{
    catalogue::{Amount, declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    row::{Row, User},
    text::Text,
};

/// What `action_costing_gas` costs: 1.2 in units of 10^-18.
const GAS: u128 = 1_200_000_000_000_000_000;

declare! {
    /// Costs gas.
    [write] action_costing_gas = cost_gas(CostGas {});
    /// Costs tokens.
    [write] action_costing_idos_token = cost_tokens(CostTokens { amount: Amount });
    /// Costs the fee of a credential.
    [write] action_costing_fee = cost_fee(CostFee { credential_id: CredentialId });
    /// Withdraws the caller's tokens to a wallet.
    [write] request_withdrawal = withdraw(Withdraw { token: Text<SHORT_TEXT_BYTES> });
    /// Withdraws the network's tokens to an address.
    [owner write] request_balance_withdrawal = withdraw_balance(WithdrawBalance {
        token: Text<SHORT_TEXT_BYTES>,
        evm_address_to: Text<ADDRESS_BYTES>,
    });
    /// How many tokens an address holds here.
    [view] check_balance = check_balance(CheckBalance {
        address: Text<ADDRESS_BYTES>,
        token: Text<SHORT_TEXT_BYTES>,
    }) -> row [balance: AMOUNT];
    /// A wallet of the caller that holds tokens here.
    [session view] get_wallet_with_balance = get_wallet(GetWallet { token: Text<SHORT_TEXT_BYTES> })
        -> row [wallet_address: TEXT];
    /// What the caller may spend on gas without tokens.
    [session view] get_allowance = get_allowance(GetAllowance {}) -> row [gas_allowance: AMOUNT];
    /// What reading a credential costs.
    [view] get_issuer_fee = get_fee(GetFee { credential_id: CredentialId })
        -> row [issuer_fee: AMOUNT];
}

/// The bridges' names of the tokens that exist.
fn token(name: &str) -> Outcome<&'static str> {
    match name {
        "IDOS" => Ok("idos"),
        "USDC" => Ok("usdc"),
        _ => Err(Refusal::InvalidToken.into()),
    }
}

fn cost_gas(context: &Context<'_>, _: CostGas) -> Outcome<Effects> {
    let user = match context.user_id()? {
        Some(id) => context.state.user(id)?,
        None => None,
    };
    let user = user.ok_or(Refusal::NoBalance)?;
    // What the allowance does not cover would be taken from a balance, and there is none.
    let gas_allowance = user
        .gas_allowance
        .checked_sub(GAS)
        .ok_or(Refusal::NoBalance)?;
    Ok(Effects::one(Row::User(User {
        gas_allowance,
        ..user
    })))
}

fn cost_tokens(_: &Context<'_>, _asked: CostTokens) -> Outcome<Effects> {
    Err(Refusal::NoBalance.into())
}

fn cost_fee(_: &Context<'_>, _asked: CostFee) -> Outcome<Effects> {
    Err(Refusal::NoBalance.into())
}

fn withdraw(_: &Context<'_>, asked: Withdraw) -> Outcome<Effects> {
    token(&asked.token)?;
    Err(Refusal::NoBalance.into())
}

fn withdraw_balance(_: &Context<'_>, asked: WithdrawBalance) -> Outcome<Effects> {
    Err(Refusal::NoBridge(token(&asked.token)?).into())
}

fn check_balance(_: &Context<'_>, asked: CheckBalance) -> Outcome<Rows> {
    token(&asked.token)?;
    Ok(vec![vec![idos_types::Value::Numeric("0".to_owned())]])
}

fn get_wallet(_: &Context<'_>, asked: GetWallet) -> Outcome<Rows> {
    token(&asked.token)?;
    Ok(vec![row![None::<String>]])
}

fn get_allowance(context: &Context<'_>, _: GetAllowance) -> Outcome<Rows> {
    let user = match context.user_id()? {
        Some(id) => context.state.user(id)?,
        None => None,
    };
    let allowance = user.map(|user| idos_types::Value::Numeric(user.gas_allowance.to_string()));
    Ok(allowance
        .map(|allowance| vec![allowance])
        .into_iter()
        .collect())
}

fn get_fee(context: &Context<'_>, asked: GetFee) -> Outcome<Rows> {
    if context
        .state
        .credential_header(asked.credential_id)?
        .is_none()
    {
        return Err(Refusal::CredentialNotFound.into());
    }
    Ok(vec![vec![idos_types::Value::Numeric("0".to_owned())]])
}
