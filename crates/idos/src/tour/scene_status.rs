//! The lock ends and the person revokes; an issuer revokes a credential.

use std::time::Duration;

use idos_client::{Error, FlowError, consumer::GRANTS_PER_PAGE};
use idos_credential::{Check, Verifier};
use tokio::time::{Instant, sleep};

use super::{Report, Step, TourError, cast::Cast, scene_issuance::publish_status};
use crate::command::clock::now;

/// How long after the lock the block that lets revoke may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("revocation")?;
    let who = cast.evm.who;
    let (shared, locked_until) = cast.locked.ok_or(FlowError::NoProfile).step(who)?;
    let opened = cast.evm.opened()?;
    while now() <= locked_until {
        sleep(Duration::from_millis(200)).await;
    }
    let end = Instant::now() + PATIENCE;
    let revoked = loop {
        match opened.person.revoke(shared.grant).await {
            // The time that counts is that of the block.
            Err(FlowError::Client(Error::Refused { .. })) if Instant::now() < end => {
                sleep(Duration::from_millis(500)).await;
            }
            outcome => break outcome,
        }
    };
    report.check(
        who,
        "revoking after the lock ended succeeds",
        revoked.is_ok(),
    )?;
    let reader = cast.first.who;
    let gone = cast.first.consumer.fetch(shared.copy).await;
    let page = cast.first.consumer.grants(None, 1, GRANTS_PER_PAGE).await;
    let page = page.step(reader)?;
    report.check(
        reader,
        "the copy is proved to be gone, and so is the grant",
        matches!(gone, Err(FlowError::NotFound { .. }))
            && page.is_complete
            && page.grants.is_empty(),
    )?;

    // The NEAR person's credential is the second of the list.
    let copies = cast.second.consumer.grants(None, 1, GRANTS_PER_PAGE).await;
    let copies = copies.step(cast.second.who)?;
    let copy = copies.grants.first().map(|grant| grant.data_id);
    let copy = copy.ok_or(FlowError::OtherAnswer).step(cast.second.who)?;
    let fetched = cast.second.consumer.fetch(copy).await;
    let fetched = fetched.step(cast.second.who)?;
    let trusted = cast.network.trusted_issuers().await.step(cast.second.who)?;
    let verifier = Verifier::new(trusted).with_statuses(cast.published.clone());
    let before = fetched.verify(&verifier, now());
    cast.kyc.status.set(1, true).step(cast.kyc.who)?;
    publish_status(&cast.kyc, &cast.published)?;
    let after = fetched.verify(&verifier, now());
    report.saw(cast.second.who, after.to_string().trim_end())?;
    report.check(
        cast.second.who,
        "a credential that its issuer revoked was verified before and fails by its status after",
        before.verified && after.failed() == Some(Check::Status),
    )
}
