//! What opens a key ring is added and removed; the key itself is replaced; words lead back.

use idos_client::{
    FlowError,
    person::{Keys, Person},
};
use idos_crypto::{
    Factor, KeyRingError, NewFactor, Password, PasswordCost, RecoveryWords, SigningKey, UnlockError,
};
use idos_types::CredentialId;

use super::{
    Report, Step, TourError,
    cast::{Cast, Opened},
    scene_profiles::{NEW_PASSWORD, PASSWORD},
};

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("keys")?;
    let who = cast.stellar.who;
    let network = cast.network.clone();
    let opened = cast.stellar.opened()?;
    factors(who, opened, report).await?;

    let (old, new) = (Password::new(PASSWORD)?, Password::new(NEW_PASSWORD)?);
    let (keys, words) = opened
        .person
        .add_recovery_words(&opened.keys)
        .await
        .step(who)?;
    let former = keys.clone();
    let factors = [
        NewFactor::Password(&new, PasswordCost::LEAST),
        NewFactor::Words(&words),
    ];
    opened.keys = opened.person.replace_key(&keys, &factors).await.step(who)?;
    replaced(who, opened, &former, report).await?;
    let refused = opened.person.unlock(&Factor::Password(&old), 0).await;
    let again = opened.person.unlock(&Factor::Password(&new), 0).await;
    let ahead = opened.keys.revision().unwrap_or(0) + 1;
    let older = opened.person.unlock(&Factor::Password(&new), ahead).await;
    report.check(
        who,
        "the replaced key ring opens by the new password, not by the old, and not if it is an older one",
        again.is_ok_and(|again| again.public_key() == opened.keys.public_key())
            && is_unlock(&refused, |error| *error == UnlockError::WrongPassword)
            && is_unlock(&older, |error| matches!(error, UnlockError::Old { .. })),
    )?;

    // A device that has nothing but the words and the network.
    let (recovered, keys) = Person::recover(network.clone(), &words, 0)
        .await
        .step(who)?;
    let attributes = recovered.attributes(&keys).await.step(who)?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let read = recovered.credential(&keys, kyc.original).await;
    let stranger = Person::recover(network, &RecoveryWords::generate()?, 0).await;
    report.check(
        who,
        "after that the words alone still lead to everything, and other words to nothing",
        recovered.id() == opened.person.id()
            && !attributes.is_empty()
            && read.is_ok()
            && matches!(stranger, Err(FlowError::NoProfile)),
    )
}

/// A second password is added, and removed.
async fn factors(
    who: &'static str,
    opened: &mut Opened,
    report: &mut Report,
) -> Result<(), TourError> {
    let (first, second) = (Password::new(PASSWORD)?, Password::new(NEW_PASSWORD)?);
    let factor = NewFactor::Password(&second, PasswordCost::LEAST);
    let person = &mut opened.person;
    let (keys, added) = person.add_factor(&opened.keys, &factor).await.step(who)?;
    let by_second = person.unlock(&Factor::Password(&second), 0).await;
    let keys = person.remove_factor(&keys, added).await.step(who)?;
    let removed = person.unlock(&Factor::Password(&second), 0).await;
    let by_first = person.unlock(&Factor::Password(&first), 0).await;
    report.check(
        who,
        "a removed factor opens nothing more, another still does",
        by_second.is_ok()
            && is_unlock(&removed, |error| *error == UnlockError::WrongPassword)
            && by_first.is_ok(),
    )?;
    let wraps = keys.key_ring().into_iter().flat_map(|ring| ring.wraps());
    let last: Vec<_> = wraps.map(|(id, _)| id).collect();
    let gone = match last.as_slice() {
        [only] => person.remove_factor(&keys, *only).await.err(),
        _ => None,
    };
    report.check(
        who,
        "the last factor stays",
        matches!(gone, Some(FlowError::KeyRing(KeyRingError::LastWrap))),
    )?;
    opened.keys = keys;
    Ok(())
}

/// What was sealed before opens still; what is sealed now does not open by the former key.
async fn replaced(
    who: &'static str,
    opened: &Opened,
    former: &Keys,
    report: &mut Report,
) -> Result<(), TourError> {
    let (person, keys) = (&opened.person, &opened.keys);
    let seen = Person::open(person.client().clone()).await.step(who)?;
    report.check(
        who,
        "the profile is proved to show the new key",
        seen.shown_key() == keys.public_key() && seen.shown_key() != former.public_key(),
    )?;
    let kyc = opened.kyc.ok_or(FlowError::NoProfile).step(who)?;
    let old = person.credential(keys, kyc.original).await;
    let attributes = person.attributes(keys).await;
    report.check(
        who,
        "what was sealed for the replaced key still opens",
        old.is_ok()
            && attributes.is_ok_and(|all| !all.is_empty() && all.iter().all(|it| it.value.is_ok())),
    )?;
    let signer = SigningKey::generate()?;
    let added = person.add_credential(keys, "{}", b"sealed after the change", &signer);
    let added: CredentialId = added.await.step(who)?;
    let phone = person.add_attribute(keys, "phone", "+1").await.step(who)?;
    let by_former = person.attributes(former).await.step(who)?;
    let (by_new, by_old) = (
        person.credential(keys, added).await,
        person.credential(former, added).await,
    );
    report.check(
        who,
        "what is sealed from now on does not open by the replaced key",
        by_new.is_ok()
            && matches!(by_old, Err(FlowError::NotOpened(it)) if it.id == added.0)
            && by_former
                .iter()
                .any(|it| it.row.id == phone && it.value.is_err()),
    )
}

fn is_unlock(outcome: &Result<Keys, FlowError>, of: impl Fn(&UnlockError) -> bool) -> bool {
    matches!(outcome, Err(FlowError::Unlock(error)) if of(error))
}
