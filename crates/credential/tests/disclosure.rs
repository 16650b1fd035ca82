//! A holder shows that they are over 18 or live in the European Union, and nothing else.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use idos_credential::{
    Check, CredentialFields, FetchedList, FieldBinding, IssueError, NoDocuments, ProofError,
    Report, Seconds, StatusList, StatusPurpose, StatusSource, Suite, derive, kyc_credential,
};
use idos_disclosure::{DisclosureError, PointersError};
use serde_json::{Value, json};
use support::*;

const LIST: &str = "https://example.com/status/1";
const TERMS: &str = "https://example.com/terms";

/// A KYC credential as it is stored: whole, with the issuer's base proof.
fn stored() -> Value {
    let issuer = issuer(Suite::Bbs2023);
    let mut person = person();
    person.id = None;
    let fields = CredentialFields {
        id: None,
        status: Some(StatusList::entry(LIST, StatusPurpose::Revocation, 3)),
        ..fields(&issuer)
    };
    let mut unsigned = kyc_credential(&person, &fields).unwrap();
    unsigned["termsOfUse"] = json!({ "id": TERMS, "type": "https://example.com/#Terms" });
    issuer
        .issue_json(unsigned, &options(Suite::Bbs2023))
        .unwrap()
}

fn shown(stored: &Value, pointers: &[&str]) -> Value {
    let text = derive(&stored.to_string(), pointers, b"occasion", &NoDocuments).unwrap();
    serde_json::from_str(&text).unwrap()
}

struct List(bool);

impl StatusSource for List {
    fn status_list(&self, _: &str) -> Result<FetchedList, String> {
        let issuer = issuer(Suite::Bbs2023);
        let mut list = StatusList::new(131_072).unwrap();
        list.set(3, self.0).unwrap();
        let list = list
            .credential(LIST, issuer.id(), StatusPurpose::Revocation, NOW, NOW)
            .unwrap();
        // Whoever issues by bbs-2023 shows the whole list.
        let list = issuer.issue_json(list, &options(Suite::Bbs2023)).unwrap();
        let list = shown(&list, &["/credentialSubject", "/id"]);
        Ok(FetchedList {
            credential: list.to_string(),
            fetched_at: NOW,
        })
    }
}

fn verify(credential: &Value, revoked: bool) -> Report {
    verifier()
        .with_statuses(List(revoked))
        .verify(&credential.to_string(), NOW)
}

#[test]
fn over_18_is_shown_without_the_passport() {
    let shown = shown(&stored(), &["/credentialSubject/ageOver18"]);
    let report = verify(&shown, false);
    assert!(report.verified, "{report}");
    assert_eq!(report.field_binding, FieldBinding::Proven);
    assert_eq!(shown["credentialSubject"], json!({"ageOver18": true}));
    // Keys and proofs are as good as random, and may spell anything.
    let mut told = shown.clone();
    for random in ["issuer", "proof"] {
        told[random].take();
    }
    let text = told.to_string();
    for secret in [
        "Ada",
        "Lovelace",
        "P123456",
        "1990",
        "Lisboa",
        "idDocument",
        "ageOver21",
    ] {
        assert!(!text.contains(secret), "{secret} is in {text}");
    }
}

/// Whoever is shown two of them has nothing of the time of issue to compare them by.
#[test]
fn no_disclosure_says_when_it_was_issued() {
    let stored = stored();
    for pointers in [
        &["/credentialSubject/ageOver18"],
        &["/credentialSubject/residesInEu"],
    ] {
        let mut shown = shown(&stored, pointers);
        assert_eq!(shown["proof"].get("created"), None);
        // What the caller gave is shown as it was given, and says nothing of the proof.
        for given in ["validFrom", "validUntil"] {
            shown.as_object_mut().unwrap().remove(given);
        }
        shown["proof"].as_object_mut().unwrap().remove("proofValue");
        assert!(!shown.to_string().contains(":00Z"), "{shown}");
    }
}

