//! Linking wallets to profiles, and taking them off.

use idos_types::{
    Identity, UserId, Uuid, WalletId, WalletType,
    limits::{
        ADDRESS_BYTES, OWNERSHIP_MESSAGE_BYTES, PUBLIC_KEY_BYTES, SHORT_TEXT_BYTES,
        SIGNATURE_TEXT_BYTES, WALLETS_PER_USER,
    },
};
use idos_wallet::verify_ownership;

use crate::{
    catalogue::{declare, row},
    context::{Context, Effects, Rows},
    error::{Outcome, Refusal},
    put_back::{self, may_be_put_back},
    row::{Key, Row, Wallet},
    text::Text,
    users::created_profile,
};

declare! {
    /// Links a wallet to a profile that its owner has not taken over yet.
    [write] upsert_wallet_as_inserter = upsert_as_inserter(UpsertWallet {
        id: WalletId,
        user_id: UserId,
        address: Text<ADDRESS_BYTES>,
        public_key: Option<Text<PUBLIC_KEY_BYTES>>,
        wallet_type: Text<SHORT_TEXT_BYTES>,
        message: Text<OWNERSHIP_MESSAGE_BYTES>,
        signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// Links a wallet to the caller's profile.
    [write] add_wallet = add(AddWallet {
        id: WalletId,
        address: Text<ADDRESS_BYTES>,
        public_key: Option<Text<PUBLIC_KEY_BYTES>>,
        wallet_type: Text<SHORT_TEXT_BYTES>,
        message: Text<OWNERSHIP_MESSAGE_BYTES>,
        signature: Text<SIGNATURE_TEXT_BYTES>,
    });
    /// Takes a wallet off the caller's profile.
    [write] remove_wallet = remove(RemoveWallet { id: WalletId });
    /// The calling wallet takes itself off the profile it is linked to.
    [write] detach_wallet = detach(DetachWallet {});
    /// The wallets of the caller's profile.
    [session view] get_wallets = list(GetWallets {})
        -> table [
            id: UUID, user_id: UUID, address: TEXT, public_key: TEXT, wallet_type: TEXT,
            message: TEXT, signature: TEXT, inserter: TEXT,
        ];
}

fn add(context: &Context<'_>, new: AddWallet) -> Outcome<Effects> {
    let user = context.user_id()?;
    let wallet = Wallet {
        id: new.id,
        user_id: user.unwrap_or(UserId(Uuid::nil())),
        wallet_type: wallet_type(&new.wallet_type)?,
        address: new.address.into_string(),
        public_key: new
            .public_key
            .map(Text::into_string)
            .filter(|key| !key.is_empty()),
        message: new.message.into_string(),
        signature: new.signature.into_string(),
        inserter: None,
    };
    let existing = context.state.wallet(new.id)?;
    if existing.as_ref() == Some(&wallet) {
        return Ok(Effects::none());
    }
    let effects = link(context, wallet)?;
    if user.is_none() {
        return Err(Refusal::NoProfile("wallets").into());
    }
    if existing.is_some() {
        return Err(Refusal::Duplicate("wallets_pkey").into());
    }
    Ok(effects)
}

fn upsert_as_inserter(context: &Context<'_>, new: UpsertWallet) -> Outcome<Effects> {
    let inserter = context.require_inserter()?;
    let wallet = Wallet {
        id: new.id,
        user_id: new.user_id,
        wallet_type: wallet_type(&new.wallet_type)?,
        address: new.address.into_string(),
        public_key: new.public_key.map(Text::into_string),
        message: new.message.into_string(),
        signature: new.signature.into_string(),
        inserter: Some(inserter.name.clone()),
    };
    let existing = context.state.wallet(new.id)?;
    if existing.as_ref() == Some(&wallet) {
        return Ok(Effects::none());
    }
    created_profile(
        context,
        &inserter,
        new.user_id,
        "wallets",
        "wallets_user_id_fkey",
    )?;
    if let Some(existing) = existing
        && (existing.user_id != wallet.user_id || existing.inserter != wallet.inserter)
    {
        return Err(Refusal::OwnerDecides.into());
    }
    let user = wallet.user_id;
    let id = wallet.id;
    let effects = link(context, wallet)?;
    // With a second wallet the inserter could keep one of its own in a profile that a person takes
    // over by the other.
    if context
        .state
        .wallets(user)?
        .iter()
        .any(|other| other.id != id)
    {
        return Err(Refusal::SecondWallet.into());
    }
    Ok(effects)
}

fn wallet_type(name: &str) -> Outcome<WalletType> {
    Ok(WalletType::parse(name).ok_or(Refusal::UnsupportedWalletType)?)
}

/// The checks that every new wallet passes, in the order of the catalogue, and its row.
fn link(context: &Context<'_>, wallet: Wallet) -> Outcome<Effects> {
    let kind = wallet.wallet_type;
    if kind.is_keyed() && wallet.public_key.is_none() {
        return Err(Refusal::PublicKeyRequired.into());
    }
    let signed = verify_ownership(
        kind,
        &wallet.address,
        wallet.public_key.as_deref(),
        &wallet.message,
        &wallet.signature,
        &context.network.chain_id,
        wallet.user_id.0,
    )
    .map_err(|_| Refusal::InvalidWallet)?;
    refuse_taken(context, &wallet, &signed.identity)?;
    let is_spent = context.state.is_spent(&signed.proof)?;
    // Never for an inserter: only wallets of the profile take another off, and their first act ends
    // its power.
    if is_spent && !may_be_put_back(context.state, &signed.identity, wallet.user_id)? {
        return Err(Refusal::MessageSpent.into());
    }
    if context.state.wallets(wallet.user_id)?.len() >= WALLETS_PER_USER {
        return Err(Refusal::Quota {
            what: "wallets",
            max: WALLETS_PER_USER,
        }
        .into());
    }
    let mut effects = Effects::one(Row::Wallet(wallet));
    if !is_spent {
        effects.put(Row::SpentMessage(signed.proof));
    }
    Ok(effects)
}

/// No two wallets share a key, an address or an identity. NEAR and FaceSign addresses are names,
/// not identities, and are not compared.
fn refuse_taken(context: &Context<'_>, wallet: &Wallet, identity: &Identity) -> Outcome<()> {
    let others = |wallets: Vec<Wallet>| wallets.into_iter().filter(|other| other.id != wallet.id);
    if let Some(key) = wallet
        .public_key
        .as_deref()
        .filter(|_| wallet.wallet_type.is_keyed())
        && others(context.state.wallets_with_public_key(key)?)
            .any(|other| other.wallet_type.is_keyed())
    {
        return Err(Refusal::PublicKeyExists.into());
    }
    let taken = context
        .state
        .wallet_of(identity)?
        .filter(|other| other.id != wallet.id);
    match (taken, wallet.wallet_type) {
        (None, _) => Ok(()),
        (Some(_), WalletType::Near | WalletType::FaceSign) => Err(Refusal::PublicKeyExists.into()),
        (Some(_), WalletType::Evm | WalletType::Xrpl | WalletType::Stellar) => {
            Err(Refusal::AddressExists.into())
        }
    }
}

fn remove(context: &Context<'_>, asked: RemoveWallet) -> Outcome<Effects> {
    let Some((connected, user)) = context.wallet()? else {
        return Ok(Effects::none());
    };
    if connected == asked.id {
        return Err(Refusal::ConnectedWallet.into());
    }
    let mut effects = Effects::none();
    if let Some(wallet) = context.state.wallet(asked.id)?
        && wallet.user_id == user
    {
        effects.delete(Key::Wallet(asked.id));
        put_back::take_off(context, &mut effects, &wallet)?;
    }
    Ok(effects)
}

fn detach(context: &Context<'_>, _: DetachWallet) -> Outcome<Effects> {
    let (id, user) = context.wallet()?.ok_or(Refusal::NotLinked)?;
    let wallets = context.state.wallets(user)?;
    // Without any wallet nobody could reach the profile again, not even to erase it.
    if wallets.len() == 1 {
        return Err(Refusal::OnlyWallet.into());
    }
    let mut effects = Effects::none();
    for wallet in wallets.iter().filter(|wallet| wallet.id == id) {
        effects.delete(Key::Wallet(wallet.id));
        put_back::leave(context, &mut effects, wallet)?;
    }
    Ok(effects)
}

fn list(context: &Context<'_>, _: GetWallets) -> Outcome<Rows> {
    let Some(user) = context.user_id()? else {
        return Ok(Rows::new());
    };
    let wallets = context.state.wallets(user)?;
    Ok(wallets
        .into_iter()
        .map(|wallet| {
            row![
                wallet.id.0,
                wallet.user_id.0,
                wallet.address,
                wallet.public_key,
                wallet.wallet_type.name(),
                wallet.message,
                wallet.signature,
                wallet.inserter
            ]
        })
        .collect())
}
