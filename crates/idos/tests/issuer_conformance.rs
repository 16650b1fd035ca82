//! What the test suites of the W3C ask of an issuer and verifier over HTTP, in our own words: which
//! suites, and where this one differs and why, is in `docs/credentials.md`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests"
)]

#[path = "support/issuer.rs"]
mod issuer;

use issuer::Issuer;
use serde_json::{Value, json};

const V2: &str = "https://www.w3.org/ns/credentials/v2";
const EXAMPLES: &str = "https://www.w3.org/ns/credentials/examples/v2";
/// A digest of the base context, as the W3C publishes it.
const DIGEST: &str = "sha384-l/HrjlBCNWyAX91hr6LFV2Y3heB5Tcr6IeE4/Tje8YyzYBM8IhqjHWiWpr8+ZbYU";

fn credential(change: impl FnOnce(&mut Value)) -> Value {
    let mut credential = json!({
        "@context": [V2],
        "type": ["VerifiableCredential"],
        "credentialSubject": { "id": "did:example:subject" },
    });
    change(&mut credential);
    credential
}

/// Issues by a suite that signs statements: what such a suite does not notice is what matters.
fn issue(issuer: &Issuer, credential: &Value) -> (u16, Value) {
    let options = json!({ "cryptosuite": "eddsa-rdfc-2022" });
    let body = json!({ "credential": credential, "options": options });
    issuer.post("/credentials/issue", &body)
}

type Change = fn(&mut Value);

#[test]
fn what_the_data_model_allows_is_issued_and_verifies() {
    let issuer = Issuer::new().serve(&[]);
    let allowed: [(&str, Change); 14] = [
        ("nothing more", |_| ()),
        ("several contexts", |v| {
            v["@context"] = json!([V2, EXAMPLES])
        }),
        ("a type of the examples", |v| {
            v["@context"] = json!([V2, EXAMPLES]);
            v["type"] = json!(["VerifiableCredential", "RelationshipCredential"]);
        }),
        ("a type that is a URL, in any order", |v| {
            v["type"] = json!([
                "https://example.org/#One",
                "VerifiableCredential",
                "urn:x:two"
            ]);
        }),
        ("several subjects", |v| {
            v["credentialSubject"] = json!([{"id": "did:example:1"}, {"id": "did:example:2"}]);
        }),
        ("a name", |v| v["name"] = json!("Example")),
        ("names in languages", |v| {
            v["description"] = json!([
                {"@value": "Dog", "@language": "en"},
                {"@value": "Chien", "@language": "fr", "@direction": "ltr"},
            ]);
        }),
        ("dates with milliseconds and zones", |v| {
            v["validFrom"] = json!("2023-02-26T01:21:23.447Z");
            v["validUntil"] = json!("2123-02-25T19:21:29-06:00");
        }),
        ("terms of use without id", |v| {
            v["termsOfUse"] = json!([{"type": "https://example.org/#Policy"}]);
        }),
        ("evidence", |v| {
            v["evidence"] = json!({"type": "https://example.org/#Seen"})
        }),
        ("services to refresh it", |v| {
            v["refreshService"] = json!([
                {"type": "https://example.org/#Refresh", "id": "did:example:refresh/1"},
                {"type": "https://example.org/#Refresh", "id": "did:example:refresh/2"},
            ]);
        }),
        ("a resource with its digest", |v| {
            v["relatedResource"] = json!({"id": V2, "digestSRI": DIGEST});
        }),
        ("a resource that is not here", |v| {
            v["relatedResource"] = json!([{
                "id": "https://example.org/image.png", "mediaType": "image/png",
                "digestMultibase": "uWZVc7WaX1h4D8rJVb-vlMIqxaEKEb1tYbX8fet7JJzQ",
            }]);
        }),
        ("a message as status", |v| {
            v["credentialStatus"] = json!({
                "type": "BitstringStatusListEntry", "statusPurpose": "message",
                "statusListIndex": "5", "statusListCredential": "https://example.org/list",
                "statusSize": 2,
                "statusMessage": [
                    {"status": "0x0", "message": "pending"}, {"status": "0x1", "message": "sent"},
                ],
            });
        }),
    ];
    for (what, change) in allowed {
        let (status, issued) = issue(&issuer, &credential(change));
        assert_eq!(status, 201, "{what}: {issued}");
        assert_eq!(issued["@context"][0], V2, "{what}");
        let (status, report) = issuer.verify(&issued);
        assert_eq!(status, 200, "{what}: {report}");
    }
    // What is signed here and interpreted nowhere is issued; a verifier that does not know the
    // schema refuses it.
    let schema = json!([{"type": "https://example.org/#Schema", "id": "did:example:schema"}]);
    let (status, issued) = issue(&issuer, &credential(|v| v["credentialSchema"] = schema));
    assert_eq!(status, 201, "{issued}");
    assert_eq!(issuer.verify(&issued).0, 400);
}

