//! Wallets are linked to a profile and taken off it.

use std::sync::Arc;

use idos_client::{
    FlowError, Wallet,
    keys::{NearKey, XrplKey, random_seed},
    person::Person,
    signed_grant::WalletProof,
};

use super::{Report, Step, TourError, cast::Cast, is_refused};

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("wallets")?;
    let who = cast.stellar.who;
    let network = cast.network.clone();
    let opened = cast.stellar.opened()?;
    let person = &opened.person;
    let second: Arc<dyn Wallet> = Arc::new(XrplKey::secp256k1(&random_seed()?)?);
    let third: Arc<dyn Wallet> = Arc::new(NearKey::from_seed(&random_seed()?, None)?);
    let by = |wallet: &Arc<dyn Wallet>| Person::open(network.clone().with_wallet(wallet.clone()));

    let before = by(&second).await;
    let linked = person.add_wallet(second.as_ref()).await.step(who)?;
    person.add_wallet(third.as_ref()).await.step(who)?;
    let (of_second, of_third) = (by(&second).await.step(who)?, by(&third).await.step(who)?);
    report.check(
        who,
        "wallets of other kinds open the profile once they are linked, and not before",
        matches!(before, Err(FlowError::NoProfile))
            && of_second.id() == person.id()
            && of_third.id() == person.id(),
    )?;

    let elsewhere = Person::new_id().step(who)?;
    let other: Arc<dyn Wallet> = Arc::new(XrplKey::ed25519(&random_seed()?)?);
    let foreign = WalletProof::sign(other.as_ref(), network.chain_id(), elsewhere);
    let foreign = foreign.await.step(who)?;
    let stolen = person.add_proved_wallet(&foreign).await;
    let taken = person.add_wallet(cast.evm.wallet.as_ref()).await;
    report.check(
        who,
        "a proof for another profile and a wallet of another person are refused",
        is_refused(&stolen) && is_refused(&taken),
    )?;

    person.remove_wallet(linked).await.step(who)?;
    let gone = by(&second).await;
    // It still has its session.
    let read = of_second.wallets().await.unwrap_or_default();
    let written = of_second.add_plain_attribute("note", "still here").await;
    report.check(
        who,
        "a removed wallet reads and writes nothing more",
        matches!(gone, Err(FlowError::NoProfile)) && read.is_empty() && is_refused(&written),
    )?;

    let own = person.wallets().await.step(who)?;
    let address = cast.stellar.wallet.link().address;
    let opened = cast.stellar.opened()?;
    let connected = own.iter().find(|wallet| wallet.address == address);
    let connected = connected.ok_or(FlowError::NoProfile).step(who)?.id;
    let itself = opened.person.remove_wallet(connected).await;
    of_third.detach_wallet().await.step(who)?;
    let detached = by(&third).await;
    let left = opened.person.wallets().await.step(who)?;
    report.check(
        who,
        "a wallet takes itself off by detaching only, and is refused from then on",
        is_refused(&itself)
            && matches!(detached, Err(FlowError::NoProfile))
            && left.len() + 1 == own.len(),
    )?;

    let who = cast.xrpl.who;
    let last = cast.xrpl.opened()?.person.detach_wallet().await;
    report.check(who, "the last wallet cannot go", is_refused(&last))
}
