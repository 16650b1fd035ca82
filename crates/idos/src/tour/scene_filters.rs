//! Credentials are looked for by issuer, by their public notes and by their contents.

use idos_client::{
    FlowError,
    person::{Filter, Matches},
};
use idos_crypto::SigningKey;
use idos_types::CredentialId;
use serde_json::{Value, json};

use super::{
    Report, Step, TourError,
    cast::{Cast, Opened},
    scene_issuance::{issue, notes, personhood_content, sign},
};

/// A field of the content that public notes do not have.
const PRIVATE: &str = "credentialSubject.nationality";

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("filters")?;
    let who = cast.stellar.who;
    let (kyc, personhood) = (&cast.kyc, &cast.personhood);
    let content = personhood_content(personhood, 1)?;
    let opened = cast.stellar.opened.as_ref();
    let opened = opened.ok_or(FlowError::NoProfile).step(who)?;
    let grant = sign(who, opened, personhood).await?;
    issue(personhood, opened, &grant, &notes("personhood")?, &content)
        .await
        .step(personhood.who)?;
    let id = idos_client::fresh_id()?.to_string();
    let own_notes = json!({ "id": id, "type": "human", "by": "myself" }).to_string();
    let own_content = br#"{"credentialSubject":{"nationality":"none"}}"#;
    let signer = SigningKey::generate()?;
    let own = opened
        .person
        .add_credential(&opened.keys, &own_notes, own_content, &signer)
        .await
        .step(who)?;
    let issued = opened.kyc.ok_or(FlowError::NoProfile).step(who)?.original;

    let by = |key: String| Filter {
        issuers: vec![key],
        ..Filter::default()
    };
    let (found, none) = (
        search(who, opened, by(kyc.issuer.public_key())).await?,
        search(who, opened, by(cast.first.address())).await?,
    );
    report.check(
        who,
        "by issuer: what that key signed, and nothing of another",
        found == [issued] && none.is_empty(),
    )?;

    let human = || field("type", "human");
    let with_notes = |notes| Filter {
        notes,
        ..Filter::default()
    };
    let picked = search(
        who,
        opened,
        with_notes(Matches {
            pick: human(),
            omit: Vec::new(),
        }),
    )
    .await?;
    let omit = field("by", "myself");
    let omitted = search(
        who,
        opened,
        with_notes(Matches {
            pick: human(),
            omit,
        }),
    )
    .await?;
    report.check(
        who,
        "by public notes: what they say is picked, and what they say is omitted",
        picked.len() == 2 && picked.contains(&own) && omitted == [issued],
    )?;

    let with_content = |value: &str| Filter {
        content: Matches {
            pick: field(PRIVATE, value),
            omit: Vec::new(),
        },
        ..Filter::default()
    };
    let (found, none) = (
        search(who, opened, with_content("PT")).await?,
        search(who, opened, with_content("XX")).await?,
    );
    let public = with_notes(Matches {
        pick: field(PRIVATE, "PT"),
        omit: Vec::new(),
    });
    let public = search(who, opened, public).await?;
    report.check(
        who,
        "by content, opened on the device: found by a field that public notes do not have",
        found == [issued] && none.is_empty() && public.is_empty(),
    )
}

fn field(path: &str, value: &str) -> Vec<(String, Vec<Value>)> {
    vec![(path.to_owned(), vec![Value::from(value)])]
}

async fn search(
    who: &'static str,
    opened: &Opened,
    filter: Filter,
) -> Result<Vec<CredentialId>, TourError> {
    let found = opened
        .person
        .filtered(&filter, &opened.keys)
        .await
        .step(who)?;
    let found: Result<Vec<_>, _> = found.into_iter().collect();
    let found = found.map_err(FlowError::from).step(who)?;
    Ok(found.iter().map(|entry| entry.header.id).collect())
}