#[test]
fn living_in_the_union_is_shown_without_the_address() {
    let shown = shown(&stored(), &["/credentialSubject/residesInEu"]);
    assert!(verify(&shown, false).verified);
    assert_eq!(shown["credentialSubject"], json!({"residesInEu": true}));
}

#[test]
fn what_ends_a_credential_can_not_be_hidden() {
    let shown = shown(&stored(), &["/credentialSubject/ageOver18"]);
    for member in [
        "issuer",
        "validFrom",
        "validUntil",
        "credentialStatus",
        "level",
        "termsOfUse",
    ] {
        assert!(shown.get(member).is_some(), "{member}");
    }
    assert_eq!(verify(&shown, true).fault().unwrap().code(), "revoked");
    let late = verifier()
        .with_statuses(List(false))
        .verify(&shown.to_string(), Seconds(NOW.0 + 2 * YEAR));
    assert_eq!(late.fault().unwrap().code(), "expired");
    assert_eq!(shown["termsOfUse"]["id"], TERMS);
    for member in ["credentialStatus", "termsOfUse"] {
        let mut hidden = shown.clone();
        hidden.as_object_mut().unwrap().remove(member);
        assert_eq!(
            verify(&hidden, false).failed(),
            Some(Check::Proof),
            "{member}"
        );
    }
}

#[test]
fn what_is_shown_can_not_be_changed() {
    let whole = shown(
        &stored(),
        &[
            "/credentialSubject/ageOver18",
            "/credentialSubject/nationality",
        ],
    );
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut changed = whole.clone();
        change(&mut changed);
        let report = verify(&changed, false);
        assert_eq!(report.failed(), Some(Check::Proof), "{report}");
    };
    refused(&|v| v["credentialSubject"]["ageOver18"] = json!(false));
    refused(&|v| v["credentialSubject"]["ageOver21"] = json!(true));
    refused(&|v| v["credentialSubject"]["nationality"] = json!("PT"));
    refused(&|v| {
        let subject = v["credentialSubject"].as_object_mut().unwrap();
        let value = subject.remove("nationality").unwrap();
        subject.insert("idDocumentCountry".to_owned(), value);
    });
    refused(&|v| v["validUntil"] = json!("2099-01-01T00:00:00Z"));
    refused(&|v| v["proof"]["created"] = json!("2026-11-21T10:00:00Z"));
}

#[test]
fn two_disclosures_are_not_linked_by_their_proofs() {
    let stored = stored();
    let proofs: Vec<_> = (0..2)
        .map(|_| shown(&stored, &["/credentialSubject/ageOver18"])["proof"]["proofValue"].clone())
        .collect();
    assert_ne!(proofs[0], proofs[1]);
}

#[test]
fn the_stored_credential_itself_is_not_accepted() {
    let report = verify(&stored(), false);
    assert_eq!(report.fault().unwrap().code(), "base-proof");
}

#[test]
fn only_what_is_there_can_be_derived() {
    let stored = stored().to_string();
    let refused =
        |text: &str, pointers: &[&str]| derive(text, pointers, b"", &NoDocuments).unwrap_err();
    assert!(matches!(
        refused(&stored, &["/credentialSubject/shoeSize"]),
        IssueError::Proof(_)
    ));
    assert!(matches!(
        refused(&stored, &["credentialSubject"]),
        IssueError::Proof(_)
    ));
    assert!(matches!(
        refused(&stored, &["/credentialSubject/ageOver18"; 129]),
        IssueError::Proof(_)
    ));
    assert!(matches!(refused(&stored, &[]), IssueError::Structure(_)));
    let derived = shown(
        &serde_json::from_str(&stored).unwrap(),
        &["/credentialSubject/ageOver18"],
    )
    .to_string();
    assert!(matches!(refused(&derived, &[]), IssueError::Proof(_)));
    let whole = signed(Suite::EddsaJcs2022).to_string();
    assert!(matches!(refused(&whole, &[]), IssueError::NotDisclosable));
}

