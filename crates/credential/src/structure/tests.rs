use serde_json::json;

use super::*;

fn v2() -> Value {
    json!({
        "@context": [CREDENTIALS_V2, idos_linked_data::IDOS_KYC],
        "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
        "type": ["VerifiableCredential"],
        "issuer": "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2",
        "validFrom": "2026-01-01T00:00:00Z",
        "validUntil": "2027-01-01T00:00:00Z",
        "credentialSubject": {"id": "did:example:1", "firstName": "Ada"},
    })
}

fn changed(change: impl FnOnce(&mut Value)) -> Result<Credential, StructureError> {
    let mut document = v2();
    change(&mut document);
    Credential::parse(&document.to_string())
}

fn refused(change: impl FnOnce(&mut Value), why: &str) {
    let error = changed(change).unwrap_err().to_string();
    assert!(error.contains(why), "{error:?} does not say {why:?}");
}

#[test]
fn both_versions_are_read() {
    let credential = changed(|_| ()).unwrap();
    assert_eq!(credential.version(), Version::V2_0);
    assert!(credential.valid_from() < credential.valid_until());
    let credential = changed(|v| {
        v["@context"][0] = json!(CREDENTIALS_V1);
        let object = v.as_object_mut().unwrap();
        let from = object.remove("validFrom").unwrap();
        object.insert("issuanceDate".to_owned(), from);
        object.remove("validUntil");
    })
    .unwrap();
    assert_eq!(credential.version(), Version::V1_1);
    assert_eq!(
        credential
            .subjects()
            .map(|it| &it["id"])
            .collect::<Vec<_>>(),
        ["did:example:1"]
    );
}

#[test]
fn required_members_are_required() {
    for member in ["@context", "type", "issuer", "credentialSubject"] {
        refused(|v| drop(v.as_object_mut().unwrap().remove(member)), member);
    }
    refused(
        |v| v["@context"][0] = json!(CREDENTIALS_V1),
        "belongs to another version",
    );
    refused(|v| v["issuer"] = json!({"name": "x"}), "issuer.id");
}

#[test]
fn contexts_are_known_ones_by_address() {
    refused(
        |v| v["@context"] = json!([idos_linked_data::IDOS_KYC, CREDENTIALS_V2]),
        "first context",
    );
    refused(
        |v| v["@context"] = json!([CREDENTIALS_V2, CREDENTIALS_V1]),
        "first context",
    );
    refused(
        |v| v["@context"][1] = json!("https://evil.example/c"),
        "\"https://evil.example/c\" is not known",
    );
    refused(
        |v| v["@context"][1] = json!({"firstName": "https://schema.org/givenName"}),
        "in place",
    );
    refused(
        |v| v["credentialSubject"]["@context"] = json!({"x": "urn:x"}),
        "in place",
    );
    refused(
        |v| v["credentialSubject"]["@context"] = json!("https://evil.example/c"),
        "not known",
    );
}

#[test]
fn contexts_are_few_and_named_once() {
    let kyc = idos_linked_data::IDOS_KYC;
    refused(
        |v| v["@context"] = json!([CREDENTIALS_V2, kyc, CREDENTIALS_V2]),
        "\"https://www.w3.org/ns/credentials/v2\" is named twice",
    );
    refused(
        |v| v["credentialSubject"]["@context"] = json!([kyc, kyc]),
        "is named twice",
    );
    refused(
        |v| v["@context"] = json!(vec![CREDENTIALS_V2; 4_000]),
        "names 4000 contexts: the issuer must name 16 at most",
    );
    refused(
        |v| v["credentialSubject"]["@context"] = json!(vec![kyc; 17]),
        "names 17 contexts",
    );
    // Within another one the same context is another list's.
    assert!(changed(|v| v["credentialSubject"]["@context"] = json!(kyc)).is_ok());
}

#[test]
fn members_are_defined_terms() {
    refused(
        |v| v["credentialSubject"]["shoeSize"] = json!(38),
        "\"shoeSize\" is defined by no context",
    );
    refused(
        |v| v["type"] = json!(["VerifiableCredential", "Made up"]),
        "\"Made up\"",
    );
    refused(
        |v| v["credentialSubject"]["urn:idos:vocabulary:kyc#firstName"] = json!("x"),
        "keyword or an IRI",
    );
    refused(
        |v| v["https://www.w3.org/2018/credentials#validUntil"] = json!("x"),
        "keyword or an IRI",
    );
    refused(|v| v["@included"] = json!([]), "keyword or an IRI");
    refused(
        |v| v["credentialSubject"]["@id"] = json!("did:example:2"),
        "keyword or an IRI",
    );
    refused(
        |v| v["credentialSubject"]["firstName"] = json!({"@value": "x"}),
        "keyword or an IRI",
    );
}

#[test]
fn nothing_is_null_or_empty() {
    refused(
        |v| v["credentialSubject"]["firstName"] = Value::Null,
        "null or empty",
    );
    refused(|v| v["credentialStatus"] = json!([]), "null or empty");
    refused(|v| v["credentialSubject"] = json!({}), "null or empty");
    refused(
        |v| v["credentialSubject"] = json!("did:example:1"),
        "one object or several",
    );
    refused(
        |v| v["credentialSubject"]["id"] = json!("_:b0"),
        "blank node",
    );
    refused(
        |v| v["credentialSubject"]["firstName"] = json!("_:c14n0"),
        "blank node",
    );
}