#[test]
fn what_the_data_model_forbids_is_not_issued() {
    let issuer = Issuer::new().serve(&[]);
    let forbidden: [(&str, Change); 36] = [
        ("no context", |v| {
            drop(v.as_object_mut().unwrap().remove("@context"))
        }),
        ("another context first", |v| {
            v["@context"] = json!([EXAMPLES, V2])
        }),
        ("a context that is no URL", |v| {
            v["@context"] = json!([V2, "https ://not-a-url/v1"]);
        }),
        ("a context that is a number", |v| {
            v["@context"] = json!([V2, 5])
        }),
        ("a term defined anew", |v| {
            v["@context"] = json!([V2, {"VerifiableCredential": "https://example.org/#Bad"}]);
        }),
        ("no type", |v| {
            drop(v.as_object_mut().unwrap().remove("type"))
        }),
        ("another type only", |v| {
            v["@context"] = json!([V2, EXAMPLES]);
            v["type"] = json!(["RelationshipCredential"]);
        }),
        ("a type that nothing defines", |v| {
            v["type"] = json!(["VerifiableCredential", "Undefined"]);
        }),
        ("a type by the IRI of a term", |v| {
            v["type"] = json!([
                "VerifiableCredential",
                "https://www.w3.org/2018/credentials#VerifiablePresentation",
            ]);
        }),
        ("a type that is a number", |v| {
            v["type"] = json!(["VerifiableCredential", 2])
        }),
        ("an id that is null", |v| v["id"] = Value::Null),
        ("two ids", |v| {
            v["id"] = json!(["did:example:1", "did:example:2"])
        }),
        ("an id that is no URL", |v| {
            v["id"] = json!("https ://not-a-url/1")
        }),
        ("a subject with two ids", |v| {
            v["credentialSubject"]["id"] = json!(["did:example:1", "did:example:2"]);
        }),
        ("no subject", |v| {
            drop(v.as_object_mut().unwrap().remove("credentialSubject"));
        }),
        ("a subject that says nothing", |v| {
            v["credentialSubject"] = json!({})
        }),
        ("one subject of two that says nothing", |v| {
            v["credentialSubject"] = json!([{"id": "did:example:1"}, {}]);
        }),
        ("an issuer that is null", |v| v["issuer"] = Value::Null),
        ("an issuer that is no URL", |v| {
            v["issuer"] = json!("fake-issuer")
        }),
        ("an issuer whose id is null", |v| {
            v["issuer"] = json!({"id": null})
        }),
        ("an issuer whose id is no URL", |v| {
            v["issuer"] = json!({"id": "fake"})
        }),
        ("a name with more than a language", |v| {
            v["name"] = json!({"@value": "x", "@language": "en", "url": "did:example:1"});
        }),
        ("a date in words", |v| {
            v["validFrom"] = json!("Sat 25 Feb 2023 07:16:31 PM CST");
        }),
        ("a date without zone", |v| {
            v["validFrom"] = json!("2023-02-25T19:16:31")
        }),
        ("an end before the beginning", |v| {
            v["validFrom"] = json!("2024-01-01T00:00:00Z");
            v["validUntil"] = json!("2023-01-01T00:00:00Z");
        }),
        ("a status without type", |v| {
            v["credentialStatus"] = json!({"id": "did:example:status"});
        }),
        ("a status of two ids", |v| {
            v["credentialStatus"] = json!({
                "type": "https://example.org/#S", "id": ["did:example:1", "did:example:2"],
            });
        }),
        ("a status whose index is true", |v| {
            v["credentialStatus"] = json!({
                "type": "BitstringStatusListEntry", "statusPurpose": "revocation",
                "statusListIndex": true, "statusListCredential": "https://example.org/list",
            });
        }),
        ("terms of use without type", |v| {
            v["termsOfUse"] = json!({"id": "did:example:terms"});
        }),
        ("evidence that is empty", |v| v["evidence"] = json!({})),
        ("a refresh service without type", |v| {
            v["refreshService"] = json!({"id": "did:example:refresh"});
        }),
        ("a schema without id", |v| {
            v["credentialSchema"] = json!({"type": "https://example.org/#Schema"});
        }),
        ("a resource that is a text", |v| {
            v["relatedResource"] = json!([V2])
        }),
        ("a resource without digest", |v| {
            v["relatedResource"] = json!({"id": V2})
        }),
        ("two resources of one id", |v| {
            let resource = json!({"id": V2, "digestSRI": DIGEST});
            v["relatedResource"] = json!([resource, resource]);
        }),
        ("a resource with another's digest", |v| {
            let digest = "uM4RgWQc3RUDtjJCSgTJtTfvpZ7SPEg_LNO0ESlovQC0";
            v["relatedResource"] = json!({"id": V2, "digestMultibase": digest});
        }),
    ];
    for (what, change) in forbidden {
        let (status, problem) = issue(&issuer, &credential(change));
        assert_eq!(status, 400, "{what}: {problem}");
        let kind = problem["type"].as_str().unwrap();
        assert!(
            kind.starts_with("https://www.w3.org/") || kind.starts_with("https://w3id.org/"),
            "{what}: {problem}"
        );
    }
}

