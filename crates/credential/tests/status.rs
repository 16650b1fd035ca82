//! Revocation and suspension.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failing helper fails the test"
)]

mod support;

use idos_credential::{
    Check, Fault, FetchedList, IssueError, Issuer, Outcome, Policy, Report, Seconds, SecretKey,
    StatusError, StatusList, StatusPolicy, StatusPurpose, StatusSource, Suite, TrustList,
    TrustedKey, Verifier,
};
use idos_types::limits::STATUS_ENTRIES;
use serde_json::{Value, json};
use support::*;

/// A list of eight bytes.
const SHORT: &str = "uH4sIAAAAAAACA2NggAAAad8iZQgAAAA";
const LIST: &str = "https://example.com/status/1";

/// Until when lists count, from now.
const UNTIL: i64 = 3600;

/// One list.
struct One {
    list: String,
    fetched_at: Seconds,
}

impl StatusSource for One {
    fn status_list(&self, url: &str) -> Result<FetchedList, String> {
        if url != LIST {
            return Err("not found".to_owned());
        }
        Ok(FetchedList {
            credential: self.list.clone(),
            fetched_at: self.fetched_at,
        })
    }
}

fn list(issuer: &Issuer, set: &[usize], purpose: StatusPurpose) -> Value {
    let mut list = StatusList::new(131_072).unwrap();
    for index in set {
        list.set(*index, true).unwrap();
    }
    let (from, until) = (Seconds(NOW.0 - 3600), Seconds(NOW.0 + UNTIL));
    let credential = list
        .credential(LIST, issuer.id(), purpose, from, until)
        .unwrap();
    issuer
        .issue_json(credential, &options(Suite::EddsaJcs2022))
        .unwrap()
}

fn with_status(purpose: StatusPurpose, index: usize) -> Value {
    signed_with(|v| v["credentialStatus"] = StatusList::entry(LIST, purpose, index))
}

fn verify_with(credential: &Value, list: &Value, age: i64, policy: StatusPolicy) -> Report {
    verify_at(NOW, credential, list, age, policy)
}

fn verify_at(
    now: Seconds,
    credential: &Value,
    list: &Value,
    age: i64,
    policy: StatusPolicy,
) -> Report {
    verifier()
        .with_policy(Policy {
            status: policy,
            ..Policy::default()
        })
        .with_statuses(One {
            list: list.to_string(),
            fetched_at: Seconds(now.0 - age),
        })
        .verify(&credential.to_string(), now)
}

const FRESH: StatusPolicy = StatusPolicy::Fresh { within: 600 };

#[test]
fn status() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 94_567);
    let clean = list(&issuer, &[94_566, 94_568], StatusPurpose::Revocation);
    let report = verify_with(&credential, &clean, 0, FRESH);
    assert!(report.verified, "{report}");
    assert_eq!(*report.outcome(Check::Status), Outcome::Passed);

    let revoked = list(&issuer, &[94_567], StatusPurpose::Revocation);
    fails(
        &verify_with(&credential, &revoked, 0, FRESH),
        Check::Status,
        "revoked",
    );
    let suspension = with_status(StatusPurpose::Suspension, 5);
    let suspended = list(&issuer, &[5], StatusPurpose::Suspension);
    fails(
        &verify_with(&suspension, &suspended, 0, FRESH),
        Check::Status,
        "suspended",
    );
}

#[test]
fn status_lists_are_fresh_or_noted() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 1);
    let clean = list(&issuer, &[], StatusPurpose::Revocation);
    // A clock that was wrong once does not make a list fresh for ever.
    fails(
        &verify_with(&credential, &clean, -301, FRESH),
        Check::Status,
        "status-stale",
    );
    assert!(verify_with(&credential, &clean, -300, FRESH).verified);
    assert!(verify_with(&credential, &clean, 600, FRESH).verified);
    fails(
        &verify_with(&credential, &clean, 601, FRESH),
        Check::Status,
        "status-stale",
    );
    fails(
        &verifier().verify(&credential.to_string(), NOW),
        Check::Status,
        "status-unavailable",
    );
    let lenient = StatusPolicy::BestEffort { within: 600 };
    let report = verify_with(&credential, &clean, 601, lenient);
    assert!(report.verified);
    assert!(
        matches!(report.outcome(Check::Status), Outcome::NotApplicable { reason } if reason.contains("too long ago"))
    );
    // What is known to be revoked is refused even so.
    let revoked = list(&issuer, &[1], StatusPurpose::Revocation);
    fails(
        &verify_with(&credential, &revoked, 0, lenient),
        Check::Status,
        "revoked",
    );
    assert!(verify_with(&credential, &revoked, 0, StatusPolicy::Ignore).verified);
}

