//! Newer versions reach those who have older ones; what expires is told, and ends.

use std::time::Duration;

use idos_client::{
    FlowError, NotOpened,
    person::{Renewal, ShareTerms},
};
use idos_credential::Seconds;
use idos_crypto::SigningKey;
use idos_types::CredentialId;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{
    Report, Step, TourError,
    cast::Cast,
    is_refused,
    scene_issuance::{issue, kyc_content, personhood_content, sign},
};
use crate::command::clock::now;

/// Seconds of an hour.
const HOUR: i64 = 3600;
/// After how many seconds a grant ends by itself.
const SOON: i64 = 6;
/// How long the block that ends it may take.
const PATIENCE: Duration = Duration::from_secs(30);

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("renewal")?;
    let signer = SigningKey::generate()?;
    let own = edited_in_place(cast, report, &signer).await?;
    replaced_by_its_issuer(cast, report).await?;
    expires(cast, report, own, &signer).await
}

/// The person edits what they shared.
async fn edited_in_place(
    cast: &mut Cast,
    report: &mut Report,
    signer: &SigningKey,
) -> Result<CredentialId, TourError> {
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let other = cast.network.consumer(cast.first.party).await.step(who)?;
    let opened = cast.stellar.opened()?;
    let (person, keys) = (&opened.person, &opened.keys);
    let until = Seconds(now().0 + HOUR).rfc3339();
    let version = |number: u8| json!({ "version": number, "validUntil": until }).to_string();
    let first = version(1);
    let added = person.add_credential(keys, "{}", first.as_bytes(), signer);
    let own = added.await.step(who)?;
    let terms = ShareTerms::default();
    let old = person.share(keys, own, &recipient, terms).await.step(who)?;
    let before = person.renewals(keys).await.step(who)?;
    person
        .edit_credential(keys, own, "{}", version(2).as_bytes(), signer)
        .await
        .step(who)?;
    let offers = person.renewals(keys).await.step(who)?;
    let offer = only(&offers).step(who)?;
    report.check(
        who,
        "an edited credential is offered to whom has the older version, and nothing before",
        before.is_empty() && (offer.old, offer.new, offer.grant.id) == (own, own, old.grant),
    )?;
    let wrong = person.renew(keys, offer, &other).await;
    let new = person.renew(keys, offer, &recipient).await.step(who)?;
    let fetched = cast.second.consumer.fetch(new.copy).await;
    let gone = cast.second.consumer.fetch(old.copy).await;
    let after = person.renewals(keys).await.step(who)?;
    report.check(
        cast.second.who,
        "it reads the newer version, the older is gone, and nobody else gets it",
        fetched.is_ok_and(|it| it.content.as_bytes() == version(2).as_bytes())
            && matches!(gone, Err(FlowError::NotFound { .. }))
            && matches!(wrong, Err(FlowError::OtherGrant("recipient")))
            && after.is_empty(),
    )?;
    person.revoke(new.grant).await.step(who)?;
    Ok(own)
}

