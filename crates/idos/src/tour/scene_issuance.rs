//! Credentials by delegated write grants.

use idos_client::{
    FlowError,
    issuer::{IssuedIds, NewCredential},
    party::Recipient,
    signed_grant::{WriteGrant, WriteGrantTerms},
};
use idos_credential::{
    CredentialFields, File, IdDocument, IdDocumentType, IssueOptions, Person as Identified,
    Personhood, Seconds, Suite, Verifier, kyc_credential, personhood_credential,
};
use serde_json::json;

use super::{
    Report, Step, TourError,
    cast::{Cast, IssuerRole, Opened, Published},
    is_refused,
};
use crate::command::clock::now;

/// A year in seconds.
const YEAR: i64 = 365 * 24 * 3600;
/// For how long a write grant can be used, in seconds.
const WINDOW: i64 = 3600;
/// By how much clocks may differ, in seconds.
const SKEW: i64 = 60;

/// The scene.
pub(crate) async fn play(cast: &mut Cast, report: &mut Report) -> Result<(), TourError> {
    report.scene("issuance")?;
    publish_status(&cast.kyc, &cast.published)?;
    publish_status(&cast.personhood, &cast.published)?;
    let trusted = cast.network.trusted_issuers().await.step("anybody")?;
    let verifier = Verifier::new(trusted).with_statuses(cast.published.clone());

    let kyc = &cast.kyc;
    for (index, role) in [
        &mut cast.evm,
        &mut cast.near,
        &mut cast.xrpl,
        &mut cast.stellar,
    ]
    .into_iter()
    .enumerate()
    {
        let who = role.who;
        let content = kyc_content(kyc, index)?;
        let opened = role.opened()?;
        let grant = sign(who, opened, kyc).await?;
        let notes = notes("human")?;
        let issued = issue(kyc, opened, &grant, &notes, &content)
            .await
            .step(kyc.who)?;
        let owned = opened.person.credential(&opened.keys, issued.original);
        let owned = owned.await.step(who)?;
        let text = String::from_utf8_lossy(&owned.content);
        report.check(
            who,
            "the credential opens, and is what the issuer signed",
            owned.content.as_bytes() == content.as_bytes()
                && verifier.verify(&text, now()).verified,
        )?;
        let again = issue(kyc, opened, &grant, &notes, &content).await;
        report.check(
            kyc.who,
            "the same write grant cannot be used twice",
            is_refused(&again),
        )?;
        opened.kyc = Some(issued);
    }

    let who = cast.evm.who;
    let personhood = &cast.personhood;
    let opened = cast.evm.opened()?;
    let content = personhood_content(personhood, 0)?;
    let grant = sign(who, opened, personhood).await?;
    let notes = notes("personhood")?;
    issue(personhood, opened, &grant, &notes, &content)
        .await
        .step(personhood.who)?;
    let originals = opened.person.originals().await.step(who)?;
    report.check(
        who,
        "both issuers' credentials are in the proved list",
        originals.len() == 2,
    )?;
    let stolen = issue(&cast.kyc, opened, &grant, &notes, &content).await;
    report.check(
        cast.kyc.who,
        "a write grant for another issuer is refused",
        matches!(stolen, Err(FlowError::OtherGrant(_))),
    )
}

/// Public notes of a kind of credential, with an id of their own.
pub(super) fn notes(kind: &str) -> Result<String, TourError> {
    let id = idos_client::fresh_id()?.to_string();
    Ok(json!({ "id": id, "type": kind }).to_string())
}

/// The person lets the issuer add a credential, and keep a copy.
pub(super) async fn sign(
    who: &'static str,
    opened: &Opened,
    issuer: &IssuerRole,
) -> Result<WriteGrant, TourError> {
    let now = now().0;
    let terms = WriteGrantTerms {
        grantee: issuer.issuer.public_key(),
        issuer_public_key: issuer.issuer.public_key(),
        locked_until: Seconds(0),
        not_before: Seconds(now - SKEW),
        not_after: Seconds(now + WINDOW),
    };
    opened.person.sign_write_grant(&terms).await.step(who)
}

/// Issues by a write grant; the issuer keeps a copy.
pub(super) async fn issue(
    issuer: &IssuerRole,
    to: &Opened,
    grant: &WriteGrant,
    notes: &str,
    content: &str,
) -> Result<IssuedIds, FlowError> {
    let new = NewCredential {
        notes,
        content: content.as_bytes(),
    };
    let own: Recipient = issuer.issuer.as_recipient();
    let key = to.person.shown_key();
    issuer.issuer.issue(&new, grant, &key, &own).await
}

/// Puts the issuer's status list where verifiers find it.
pub(crate) fn publish_status(issuer: &IssuerRole, published: &Published) -> Result<(), TourError> {
    let from = now();
    let until = Seconds(from.0 + YEAR);
    let list = issuer
        .status
        .credential(&issuer.signer, Suite::EddsaJcs2022, from, until)
        .step(issuer.who)?;
    published.put(issuer.status.url(), list);
    Ok(())
}

fn fields(issuer: &IssuerRole, index: usize) -> CredentialFields {
    let from = now();
    CredentialFields {
        issuer: issuer.signer.id().to_owned(),
        valid_from: from,
        valid_until: Some(Seconds(from.0 + YEAR)),
        approved_at: Some(from),
        status: Some(issuer.status.entry(index)),
        ..CredentialFields::default()
    }
}

/// A signed credential of the KYC issuer; people have different indexes.
pub(super) fn kyc_content(issuer: &IssuerRole, index: usize) -> Result<String, TourError> {
    let person = Identified {
        id: None,
        first_name: Some("Given".to_owned()),
        middle_name: None,
        family_name: Some("Family".to_owned()),
        maiden_name: None,
        gender: None,
        nationality: Some("PT".to_owned()),
        ssn: None,
        email: Some("name@mail.example".to_owned()),
        phone_number: None,
        date_of_birth: "1990-04-30".to_owned(),
        place_of_birth: None,
        id_document: IdDocument {
            country: "PT".to_owned(),
            number: format!("X{index}"),
            r#type: IdDocumentType::Passport,
            date_of_issue: None,
            date_of_expiry: None,
            front_file: File(b"a picture of the document".to_vec()),
            back_file: None,
        },
        selfie_file: File(b"a picture of the face".to_vec()),
        residential_address: None,
    };
    let unsigned = kyc_credential(&person, &fields(issuer, index))?;
    signed(issuer, unsigned)
}

/// A signed credential of the personhood issuer.
pub(super) fn personhood_content(issuer: &IssuerRole, index: usize) -> Result<String, TourError> {
    let personhood = Personhood {
        face_sign_user_id: idos_client::fresh_id()?.to_string(),
        liveness_method: None,
        liveness_checked_at: None,
        unique_within: None,
    };
    let unsigned = personhood_credential(None, &personhood, &fields(issuer, index))?;
    signed(issuer, unsigned)
}

fn signed(issuer: &IssuerRole, unsigned: serde_json::Value) -> Result<String, TourError> {
    let options = IssueOptions::new(Suite::EddsaJcs2022, now());
    Ok(issuer.signer.issue_json(unsigned, &options)?.to_string())
}