#[test]
fn what_is_wrong_with_a_proof_is_an_error() {
    let issuer = Issuer::new().serve(&[]);
    for suite in ["eddsa-rdfc-2022", "eddsa-jcs-2022", "ecdsa-rdfc-2019"] {
        let options = json!({ "cryptosuite": suite });
        let issued = issuer.issue(&credential(|_| ()), &options);
        let wrong: [(&str, Change); 16] = [
            ("none", |v| drop(v.as_object_mut().unwrap().remove("proof"))),
            ("null", |v| v["proof"] = Value::Null),
            ("two", |v| v["proof"] = json!([v["proof"], v["proof"]])),
            ("no type", |v| {
                drop(v["proof"].as_object_mut().unwrap().remove("type"))
            }),
            ("another type", |v| {
                v["proof"]["type"] = json!("UnknownProofType")
            }),
            ("another suite", |v| {
                v["proof"]["cryptosuite"] = json!("unknown-2017")
            }),
            ("no method", |v| {
                drop(
                    v["proof"]
                        .as_object_mut()
                        .unwrap()
                        .remove("verificationMethod"),
                );
            }),
            ("another method", |v| {
                v["proof"]["verificationMethod"] = json!("did:key:invalidVm");
            }),
            ("no purpose", |v| {
                drop(v["proof"].as_object_mut().unwrap().remove("proofPurpose"));
            }),
            ("another purpose", |v| {
                v["proof"]["proofPurpose"] = json!("invalidPurpose")
            }),
            ("created on no date", |v| {
                v["proof"]["created"] = json!("invalidDate")
            }),
            ("expires on no date", |v| {
                v["proof"]["expires"] = json!("invalidDate")
            }),
            ("an id that is no URL", |v| {
                v["proof"]["id"] = json!("no url")
            }),
            ("a member that nothing defines", |v| {
                v["credentialSubject"]["undefinedTerm"] = json!("IfDroppedWillVerify");
            }),
            ("no value", |v| {
                drop(v["proof"].as_object_mut().unwrap().remove("proofValue"));
            }),
            ("a value without header", |v| {
                let value = v["proof"]["proofValue"].as_str().unwrap();
                v["proof"]["proofValue"] = json!(value.trim_start_matches('z'));
            }),
        ];
        for (what, change) in wrong {
            let mut changed = issued.clone();
            change(&mut changed);
            let (status, report) = issuer.verify(&changed);
            assert_eq!(status, 400, "{suite}: {what}");
            assert_eq!(report["verified"], false, "{suite}: {what}");
        }
    }
}

#[test]
fn what_the_verifier_expects_of_a_proof_has_to_be_there() {
    let issuer = Issuer::new().serve(&[]);
    let issued = issuer.issue(&credential(|_| ()), &json!({}));
    let verify = |options: Value| {
        let body = json!({ "verifiableCredential": issued, "options": options });
        let (status, report) = issuer.post("/credentials/verify", &body);
        let kind = report["problemDetails"][0]["type"].as_str();
        (status, kind.unwrap_or_default().to_owned())
    };
    let refused = |kind: &str| (400, format!("https://w3id.org/security#{kind}"));
    assert_eq!(verify(json!({ "checks": ["proof"] })).0, 200);
    assert_eq!(
        verify(json!({ "expectedProofPurpose": "assertionMethod" })).0,
        200
    );
    assert_eq!(
        verify(json!({ "expectedProofPurpose": "authentication" })),
        refused("PROOF_VERIFICATION_ERROR")
    );
    assert_eq!(
        verify(json!({ "domain": "domain.example" })),
        refused("INVALID_DOMAIN_ERROR")
    );
    assert_eq!(
        verify(json!({ "challenge": "1235abcd6789" })),
        refused("INVALID_CHALLENGE_ERROR")
    );
    assert_eq!(verify(json!({ "challenge": 5 })).0, 400);
}

#[test]
fn what_no_signed_statement_says_can_not_be_added() {
    let issuer = Issuer::new().serve(&[]);
    let (status, issued) = issue(
        &issuer,
        &credential(|v| {
            v["@context"] = json!([V2, EXAMPLES]);
            v["type"] = json!(["VerifiableCredential", "Alumni"]);
            v["credentialSubject"]["friend"] = json!({ "name": "Bob" });
        }),
    );
    assert_eq!(status, 201, "{issued}");
    assert_eq!(issuer.verify(&issued).0, 200);
    // The signature holds after each of these.
    let changes: [(&str, Change, &str); 3] = [
        (
            "an id that is no address",
            |v| v["credentialSubject"]["friend"]["id"] = json!("somebody else"),
            "malformed",
        ),
        (
            "the IRI of a type",
            |v| v["type"][1] = json!("https://www.w3.org/ns/credentials/examples#Alumni"),
            "undefined-term",
        ),
        (
            "an id of the proof",
            |v| v["proof"]["id"] = json!("no url"),
            "malformed-proof",
        ),
    ];
    for (what, change, code) in changes {
        let mut changed = issued.clone();
        change(&mut changed);
        let (status, report) = issuer.verify(&changed);
        assert_eq!(status, 400, "{what}: {report}");
        assert_eq!(report["problemDetails"][0]["title"], code, "{what}");
    }
}