#[test]
fn a_list_that_ended_says_only_what_is_for_good() {
    let signer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 1);
    let suspension = with_status(StatusPurpose::Suspension, 1);
    let clean = list(&signer, &[], StatusPurpose::Revocation);
    let suspended = list(&signer, &[1], StatusPurpose::Suspension);
    let lenient = StatusPolicy::BestEffort { within: 600 };
    let (last, ended) = (Seconds(NOW.0 + UNTIL + 300), Seconds(NOW.0 + UNTIL + 301));
    assert!(verify_at(last, &credential, &clean, 0, FRESH).verified);
    // A proof may end before the list does.
    let mut unsigned = clean.clone();
    unsigned.as_object_mut().unwrap().remove("proof");
    let expires = json!({"expires": Seconds(NOW.0 - 301).rfc3339()});
    let proof_ended = carelessly_signed_with(unsigned, expires);
    for (now, credential, list, until) in [
        (ended, &credential, &clean, NOW.0 + UNTIL),
        (ended, &suspension, &suspended, NOW.0 + UNTIL),
        (NOW, &credential, &proof_ended, NOW.0 - 301),
    ] {
        let report = verify_at(now, credential, list, 0, FRESH);
        fails(&report, Check::Status, "status-stale");
        assert!(matches!(
            report.fault(),
            Some(Fault::Status(error @ StatusError::Ended { until: it, .. }))
                if it.0 == until && error.is_unknown()
        ));
        assert!(problem(&report).ends_with("#STATUS_RETRIEVAL_ERROR"));
        let report = verify_at(now, credential, list, 0, lenient);
        assert!(report.verified, "{report}");
        assert!(
            matches!(report.outcome(Check::Status), Outcome::NotApplicable { reason } if reason.contains("counted until"))
        );
    }
    // A revocation is for good, however old the list; and the list of somebody else says nothing.
    let revoked = list(&signer, &[1], StatusPurpose::Revocation);
    let others = list(&other_issuer(), &[], StatusPurpose::Revocation);
    for policy in [FRESH, lenient] {
        for (now, age) in [(ended, 0), (NOW, 601)] {
            let report = verify_at(now, &credential, &revoked, age, policy);
            fails(&report, Check::Status, "revoked");
        }
        let report = verify_at(ended, &credential, &others, 0, policy);
        fails(&report, Check::Status, "wrong-status-list");
    }
}

#[test]
fn status_lists_are_verified_themselves() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 1);
    let check = |list: &Value| {
        fails(
            &verify_with(&credential, list, 0, FRESH),
            Check::Status,
            "wrong-status-list",
        )
    };
    let mut forged = list(&issuer, &[1], StatusPurpose::Revocation);
    forged["credentialSubject"]["encodedList"] =
        list(&issuer, &[], StatusPurpose::Revocation)["credentialSubject"]["encodedList"].clone();
    check(&forged);
    check(&list(&other_issuer(), &[], StatusPurpose::Revocation));
    // Trusted, but not the issuer of the credential.
    let another = support::issuer(Suite::EcdsaRdfc2019);
    let unsigned = StatusList::new(131_072).unwrap();
    let unsigned = unsigned
        .credential(LIST, another.id(), StatusPurpose::Revocation, NOW, NOW)
        .unwrap();
    check(
        &another
            .issue_json(unsigned, &options(Suite::EcdsaRdfc2019))
            .unwrap(),
    );
    check(&list(&issuer, &[], StatusPurpose::Suspension));
    check(&signed(Suite::EddsaJcs2022));
}

/// A list of the issuer in which nothing is set, changed before it is signed.
fn changed_list(issuer: &Issuer, change: impl FnOnce(&mut Value)) -> Value {
    let mut changed = list(issuer, &[], StatusPurpose::Revocation);
    changed.as_object_mut().unwrap().remove("proof");
    change(&mut changed);
    carelessly_signed(changed)
}