/// What anybody can write: the issuer's proof with other mandatory pointers in it.
fn with_mandatory(stored: &Value, pointers: &[&str]) -> Value {
    let value = stored["proof"]["proofValue"].as_str().unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(&value[1..]).unwrap();
    // The list of them is the last of five, and `/issuer` the first in it.
    let first = bytes.windows(7).position(|it| it == b"/issuer").unwrap();
    // The heads of a list of at most 23 and of a text of 7.
    bytes.truncate(first - 2);
    bytes.push(0x99);
    bytes.extend(u16::try_from(pointers.len()).unwrap().to_be_bytes());
    for pointer in pointers {
        bytes.extend([0x78, u8::try_from(pointer.len()).unwrap()]);
        bytes.extend(pointer.as_bytes());
    }
    let mut changed = stored.clone();
    changed["proof"]["proofValue"] = format!("u{}", URL_SAFE_NO_PAD.encode(bytes)).into();
    changed
}

#[test]
fn no_proof_selects_more_than_there_is() {
    let stored = stored();
    let derived = |mandatory: &[&str], selective: &[&str]| {
        let changed = with_mandatory(&stored, mandatory).to_string();
        derive(&changed, selective, b"", &NoDocuments)
    };
    let mandatory = |pointers: &[&str]| derived(pointers, &["/credentialSubject/ageOver18"]);
    let refused = |refused, error| {
        let proof = ProofError::Disclosure(error);
        assert_eq!(refused, Err(IssueError::Proof(proof)));
    };
    assert!(mandatory(&["/issuer", "/validFrom"]).is_ok());
    use DisclosureError::{Mandatory, Selective};
    let many = vec!["/@context"; 2_000];
    refused(mandatory(&many), Mandatory(PointersError::TooMany(2_000)));
    let twice = ["/issuer", "/issuer"];
    refused(mandatory(&twice), Mandatory(PointersError::Twice(2)));
    let within = ["/credentialSubject", "/credentialSubject/ageOver21"];
    refused(mandatory(&within), Mandatory(PointersError::Twice(2)));
    let contexts = ["/@context"];
    refused(
        mandatory(&contexts),
        Mandatory(PointersError::NoStatement(1)),
    );
    let select = |pointers: &[&str]| derived(&["/issuer"], pointers);
    refused(select(&twice), Selective(PointersError::Twice(2)));
    refused(select(&contexts), Selective(PointersError::NoStatement(1)));
    refused(
        select(&["/proof"]),
        Selective(PointersError::NoStatement(1)),
    );
    // The holder may select a part of what is mandatory, and more than that.
    for (mandatory, selective) in [(within[0], within[1]), (within[1], within[0])] {
        assert!(derived(&["/issuer", mandatory], &[selective]).is_ok());
    }
}

#[test]
fn an_issuer_names_what_is_there_and_once() {
    let issuer = issuer(Suite::Bbs2023);
    let issued = |pointers: &[&str]| {
        let mut options = options(Suite::Bbs2023);
        options.mandatory = pointers.iter().map(|&it| it.to_owned()).collect();
        issuer.issue_json(unsigned(&issuer), &options)
    };
    // What is shown anyhow may be named, too.
    assert!(issued(&["/issuer", "/validFrom", "/credentialSubject/ageOver18"]).is_ok());
    for (pointers, error) in [
        (["/type", "/type"], PointersError::Twice(6)),
        (["/type", "/@context"], PointersError::NoStatement(6)),
        (["/type", "/termsOfUse"], PointersError::Nothing(6)),
        (["/type", "issuer"], PointersError::Form(6)),
    ] {
        let error = DisclosureError::Mandatory(error);
        let error = IssueError::Proof(ProofError::Disclosure(error));
        assert_eq!(issued(&pointers), Err(error), "{pointers:?}");
    }
}

#[test]
fn texts_that_look_like_labels_are_not_signed() {
    let issuer = issuer(Suite::Bbs2023);
    let mut credential = unsigned(&issuer);
    credential["credentialSubject"]["firstName"] = json!("x _:c14n0");
    assert!(
        issuer
            .issue_json(credential, &options(Suite::Bbs2023))
            .is_err()
    );
}
