//! Deleting a credential, and a whole profile.

use idos_client::{FlowError, person::Person};

use super::{Report, Step, TourError, cast::Cast};

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("leaving")?;
    let who = cast.xrpl.who;
    let opened = cast.xrpl.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    opened
        .person
        .remove_credential(kyc.original)
        .await
        .step(who)?;
    let left = opened.person.credentials().await.step(who)?;
    let copy = cast.kyc.issuer.as_consumer().fetch(kyc.copy).await;
    report.check(
        who,
        "a deleted credential is proved to be gone, with the issuer's copy",
        left.is_empty() && matches!(copy, Err(FlowError::NotFound { .. })),
    )?;

    let who = cast.near.who;
    let opened = cast.near.opened.take();
    let opened = opened.ok_or(FlowError::NoProfile).step(who)?;
    let client = opened.person.client().clone();
    let address = cast.near.wallet.link().address;
    let had = cast.kyc.issuer.has_profile(&address).await.step(who)?;
    opened.person.erase().await.step(who)?;
    let again = Person::open(client).await;
    let has = cast.kyc.issuer.has_profile(&address).await.step(who)?;
    report.check(
        who,
        "an erased profile is proved not to be there",
        had && !has && matches!(again, Err(FlowError::NoProfile)),
    )?;
    let page = cast.second.consumer.grants(None, 1, 1).await;
    let page = page.step(cast.second.who)?;
    report.check(
        cast.second.who,
        "its grants and copies are gone with it",
        page.grants.is_empty(),
    )
}
