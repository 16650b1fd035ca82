//! Sharing under a lock, and reading while the person is away.

use idos_client::{FlowError, consumer::GRANTS_PER_PAGE, person::ShareTerms};
use idos_credential::{Level, Seconds, Verifier};

use super::{Report, Step, TourError, cast::Cast, is_refused};
use crate::command::clock::now;

/// How long the lock holds, in seconds: about as long as the scenes take until it is needed.
const LOCK: i64 = 20;

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("sharing")?;
    let who = cast.evm.who;
    let recipient = cast.network.consumer(cast.first.party).await.step(who)?;
    let opened = cast.evm.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let terms = ShareTerms {
        locked_until: Seconds(now().0 + LOCK),
        expires_at: Seconds(0),
    };
    let shared = opened
        .person
        .share(&opened.keys, kyc.original, &recipient, terms)
        .await
        .step(who)?;
    let early = opened.person.revoke(shared.grant).await;
    report.check(
        who,
        "revoking before the lock ends is refused",
        is_refused(&early),
    )?;
    // The person goes away: the session ends, nobody signs.
    opened.person.client().sign_out().await.step(who)?;

    let reader = cast.first.who;
    let consumer = &cast.first.consumer;
    let page = consumer
        .grants(None, 1, GRANTS_PER_PAGE)
        .await
        .step(reader)?;
    report.check(
        reader,
        "the list of grants is proved to be complete and has the one grant",
        page.is_complete && page.grants.len() == 1,
    )?;
    let fetched = consumer.fetch(shared.copy).await.step(reader)?;
    let trusted = cast.network.trusted_issuers().await.step(reader)?;
    let verifier = Verifier::new(trusted).with_statuses(cast.published.clone());
    let found = fetched.verify(&verifier, now());
    report.saw(reader, found.to_string().trim_end())?;
    report.check(
        reader,
        "the shared credential opens and passes every check, while its person is offline",
        found.verified,
    )?;
    let needed: Result<Level, _> = "basic+liveness".parse();
    let too_high: Result<Level, _> = "plus".parse();
    report.check(
        reader,
        "its level is the one that is needed, and no higher than it is",
        needed.is_ok_and(|level| fetched.satisfies(&level))
            && too_high.is_ok_and(|level| !fetched.satisfies(&level)),
    )?;
    let other = cast.second.consumer.fetch(shared.copy).await;
    report.check(
        cast.second.who,
        "what was shared with another is proved not to be there",
        matches!(other, Err(FlowError::NotFound { .. })),
    )?;
    cast.locked = Some((shared, terms.locked_until));
    Ok(())
}
