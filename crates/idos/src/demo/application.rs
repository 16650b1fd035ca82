//! What the bank does with what somebody shares: fetch it with proof, verify it, look at two facts.

use idos_client::{FlowError, consumer::Consumer};
use idos_credential::{FieldBinding, Report, Seconds, Verifier, is_in_eu, is_of_age};
use idos_types::{CredentialId, UserId, Uuid};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::task::spawn_blocking;

/// The age from which the bank takes customers, in years.
const ADULT: i32 = 18;
/// What the bank asks people to share a credential for, as its page says it.
pub(super) const ASKS: [&str; 2] = ["over 18", "lives in the EU"];

/// Somebody wants an account.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Application {
    /// The copy of a credential that they shared with the bank.
    copy_id: Uuid,
    /// Who they say they are.
    owner: Uuid,
}

/// One thing that the bank looked at.
#[derive(Serialize)]
pub(super) struct Checked {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// What the bank says.
#[derive(Serialize)]
pub(super) struct Decision {
    approved: bool,
    checks: Vec<Checked>,
}

/// Decides about an application.
pub(super) async fn decide(
    consumer: &Consumer,
    application: &Application,
    now: Seconds,
) -> Result<Decision, FlowError> {
    // 1. What was shared, with proof that it is shared with the bank now. The SDK opens it with the
    //    bank's key, and refuses a content that the grant does not name.
    let shared = match consumer.fetch(CredentialId(application.copy_id)).await {
        Ok(shared) if shared.owner == UserId(application.owner) => shared,
        Ok(_) => return Ok(refused("shared", "the credential belongs to somebody else")),
        Err(FlowError::NotFound { .. }) => {
            return Ok(refused("shared", "nothing with that id is shared with us"));
        }
        Err(FlowError::Open(_) | FlowError::Swapped(_)) => {
            return Ok(refused("shared", "what is shared with us cannot be opened"));
        }
        Err(error) => return Err(error),
    };
    // 2. The issuers that the network admitted, with proof: theirs are the credentials to believe.
    let issuers = consumer.client().trusted_issuers().await?;
    // 3. Every check of a credential: its issuer, its signature, its dates, its form.
    //    On a thread of its own: what somebody shares may take long, and delays nobody else.
    let verifying = spawn_blocking(move || {
        let report = shared.verify(&Verifier::new(issuers), now);
        (report, shared)
    });
    let Ok((report, shared)) = verifying.await else {
        return Ok(refused("genuine", "the verification was interrupted"));
    };
    // 4. Whether each value is of the field where it stands: not every signature says so.
    if let Some(decision) = distrusted(&report) {
        return Ok(decision);
    }
    // 5. What it says. Only now is it worth reading.
    let subject = serde_json::from_slice::<Value>(&shared.content)
        .ok()
        .and_then(|credential| credential.get("credentialSubject").cloned())
        .unwrap_or_default();
    let mut checks = vec![
        passed("shared", "the credential is shared with us by its owner"),
        passed(
            "genuine",
            "a trusted issuer signed it, and it is valid today",
        ),
    ];
    checks.extend(facts(&subject, now));
    Ok(Decision {
        approved: checks.iter().all(|check| check.ok),
        checks,
    })
}

/// The refusal of a credential whose values cannot be relied on.
fn distrusted(report: &Report) -> Option<Decision> {
    if let Some(fault) = report.fault() {
        return Some(refused("genuine", fault.to_string()));
    }
    (report.field_binding != FieldBinding::Proven).then(|| {
        refused(
            "unmoved",
            "a trusted issuer signed it, but not which value is of which field, so that values may have been \
             moved: ask your issuer for a credential by eddsa-jcs-2022",
        )
    })
}

/// The two facts that the bank needs.
fn facts(subject: &Value, now: Seconds) -> [Checked; 2] {
    let text = |name: &str| subject.get(name).and_then(Value::as_str);
    let [adult, in_eu] = ASKS;
    let is_adult = text("dateOfBirth")
        .and_then(|born| is_of_age(born, ADULT, now).ok())
        .unwrap_or(false);
    // Where somebody lives; if the credential does not say that, the country of their nationality.
    let country = text("residentialAddressCountry").or_else(|| text("nationality"));
    let lives_in_eu = country.is_some_and(is_in_eu);
    let said = |ok, yes: &str, no: &str| if ok { yes.to_owned() } else { no.to_owned() };
    [
        Checked {
            name: adult,
            ok: is_adult,
            detail: said(
                is_adult,
                "the date of birth is at least 18 years ago",
                "the credential does not say that you are 18 or older",
            ),
        },
        Checked {
            name: in_eu,
            ok: lives_in_eu,
            detail: said(
                lives_in_eu,
                "the country is one of the European Union",
                "the credential names no country of the European Union",
            ),
        },
    ]
}

fn passed(name: &'static str, detail: &str) -> Checked {
    Checked {
        name,
        ok: true,
        detail: detail.to_owned(),
    }
}

fn refused(name: &'static str, detail: impl Into<String>) -> Decision {
    Decision {
        approved: false,
        checks: vec![Checked {
            name,
            ok: false,
            detail: detail.into(),
        }],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn facts_of(subject: &Value) -> [bool; 2] {
        let now = Seconds::parse("2026-11-21T12:00:00Z").unwrap();
        facts(subject, now).map(|check| check.ok)
    }

    #[test]
    fn adults_in_the_eu_are_taken() {
        let subject = |born: &str, nationality: &str, residence: Option<&str>| {
            let mut subject = json!({ "dateOfBirth": born, "nationality": nationality });
            if let Some(country) = residence {
                subject["residentialAddressCountry"] = country.into();
            }
            facts_of(&subject)
        };
        assert_eq!(subject("1990-04-30", "PT", None), [true, true]);
        assert_eq!(subject("2008-11-21", "PT", None), [true, true]);
        assert_eq!(subject("2008-11-22", "PT", None), [false, true]);
        assert_eq!(subject("1990-04-30", "BR", Some("DE")), [true, true]);
        assert_eq!(subject("1990-04-30", "DE", Some("BR")), [true, false]);
        assert_eq!(subject("1990-04-30", "CH", None), [true, false]);
    }

    #[test]
    fn a_credential_whose_values_may_have_been_moved_is_refused() {
        use idos_credential::{
            CredentialFields, IssueOptions, Issuer, KeyKind, Person, SecretKey, Suite, TrustList,
            kyc_credential, official_kyc_credential,
        };

        let key = SecretKey::from_bytes(KeyKind::Ed25519, &[7; 32]).unwrap();
        let issuer = Issuer::did_key(key);
        let now = Seconds::parse("2026-11-21T12:00:00Z").unwrap();
        let person: Person = serde_json::from_value(json!({
            "id": "urn:uuid:0b6f9a3e-4b0e-4a9b-9c55-7b1d7f6e2a11", "firstName": "Ada",
            "familyName": "Lovelace", "dateOfBirth": "1990-04-30", "nationality": "PT",
            "idDocument": { "country": "PT", "number": "P1", "type": "PASSPORT", "frontFile": "AQID" },
            "selfieFile": "/9j/4A==",
        }))
        .unwrap();
        let fields = CredentialFields {
            id: Some("urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33".to_owned()),
            issuer: issuer.id().to_owned(),
            valid_from: now,
            valid_until: None,
            approved_at: None,
            status: None,
        };
        let decided = |unsigned: Value, suite: Suite| {
            let signed = issuer.issue_json(unsigned, &IssueOptions::new(suite, now));
            let verifier = Verifier::new(TrustList::new().with_did(issuer.id()));
            distrusted(&verifier.verify(&signed.unwrap().to_string(), now))
        };
        let ours = kyc_credential(&person, &fields).unwrap();
        assert!(decided(ours, Suite::EddsaJcs2022).is_none());
        let official = official_kyc_credential(&person, &fields).unwrap();
        let decision = decided(official, Suite::Ed25519Signature2020).unwrap();
        assert!(!decision.approved);
        let [check] = &decision.checks[..] else {
            panic!("one check");
        };
        assert!(
            !check.ok && check.detail.contains("which field"),
            "{}",
            check.detail
        );
    }

    #[test]
    fn what_is_not_said_is_not_so() {
        for subject in [
            json!({}),
            json!([]),
            json!({ "dateOfBirth": 1990, "nationality": null }),
        ] {
            assert_eq!(facts_of(&subject), [false, false], "{subject}");
        }
    }
}
