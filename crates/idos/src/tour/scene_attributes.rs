//! Attributes are edited, shared and removed.

use idos_client::party::Recipient;

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
    let values: Vec<_> = all
        .iter()
        .filter_map(|(_, _, value)| value.text())
        .collect();
    report.check(
        who,
        "an edited attribute has the new value, and the old one is nowhere",
        values == [AFTER] && all.iter().all(|(_, _, value)| value.is_sealed()),
    )?;

    let shared = person
        .share_attribute(keys, id, &recipient)
        .await
        .step(who)?;
    let read = cast.first.consumer.open_attribute(&shared.value);
    let other = cast.second.consumer.open_attribute(&shared.value);
    let rows = person.attribute_rows().await.step(who)?;
    let is_copy = rows.iter().any(|(row, copy)| {
        row.id == shared.copy && copy.as_ref().is_some_and(|copy| copy.original_id == id)
    });
    report.check(
        who,
        "a shared attribute opens for its recipient, and for nobody else",
        is_copy && read.is_ok_and(|read| *read == *AFTER.as_bytes()) && other.is_err(),
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
    report.check(
        who,
        "a removed attribute is proved to be gone, with its copies",
        rows.iter()
            .all(|(row, _)| row.id != id && row.id != shared.copy),
    )?;
    // For the scenes to come.
    person
        .add_attribute(keys, "email", AFTER)
        .await
        .step(who)
        .map(drop)
}