#[test]
fn a_list_is_what_it_says_at_its_address_and_in_its_time() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 1);
    let report = |change: &dyn Fn(&mut Value)| {
        let list = changed_list(&issuer, change);
        verify_with(&credential, &list, 0, FRESH)
    };
    let same = report(&|_| {});
    assert!(same.verified, "{same}");
    let wrong: [&dyn Fn(&mut Value); 7] = [
        // Another list of the same issuer, in which the entry may not be set.
        &|list| list["id"] = json!("https://example.com/status/2"),
        &|list| drop(list.as_object_mut().unwrap().remove("id")),
        &|list| {
            let subject = list["credentialSubject"].take();
            let mut other = subject.clone();
            other["id"] = json!("https://example.com/status/2#list");
            list["credentialSubject"] = json!([subject, other]);
        },
        &|list| list["type"] = json!("VerifiableCredential"),
        &|list| list["credentialSubject"]["type"] = json!("BitstringStatusListEntry"),
        &|list| list["validFrom"] = json!(Seconds(NOW.0 + 301).rfc3339()),
        &|list| {
            list["credentialSchema"] =
                json!({"id": "https://example.com/schema", "type": "JsonSchema"});
        },
    ];
    for change in wrong {
        fails(&report(change), Check::Status, "wrong-status-list");
    }
}

#[test]
fn a_credential_has_so_many_status_entries() {
    let clean = list(&issuer(Suite::EddsaJcs2022), &[], StatusPurpose::Revocation);
    let report = |entries: usize| {
        let entry = |index| StatusList::entry(LIST, StatusPurpose::Revocation, index);
        let entries: Vec<_> = (0..entries).map(entry).collect();
        let credential = signed_with(|v| v["credentialStatus"] = json!(entries));
        verify_with(&credential, &clean, 0, FRESH)
    };
    let most = report(STATUS_ENTRIES);
    assert!(most.verified, "{most}");
    fails(
        &report(STATUS_ENTRIES + 1),
        Check::Status,
        "malformed-status",
    );
}

#[test]
fn a_list_whose_key_cannot_be_looked_up_is_one_that_cannot_be_had() {
    const DID: &str = "did:web:example.com";
    let signed_by = |key: SecretKey, number, unsigned: &dyn Fn(&Issuer) -> Value| {
        let issuer = Issuer::new(DID, format!("{DID}#{number}"), key);
        let how = options(Suite::EddsaJcs2022);
        issuer.issue_json(unsigned(&issuer), &how).unwrap()
    };
    let known = || key(Suite::EddsaJcs2022);
    let credential = signed_by(known(), 1, &|issuer| {
        let mut credential = unsigned(issuer);
        credential["credentialStatus"] = StatusList::entry(LIST, StatusPurpose::Revocation, 1);
        credential
    });
    let clean = signed_by(known(), 2, &|issuer| {
        let list = StatusList::new(131_072).unwrap();
        let until = Seconds(NOW.0 + UNTIL);
        list.credential(LIST, issuer.id(), StatusPurpose::Revocation, NOW, until)
            .unwrap()
    });
    // One key of the issuer is known by the trust list, the other one only by a document.
    let pinned = TrustedKey {
        id: format!("{DID}#1"),
        key: Some(known().public()),
        revoked_since: None,
    };
    let trust = TrustList::new().with_key(DID, pinned).unwrap();
    let report = |list: &Value, status| {
        let policy = Policy {
            status,
            ..Policy::default()
        };
        let list = One {
            list: list.to_string(),
            fetched_at: NOW,
        };
        Verifier::new(trust.clone())
            .with_policy(policy)
            .with_statuses(list)
            .verify(&credential.to_string(), NOW)
    };
    let lacking = report(&clean, FRESH);
    fails(&lacking, Check::Status, "status-unavailable");
    assert!(lacking.fault().unwrap().is_unknown());
    let lenient = StatusPolicy::BestEffort { within: 600 };
    assert!(report(&clean, lenient).verified);
    // Of somebody else's key it does not matter.
    let mut others = clean;
    others["proof"]["verificationMethod"] = json!("did:web:other.example#2");
    for policy in [FRESH, lenient] {
        let refused = report(&others, policy);
        fails(&refused, Check::Status, "wrong-status-list");
    }
}

/// The credential of somebody who writes this status entry.
fn with_entry(change: impl FnOnce(&mut Value)) -> Value {
    let mut credential = unsigned(&issuer(Suite::EddsaJcs2022));
    credential["credentialStatus"] = StatusList::entry(LIST, StatusPurpose::Revocation, 1);
    change(&mut credential["credentialStatus"]);
    credential
}

