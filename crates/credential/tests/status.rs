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
    Check, FetchedList, Issuer, Outcome, Policy, Report, Seconds, StatusList, StatusPolicy,
    StatusPurpose, StatusSource, Suite,
};
use serde_json::{Value, json};
use support::*;

const LIST: &str = "https://example.com/status/1";

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
    let (from, until) = (Seconds(NOW.0 - 3600), Seconds(NOW.0 + 3600));
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
    verifier()
        .with_policy(Policy {
            status: policy,
            ..Policy::default()
        })
        .with_statuses(One {
            list: list.to_string(),
            fetched_at: Seconds(NOW.0 - age),
        })
        .verify(&credential.to_string(), NOW)
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
    let beyond = with_status(StatusPurpose::Revocation, 131_072);
    let clean = list(&issuer, &[], StatusPurpose::Revocation);
    fails(
        &verify_with(&beyond, &clean, 0, FRESH),
        Check::Status,
        "wrong-status-list",
    );
    let entry = signed_with(|v| {
        v["credentialStatus"] = StatusList::entry(LIST, StatusPurpose::Revocation, 1);
        v["credentialStatus"]["statusListIndex"] = json!("-1");
    });
    fails(
        &verify_with(&entry, &clean, 0, FRESH),
        Check::Status,
        "malformed-status",
    );
}