/// The issuer issues a new version, which names the old one.
async fn replaced_by_its_issuer(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let (kyc, personhood) = (&cast.kyc, &cast.personhood);
    let opened = cast.stellar.opened.as_mut();
    let opened = opened.ok_or(FlowError::NoProfile).step(who)?;
    let old = opened.kyc.ok_or(FlowError::NoProfile).step(who)?.original;
    let (person, keys) = (&opened.person, &opened.keys);
    let owned = person.credential(keys, old).await.step(who)?;
    let terms = ShareTerms::default();
    let shared = person.share(keys, old, &recipient, terms).await.step(who)?;
    let replacing = || {
        let id = idos_client::fresh_id()?.to_string();
        let old = &owned.header.verifiable_credential_id;
        Ok::<_, TourError>(json!({ "id": id, "type": "human", "replaces": old }).to_string())
    };

    let grant = sign(who, opened, personhood).await?;
    let content = personhood_content(personhood, 2)?;
    issue(personhood, opened, &grant, &replacing()?, &content)
        .await
        .step(personhood.who)?;
    let by_another = person.renewals(keys).await.step(who)?;
    let grant = sign(who, opened, kyc).await?;
    let content = kyc_content(kyc, 4)?;
    let issued = issue(kyc, opened, &grant, &replacing()?, &content)
        .await
        .step(kyc.who)?;
    let offers = person.renewals(keys).await.step(who)?;
    let offer = only(&offers).step(who)?;
    report.check(
        who,
        "what the same issuer says replaces a credential is offered, what another says is not",
        by_another.is_empty()
            && (offer.old, offer.new, offer.grant.id) == (old, issued.original, shared.grant),
    )?;
    let new = person.renew(keys, offer, &recipient).await.step(who)?;
    let fetched = cast.second.consumer.fetch(new.copy).await;
    let gone = cast.second.consumer.fetch(shared.copy).await;
    report.check(
        cast.second.who,
        "it reads what the issuer issued anew, and the older no more",
        fetched.is_ok_and(|it| it.content.as_bytes() == content.as_bytes())
            && matches!(gone, Err(FlowError::NotFound { .. })),
    )?;
    person.revoke(new.grant).await.step(who)?;
    opened.kyc = Some(issued);
    Ok(())
}

/// What expires soon is told; a grant ends by itself; what a lock holds is not edited.
async fn expires(
    cast: &mut Cast,
    report: &mut Report,
    own: CredentialId,
    signer: &SigningKey,
) -> Result<(), TourError> {
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.second.party).await.step(who)?;
    let opened = cast.stellar.opened()?;
    let (person, keys) = (&opened.person, &opened.keys);
    let soon = person.expiring(keys, 2 * HOUR).await.step(who)?;
    let later = person.expiring(keys, HOUR / 2).await.step(who)?;
    report.check(
        who,
        "what expires within the time is told, what expires later is not",
        soon.len() == 1 && soon.iter().flatten().all(|it| it.id == own) && later.is_empty(),
    )?;

    let terms = ShareTerms::default();
    let shared = person.share(keys, own, &recipient, terms).await.step(who)?;
    let past = person.set_expiry(shared.grant, Seconds(now().0 - 1)).await;
    let before = cast.second.consumer.fetch(shared.copy).await;
    let at = Seconds(now().0 + SOON);
    person.set_expiry(shared.grant, at).await.step(who)?;
    let end = Instant::now() + PATIENCE;
    let is_gone = loop {
        let fetched = cast.second.consumer.fetch(shared.copy).await;
        let is_gone = matches!(fetched, Err(FlowError::NotFound { .. }));
        // A node may be too busy to answer meanwhile.
        if is_gone || Instant::now() >= end {
            break is_gone;
        }
        sleep(Duration::from_millis(200)).await;
    };
    report.check(
        cast.second.who,
        "a grant with an end is read before and gone by itself after; an end in the past is refused",
        is_refused(&past)
            && before.is_ok()
            && is_gone
            && now() >= at,
    )?;

    let terms = ShareTerms {
        locked_until: Seconds(now().0 + HOUR),
        expires_at: Seconds(0),
    };
    let shared = person.share(keys, own, &recipient, terms).await.step(who)?;
    let locked = person.edit_credential(keys, own, "{}", b"{}", signer).await;
    cast.second
        .consumer
        .rescind(shared.copy)
        .await
        .step(cast.second.who)?;
    let free = person.edit_credential(keys, own, "{}", b"{}", signer).await;
    report.check(
        who,
        "what is shared under lock is not edited, and is again when the grantee gave it up",
        is_refused(&locked) && free.is_ok(),
    )
}

/// The one offer to somebody who has no newer version, if it is one. Issuers have a copy of each version
/// that they issued, of which the older may end.
fn only(offers: &[Result<Renewal, NotOpened>]) -> Result<&Renewal, FlowError> {
    let mut offers = offers.iter().flatten().filter(|it| it.newer.is_none());
    match (offers.next(), offers.next()) {
        (Some(only), None) => Ok(only),
        _ => Err(FlowError::OtherAnswer),
    }
}