#[test]
fn malformed_entries_are_neither_issued_nor_accepted() {
    let issuer = issuer(Suite::EddsaJcs2022);
    let clean = list(&issuer, &[], StatusPurpose::Revocation);
    let entries: [&dyn Fn(&mut Value); 11] = [
        &|entry| entry["statusListIndex"] = json!("-1"),
        &|entry| entry["statusListIndex"] = json!("+1"),
        &|entry| entry["statusListIndex"] = json!(1),
        &|entry| entry["statusListCredential"] = json!([LIST]),
        &|entry| entry["statusPurpose"] = json!(["revocation"]),
        &|entry| entry["statusSize"] = json!(2),
        &|entry| entry["statusSize"] = json!(0),
        &|entry| {
            entry["statusPurpose"] = json!("message");
            entry["statusSize"] = json!(0);
        },
        &|entry| entry["statusSize"] = json!("1"),
        &|entry| entry["id"] = json!(LIST),
        &|entry| drop(entry.as_object_mut().unwrap().remove("statusListIndex")),
    ];
    for entry in entries {
        let credential = with_entry(entry);
        let issued = issuer.issue_json(credential.clone(), &options(Suite::EddsaJcs2022));
        assert!(matches!(issued, Err(IssueError::Status(_))), "{issued:?}");
        let report = verify_with(&carelessly_signed(credential), &clean, 0, FRESH);
        fails(&report, Check::Status, "malformed-status");
        assert_eq!(
            problem(&report),
            "https://www.w3.org/TR/vc-data-model#MALFORMED_VALUE_ERROR"
        );
    }
    // A message ends nothing, however many there are.
    let message = with_entry(|entry| {
        entry["statusPurpose"] = json!("message");
        entry["statusSize"] = json!(2);
    });
    let message = issuer
        .issue_json(message, &options(Suite::EddsaJcs2022))
        .unwrap();
    let report = verify_with(&message, &clean, 0, FRESH);
    assert!(report.verified, "{report}");
    // Whose kind of entry it is reads it.
    let foreign = with_entry(|entry| entry["type"] = json!("https://example.com/#Status"));
    let foreign = issuer
        .issue_json(foreign, &options(Suite::EddsaJcs2022))
        .unwrap();
    let report = verify_with(&foreign, &clean, 0, FRESH);
    fails(&report, Check::Status, "malformed-status");
}

fn problem(report: &Report) -> String {
    report.fault().unwrap().problem_type().unwrap()
}

#[test]
fn problems_have_the_types_of_the_specification() {
    let of_status = |name| format!("https://www.w3.org/ns/credentials/status-list#{name}");
    let issuer = issuer(Suite::EddsaJcs2022);
    let credential = with_status(StatusPurpose::Revocation, 1);
    let refused = |credential: &Value, list: &Value, age, code| {
        let report = verify_with(credential, list, age, FRESH);
        fails(&report, Check::Status, code);
        report.fault().unwrap().problem_type()
    };
    let clean = list(&issuer, &[], StatusPurpose::Revocation);
    assert_eq!(
        refused(&credential, &clean, 601, "status-stale"),
        Some(of_status("STATUS_RETRIEVAL_ERROR"))
    );
    let other = list(&issuer, &[], StatusPurpose::Suspension);
    assert_eq!(
        refused(&credential, &other, 0, "wrong-status-list"),
        Some(of_status("STATUS_VERIFICATION_ERROR"))
    );
    let beyond = with_status(StatusPurpose::Revocation, 131_072);
    assert_eq!(
        refused(&beyond, &clean, 0, "wrong-status-list"),
        Some("https://www.w3.org/TR/vc-data-model#RANGE_ERROR".to_owned())
    );
    let mut short = clean;
    short.as_object_mut().unwrap().remove("proof");
    short["credentialSubject"]["encodedList"] = json!(SHORT);
    let short = issuer
        .issue_json(short, &options(Suite::EddsaJcs2022))
        .unwrap();
    assert_eq!(
        refused(&credential, &short, 0, "wrong-status-list"),
        Some(of_status("STATUS_LIST_LENGTH_ERROR"))
    );
    let revoked = list(&issuer, &[1], StatusPurpose::Revocation);
    assert_eq!(refused(&credential, &revoked, 0, "revoked"), None);
}
