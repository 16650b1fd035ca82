//! What our credentials say, and what the official SDK's do.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use idos_credential::{
    Achievement, Check, CredentialFields, File, LinkedWallet, Personhood, SocialAccount,
    SubjectError, Suite, achievement_credential, is_of_age, kyc_credential,
    official_kyc_credential, personhood_credential, social_credential, wallets_credential,
};
use serde_json::{Value, json};
use support::*;

#[test]
fn the_day_of_birth_is_read_of_every_kind_of_credential() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let ours = unsigned(&issuer);
    let official = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    for credential in [ours, official] {
        let born = credential["credentialSubject"]["dateOfBirth"]
            .as_str()
            .unwrap();
        assert_eq!(is_of_age(born, 18, NOW), Ok(true), "{born}");
        assert_eq!(is_of_age(born, 37, NOW), Ok(false), "{born}");
    }
    for no_day in [
        "1990-04-30T12:00:00.000Z",
        "1990-04-30T00:00:00.000ZT00:00:00.000Z",
    ] {
        assert!(is_of_age(no_day, 18, NOW).is_err(), "{no_day}");
    }
}

#[test]
fn a_person_has_a_level_and_attested_claims() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = unsigned(&issuer);
    assert_eq!(credential["level"], "plus+liveness+email+phoneNumber");
    let subject = &credential["credentialSubject"];
    assert_eq!(subject["ageOver21"], true);
    assert_eq!(subject["residesInEu"], true);
    assert_eq!(subject["dateOfBirth"], "1990-04-30");

    let mut plain = person();
    plain.residential_address = None;
    plain.email = None;
    plain.phone_number = None;
    plain.selfie_file = File(Vec::new());
    plain.date_of_birth = "2006-11-21".to_owned();
    let credential = kyc_credential(&plain, &fields(&issuer)).unwrap();
    assert_eq!(credential["level"], "basic");
    let subject = &credential["credentialSubject"];
    assert_eq!(
        (&subject["ageOver18"], &subject["ageOver21"]),
        (&json!(true), &json!(false))
    );
    assert_eq!(subject.get("residesInEu"), None);
}

#[test]
fn the_official_form_is_kept() {
    let issuer = issuer(Suite::Ed25519Signature2020);
    let credential = official_kyc_credential(&person(), &fields(&issuer)).unwrap();
    assert_eq!(credential["type"], json!(["VerifiableCredential"]));
    assert_eq!(credential["issuanceDate"], "2026-11-21T11:00:00.000Z");
    let subject = &credential["credentialSubject"];
    assert_eq!(subject["dateOfBirth"], "1990-04-30T00:00:00.000Z");
    assert_eq!(subject["residentialAddressProofFile"], "<~z~>");
    assert_eq!(subject["residentialAddressStreet"], "Rua Augusta");
    assert_eq!(subject.get("ageOver18"), None);
    let signed = issuer
        .issue_json(credential.clone(), &options(Suite::Ed25519Signature2020))
        .unwrap();
    assert_eq!(signed["@context"], credential["@context"]);
    assert_eq!(signed["proof"].get("cryptosuite"), None);
}

#[test]
fn data_that_is_wrong_is_named() {
    let fields = fields(&issuer(Suite::EddsaJcs2022));
    let wrong = |change: &dyn Fn(&mut idos_credential::Person)| {
        let mut person = person();
        change(&mut person);
        kyc_credential(&person, &fields).unwrap_err()
    };
    let nameless = wrong(&|p| (p.first_name, p.family_name) = (None, None));
    assert_eq!(nameless, SubjectError::Missing("first or family name"));
    assert!(matches!(
        wrong(&|p| p.nationality = Some("gb".to_owned())),
        SubjectError::Field {
            field: "nationality",
            ..
        }
    ));
    assert!(matches!(
        wrong(&|p| p.ssn = Some("1".to_owned())),
        SubjectError::Field { field: "ssn", .. }
    ));
    assert!(matches!(
        wrong(&|p| p.date_of_birth = "30.4.1990".to_owned()),
        SubjectError::Date {
            field: "dateOfBirth",
            ..
        }
    ));
    assert!(matches!(
        wrong(&|p| p.date_of_birth = "2090-04-30".to_owned()),
        SubjectError::Field {
            field: "validFrom",
            ..
        }
    ));
    assert!(
        serde_json::from_value::<idos_credential::Person>(json!({"firstName": "Ada"})).is_err()
    );
}

