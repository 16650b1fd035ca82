//! Access that a person signed and others submit; grants that their grantee gives up; public notes.

use idos_client::{
    FlowError,
    person::{ShareTerms, Shared},
    signed_grant::DelegatedAccess,
};
use idos_credential::Seconds;
use serde_json::json;

use super::{Report, Step, TourError, cast::Cast, is_refused};
use crate::command::clock::now;

/// A lock that holds longer than any tour, in seconds.
const HOUR: i64 = 3600;

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("delegation")?;
    submitted_by_the_issuer(cast, report).await?;
    accepted_by_the_consumer(cast, report).await?;
    given_up(cast, report).await
}

/// The person prepares a copy for a consumer, and signs that it may read it.
async fn prepared(cast: &mut Cast) -> Result<(Shared, DelegatedAccess), TourError> {
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let opened = cast.stellar.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let (person, keys) = (&opened.person, &opened.keys);
    let content = person.credential(keys, kyc.original).await.step(who)?;
    let copy = person.prepare_copy(keys, kyc.original, &recipient).await;
    let copy = copy.step(who)?;
    let (no_lock, hash) = (Seconds(0), content.content_hash);
    let signed = person.sign_access(recipient.grantee(), copy.copy, no_lock, hash);
    Ok((copy, signed.await.step(who)?))
}

async fn submitted_by_the_issuer(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    let (copy, access) = prepared(cast).await?;
    let who = cast.second.who;
    let before = cast.second.consumer.fetch(copy.copy).await;
    let ignorant = cast.personhood.issuer.grant_access(&access).await;
    let altered = DelegatedAccess {
        locked_until: Seconds(now().0 + HOUR),
        ..access.clone()
    };
    let forged = cast.kyc.issuer.grant_access(&altered).await;
    report.check(
        cast.kyc.who,
        "a signed access is not made for an unknown content, nor with other terms than signed",
        matches!(ignorant, Err(FlowError::NoSuchContent)) && is_refused(&forged),
    )?;
    cast.kyc
        .issuer
        .grant_access(&access)
        .await
        .step(cast.kyc.who)?;
    let after = cast.second.consumer.fetch(copy.copy).await;
    report.check(
        who,
        "the consumer reads what a person signed and the issuer submitted, and not before",
        matches!(before, Err(FlowError::NotFound { .. }))
            && after.is_ok_and(|after| after.content_hash.to_string() == access.content_hash),
    )?;

    let who = cast.stellar.who;
    let opened = cast.stellar.opened()?;
    let grants = opened.person.grants().await.step(who)?;
    let theirs = grants
        .iter()
        .find(|grant| grant.data_id == copy.copy && grant.id != copy.grant);
    let theirs = theirs.ok_or(FlowError::OtherAnswer).step(who)?.id;
    opened.person.revoke(theirs).await.step(who)?;
    let gone = cast.second.consumer.fetch(copy.copy).await;
    let replayed = cast.kyc.issuer.grant_access(&access).await;
    report.check(
        who,
        "a revoked access is gone, and the same signature does not bring it back",
        matches!(gone, Err(FlowError::NotFound { .. })) && is_refused(&replayed),
    )?;
    let opened = cast.stellar.opened()?;
    opened.person.revoke(copy.grant).await.step(who).map(drop)
}

async fn accepted_by_the_consumer(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    let (copy, access) = prepared(cast).await?;
    let who = cast.second.who;
    let stolen = cast.first.consumer.accept(&access).await;
    cast.second.consumer.accept(&access).await.step(who)?;
    let read = cast.second.consumer.fetch(copy.copy).await;
    report.check(
        who,
        "a consumer accepts an access that names it, and no other does",
        matches!(stolen, Err(FlowError::OtherGrant("grantee"))) && read.is_ok(),
    )?;

    // The issuer replaces the public notes, which the consumer sees beside its copy.
    let opened = cast.stellar.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let owned = opened.person.credential(&opened.keys, kyc.original).await;
    let id = owned.step(who)?.header.verifiable_credential_id;
    let id = id.ok_or(FlowError::OtherAnswer).step(who)?;
    let notes = json!({ "id": id, "type": "human", "reviewed": true }).to_string();
    let other = cast.personhood.issuer.edit_notes(&id, "{}").await;
    let unchanged = cast.second.consumer.fetch(copy.copy).await;
    cast.kyc
        .issuer
        .edit_notes(&id, &notes)
        .await
        .step(cast.kyc.who)?;
    let edited = cast.second.consumer.fetch(copy.copy).await;
    report.check(
        cast.kyc.who,
        "the issuer replaces its public notes, another issuer does not",
        other.is_ok()
            && unchanged.is_ok_and(|it| it.notes.contains(&id) && !it.notes.contains("reviewed"))
            && edited.is_ok_and(|edited| edited.notes == notes),
    )?;

    let rescinded = cast.second.consumer.rescind(copy.copy).await;
    let gone = cast.second.consumer.fetch(copy.copy).await;
    let twice = cast.second.consumer.rescind(copy.copy).await;
    report.check(
        who,
        "after it gave up its grant the consumer reads no more",
        rescinded.is_ok() && matches!(gone, Err(FlowError::NotFound { .. })) && is_refused(&twice),
    )?;
    let who = cast.stellar.who;
    let opened = cast.stellar.opened()?;
    opened.person.revoke(copy.grant).await.step(who).map(drop)
}

/// A consumer gives up what a lock holds.
async fn given_up(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let opened = cast.stellar.opened()?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let terms = ShareTerms {
        locked_until: Seconds(now().0 + HOUR),
        expires_at: Seconds(0),
    };
    let (person, keys) = (&opened.person, &opened.keys);
    let shared = person.share(keys, kyc.original, &recipient, terms).await;
    let shared = shared.step(who)?;
    let stolen = cast.first.consumer.rescind(shared.copy).await;
    let held = person.revoke(shared.grant).await;
    let given = cast.second.consumer.rescind(shared.copy).await;
    let grants = person.grants().await.step(who)?;
    let left = person.credentials().await.step(who)?;
    report.check(
        cast.second.who,
        "its own grant a consumer gives up under lock, and nobody else can; the copy goes with it",
        is_refused(&stolen)
            && is_refused(&held)
            && given.is_ok()
            && grants.iter().all(|grant| grant.id != shared.grant)
            && left.iter().all(|entry| entry.header.id != shared.copy),
    )
}