#[test]
fn a_credential_holds_no_credentials() {
    refused(
        |v| v["verifiableCredential"] = json!({"x": null}),
        "presentations",
    );
    refused(
        |v| v["credentialSubject"]["proof"] = Value::Null,
        "null or empty",
    );
}

#[test]
fn members_have_their_form() {
    refused(|v| v["id"] = json!("no url"), "absolute URL");
    refused(|v| v["issuer"] = json!("issuer"), "absolute URL");
    refused(|v| v["type"] = json!("Other"), "VerifiableCredential");
    refused(|v| v["type"] = json!([1]), "one name or several");
    refused(
        |v| v["evidence"] = json!({"type": ["JsonSchema", 1]}),
        "one name or several",
    );
    refused(|v| v["validFrom"] = json!("yesterday"), "no date");
    refused(|v| v["validFrom"] = json!(5), "a date");
    refused(
        |v| v["validUntil"] = json!("2025-01-01T00:00:00Z"),
        "ends before it begins",
    );
    refused(
        |v| v["credentialStatus"] = json!({"id": "urn:x:1"}),
        "with a type",
    );
    refused(
        |v| v["credentialSchema"] = json!({"type": "JsonSchema"}),
        "with an id",
    );
    for digest in [json!({}), json!({"digestSRI": "sha256-x"})] {
        let mut resource = digest;
        resource["id"] = json!("urn:a:1");
        refused(|v| v["relatedResource"] = resource, "\"");
    }
}

#[test]
fn names_are_texts_with_their_languages() {
    let name = |value: Value| changed(|v| v["name"] = value);
    for text in [
        json!("x"),
        json!({"@value": "x"}),
        json!([{"@value": "x", "@language": "en"}, {"@value": "y", "@language": "de-CH-1996"}]),
        json!({"@value": "x", "@language": "ar", "@direction": "rtl"}),
    ] {
        assert!(name(text.clone()).is_ok(), "{text}");
    }
    for other in [
        json!(5),
        json!(true),
        json!({"@language": "en"}),
        json!({"@value": 5}),
        json!({"@value": "x", "id": "urn:x"}),
        json!({"@value": "x", "url": "urn:x"}),
        json!({"@value": "x", "@type": "urn:x"}),
        json!({"@value": "x", "@language": "no language"}),
        json!({"@value": "x", "@language": "1en"}),
        json!({"@value": "x", "@language": ""}),
        json!({"@value": "x", "@language": "q"}),
        json!({"@value": "x", "@language": "en-a"}),
        json!({"@value": "x", "@direction": "up"}),
        json!([{"@value": "x"}, 5]),
    ] {
        assert!(name(other.clone()).is_err(), "{other}");
        // And wherever else a name is.
        let within = changed(|v| {
            let issuer = v["issuer"].take();
            v["issuer"] = json!({"id": issuer, "name": other});
        });
        assert!(within.is_err(), "{other}");
    }
}

#[test]
fn a_type_may_be_a_url_that_no_context_names() {
    let examples = idos_linked_data::EXAMPLES_V2;
    let of_type = |name: &str| {
        changed(|v| {
            v["@context"] = json!([CREDENTIALS_V2, examples, idos_linked_data::IDOS_KYC]);
            v["type"] = json!(["VerifiableCredential", name]);
        })
    };
    assert!(of_type("https://example.org/#Alumni").is_ok());
    assert!(of_type("Alumni").is_ok());
    // A holder could exchange these for the terms that mean them, and no RDF suite would notice.
    for other in [
        "https://www.w3.org/2018/credentials#VerifiableCredential",
        "urn:idos:vocabulary:credential#IdosKycCredential",
        "https://www.w3.org/ns/credentials/examples#Alumni",
        "xsd:string",
    ] {
        assert!(of_type(other).is_err(), "{other}");
    }
}

#[test]
fn addresses_are_absolute_wherever_they_are() {
    let within = |change: fn(&mut Value)| {
        changed(|v| {
            v["@context"] = json!([CREDENTIALS_V2, idos_linked_data::EXAMPLES_V2]);
            v["credentialSubject"] = json!({"friend": {"id": "did:example:2", "name": "Bob"}});
            change(v);
        })
    };
    assert!(within(|_| ()).is_ok());
    let wrong: [fn(&mut Value); 12] = [
        // To a reader of JSON-LD the friend has no id then: it is in no statement.
        |v| v["credentialSubject"]["friend"]["id"] = json!("urn:uuid:x#a#b"),
        |v| v["credentialSubject"]["friend"]["id"] = json!("urn:x%zz"),
        |v| v["credentialSubject"]["friend"]["id"] = json!("http://["),
        |v| v["renderMethod"] = json!("a:b#c#d"),
        // A short form of another one, by a prefix of a known context.
        |v| v["credentialSubject"]["friend"]["id"] = json!("sec:x"),
        |v| v["renderMethod"] = json!("cred:x"),
        |v| v["credentialSubject"]["friend"]["id"] = json!("somebody else"),
        |v| v["credentialSubject"]["friend"]["id"] = json!("relative"),
        |v| v["credentialSubject"]["friend"]["id"] = json!(5),
        |v| v["credentialSubject"]["friend"]["id"] = json!(["did:example:2", "did:example:3"]),
        |v| v["confidenceMethod"] = json!("relative"),
        |v| v["renderMethod"] = json!(["urn:a:1", "no url"]),
    ];
    for change in wrong {
        let error = within(change).unwrap_err().to_string();
        assert!(error.contains("an absolute URL"), "{error}");
    }
}