/// A credential about two wallets.
fn wallets(fields: &CredentialFields) -> Value {
    let wallet = |address: &str| LinkedWallet {
        wallet_address: address.to_owned(),
        wallet_type: "EVM".to_owned(),
        wallet_public_key: None,
        ownership_message: Some("mine".to_owned()),
        ownership_signature: Some("0x00".to_owned()),
        ownership_proved_at: None,
    };
    wallets_credential(None, &[wallet("0x1"), wallet("0x2")], fields).unwrap()
}

/// A reader of JSON-LD takes an id that is no address for none, so that the signature holds.
#[test]
fn nothing_within_gets_an_id_that_nobody_signed() {
    for suite in WHOLE {
        let issuer = issuer(suite);
        let unsigned = wallets(&fields(&issuer));
        let mut signed = issuer.issue_json(unsigned, &options(suite)).unwrap();
        signed["credentialSubject"]["linkedWallets"][0]["id"] = json!("0x3");
        let report = verifier().verify(&signed.to_string(), NOW);
        fails(&report, Check::Structure, "malformed");
        signed["credentialSubject"]["linkedWallets"][0]["id"] = json!("urn:wallet:0x3");
        let report = verifier().verify(&signed.to_string(), NOW);
        fails(&report, Check::Proof, "wrong-proof");
    }
}

#[test]
fn every_kind_is_issued_and_verified_by_every_suite() {
    let kinds: [fn(&CredentialFields) -> Value; 4] = [
        |fields| {
            let personhood = Personhood {
                face_sign_user_id: "f-1".to_owned(),
                liveness_method: Some("3d".to_owned()),
                liveness_checked_at: Some(NOW.rfc3339()),
                unique_within: Some("idOS".to_owned()),
            };
            personhood_credential(Some("did:example:1"), &personhood, fields).unwrap()
        },
        wallets,
        |fields| {
            let account = SocialAccount {
                social_platform: "example".to_owned(),
                social_account_id: "1".to_owned(),
                social_handle: Some("@ada".to_owned()),
                social_followers: Some(1_815),
                social_account_since: Some("2015-12-10".to_owned()),
                social_proved_at: Some(NOW.rfc3339()),
            };
            social_credential(None, &[account], fields).unwrap()
        },
        |fields| {
            let achievement = Achievement {
                achievement_name: "Note G".to_owned(),
                achievement_description: None,
                achievement_issued_by: Some("Royal Society".to_owned()),
                achievement_score: Some(7),
                achievement_earned_at: None,
            };
            achievement_credential(None, &[achievement], fields).unwrap()
        },
    ];
    for kind in kinds {
        for suite in WHOLE {
            let issuer = issuer(suite);
            let unsigned = kind(&fields(&issuer));
            let signed = issuer.issue_json(unsigned, &options(suite)).unwrap();
            let report = verifier().verify(&signed.to_string(), NOW);
            assert!(report.verified, "{suite}: {report}");
        }
    }
}

#[test]
fn lists_are_not_empty_and_dates_are_dates() {
    let fields = fields(&issuer(Suite::EddsaJcs2022));
    assert_eq!(
        wallets_credential(None, &[], &fields),
        Err(SubjectError::Missing("linkedWallets"))
    );
    let personhood = Personhood {
        face_sign_user_id: "f-1".to_owned(),
        liveness_method: None,
        liveness_checked_at: Some("today".to_owned()),
        unique_within: None,
    };
    assert!(matches!(
        personhood_credential(None, &personhood, &fields),
        Err(SubjectError::Date { .. })
    ));
}
