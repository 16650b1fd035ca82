//! Attributes are edited, shared and removed.

use idos_client::{FlowError, consumer::GRANTS_PER_PAGE, party::Recipient};

use super::{Report, Step, TourError, cast::Cast, is_refused};

const BEFORE: &str = "old@mail.example";
const AFTER: &str = "new@mail.example";

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("attributes")?;
    let who = cast.stellar.who;
    let recipient = cast.network.consumer(cast.first.party).await.step(who)?;
    let opened = cast.stellar.opened()?;
    let (person, keys) = (&opened.person, &opened.keys);
    let id = person
        .add_attribute(keys, "email", BEFORE)
        .await
        .step(who)?;
    person
        .edit_attribute(keys, id, "email", AFTER)
        .await
        .step(who)?;
    let all = person.attributes(keys).await.step(who)?;
    let values: Vec<_> = all.iter().flat_map(|it| &it.value).collect();
    report.check(
        who,
        "an edited attribute has the new value, and the old one is nowhere",
        all.len() == 1
            && values
                .iter()
                .all(|value| value.is_sealed() && value.text() == Some(AFTER)),
    )?;

    let shared = person
        .share_attribute(keys, id, &recipient)
        .await
        .step(who)?;
    let first = &cast.first.consumer;
    let listed = first.attributes(Some(person.id()), 1, GRANTS_PER_PAGE);
    let listed = listed.await.step(cast.first.who)?;
    let read = first.attribute(shared.copy).await.step(cast.first.who)?;
    let not_granted = cast.second.consumer.attribute(shared.copy).await;
    let not_listed = cast.second.consumer.attributes(None, 1, GRANTS_PER_PAGE);
    let not_listed = not_listed.await.step(cast.second.who)?;
    let not_sealed = cast.second.consumer.open_attribute(&shared.value);
    let rows = person.attribute_rows().await.step(who)?;
    let is_copy = rows.iter().any(|(row, copy)| {
        row.id == shared.copy && copy.as_ref().is_some_and(|copy| copy.original_id == id)
    });
    report.check(
        who,
        "a shared attribute is listed, fetched and opened by its recipient, and by nobody else",
        is_copy
            && listed.iter().any(|entry| entry.id == shared.copy)
            && (read.key.as_str(), read.original) == ("email", Some(id))
            && *read.value == *AFTER.as_bytes()
            && matches!(not_granted, Err(FlowError::NotFound { .. }))
            && not_listed.iter().all(|entry| entry.id != shared.copy)
            && not_sealed.is_err(),
    )?;
    let edited = person
        .edit_attribute(keys, shared.copy, "email", BEFORE)
        .await;
    let unlisted = Recipient::unlisted(&cast.second.address(), cast.second.consumer.public_key());
    let copied = person.share_attribute(keys, shared.copy, &unlisted).await;
    report.check(
        who,
        "a copy is neither edited nor shared again",
        is_refused(&edited) && copied.is_err(),
    )?;

    person.remove_attribute(id).await.step(who)?;
    let rows = person.attribute_rows().await.step(who)?;
    let gone = first.attribute(shared.copy).await;
    report.check(
        who,
        "a removed attribute is proved to be gone, with its copies, for their recipients too",
        rows.iter()
            .all(|(row, _)| row.id != id && row.id != shared.copy)
            && matches!(gone, Err(FlowError::NotFound { .. })),
    )?;
    // For the scenes to come.
    person
        .add_attribute(keys, "email", AFTER)
        .await
        .step(who)
        .map(drop)
}
