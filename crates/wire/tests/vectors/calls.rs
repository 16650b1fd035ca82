//! Calls, queries and signing in.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::Value;
use idos_wire::{InfoActions, Method, QueryRefusal, Request, SignInText, parse};
use serde_json::{Value as Json, json};

use crate::recorded::{behind_lengths, bytes, flipped, request, text, vectors};

#[test]
fn requests_of_calls_parse() {
    for vector in vectors("call") {
        let Request::Call(call) = request(&vector["request_json"]) else {
            panic!("{vector}");
        };
        let sent: Json = serde_json::from_str(text(&vector["request_json"])).unwrap();
        assert_eq!(call.action.encode(), bytes(&vector["payload_hex"]));
        assert_eq!(call.auth_type, text(&sent["params"]["auth_type"]));
        let sender = text(&sent["params"]["sender"]).to_lowercase();
        assert_eq!(hex::encode(&call.sender), sender);
        assert!(call.proof.is_none() && call.signed_text().is_none());
    }
}

#[test]
fn signed_calls_have_the_recorded_text() {
    for vector in vectors("private_call") {
        let Request::Call(call) = request(&vector["request_json"]) else {
            panic!("{vector}");
        };
        let proof = call.proof.as_ref().unwrap();
        assert_eq!(hex::encode(proof.challenge), text(&vector["challenge_hex"]));
        assert_eq!(proof.signature.len(), 65);
        let signed = call.signed_text().unwrap();
        assert_eq!(signed, text(&vector["message_text"]));
        assert_eq!(signed.as_bytes(), bytes(&vector["message_hex"]));

        for bit in 0..proof.challenge.len() * 8 {
            let mut other = call.clone();
            let challenge = flipped(&proof.challenge, bit);
            other.proof.as_mut().unwrap().challenge = challenge.try_into().unwrap();
            assert_ne!(other.signed_text().unwrap(), signed, "challenge bit {bit}");
        }
        let payload = call.action.encode();
        let sent: Json = serde_json::from_str(text(&vector["request_json"])).unwrap();
        let body = &sent["params"]["body"];
        assert_eq!(body["payload"], BASE64_STANDARD.encode(&payload));
        for bit in 0..payload.len() * 8 {
            let mut changed = sent.clone();
            changed["params"]["body"]["payload"] =
                json!(BASE64_STANDARD.encode(flipped(&payload, bit)));
            match parse(changed.to_string().as_bytes()) {
                Ok((_, Request::Call(other))) => {
                    assert_ne!(other.signed_text().unwrap(), signed, "payload bit {bit}");
                }
                Ok(other) => panic!("{other:?}"),
                Err(_) => {}
            }
        }
    }
}

/// What clients do before and after the recorded request, of which the answers are not recorded.
#[test]
fn every_method_that_clients_call_on_the_way_exists() {
    for vector in [vectors("kgw_login"), vectors("private_call")].concat() {
        let recorded = vector.get("authn_request_json");
        let request = request(recorded.unwrap_or(&vector["request_json"]));
        let methods: Vec<_> = vector["methods_in_order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| Method::parse(text(name)).unwrap())
            .collect();
        assert!(methods.contains(&request.method()), "{methods:?}");
    }
}

#[test]
fn queries_parse_and_one_is_recognized() {
    let queries: Vec<_> = vectors("query")
        .iter()
        .map(|vector| match request(&vector["request_json"]) {
            Request::Query(query) => query,
            other => panic!("{other:?}"),
        })
        .collect();
    let [actions, types] = queries.as_slice() else {
        panic!("{queries:?}");
    };
    assert_eq!(
        actions.recognize(),
        Ok(InfoActions {
            namespace: "main".to_owned()
        })
    );

    assert_eq!(types.recognize(), Err(QueryRefusal::Unsupported));
    let shown: Vec<_> = types
        .parameters
        .iter()
        .map(|(name, value)| (name.as_str(), value.data_type().to_string()))
        .collect();
    let expected = [
        ("$b", "bool"),
        ("$d", "numeric(3,2)"),
        ("$i", "int8"),
        ("$ia", "int8[]"),
        ("$n", "null"),
        ("$t", "text"),
        ("$ta", "text[]"),
        ("$u", "uuid"),
        ("$y", "bytea"),
    ];
    assert_eq!(
        shown,
        expected.map(|(name, shown)| (name, shown.to_owned()))
    );
    assert_eq!(types.parameters["$i"].data_type().metadata, [2, 0]);
    assert_eq!(types.parameters["$i"].value(), &Value::Int(42));
    assert_eq!(types.parameters["$n"].value(), &Value::Null);
}

#[test]
fn parameters_of_queries_are_encoded_as_sent_and_no_flipped_bit_is_the_same() {
    for vector in vectors("query") {
        let sent: Json = serde_json::from_str(text(&vector["request_json"])).unwrap();
        let parsed = |sent: &Json| match parse(sent.to_string().as_bytes()) {
            Ok((_, Request::Query(query))) => Some(query),
            Ok(other) => panic!("{other:?}"),
            Err(_) => None,
        };
        let query = parsed(&sent).unwrap();
        for (name, parameter) in sent["params"]["params"].as_object().unwrap() {
            let value = &query.parameters[name];
            let items = parameter["data"].as_array().unwrap().iter();
            let items: Vec<_> = items
                .map(|item| BASE64_STANDARD.decode(text(item)).unwrap())
                .collect();
            let end = behind_lengths(&items);
            assert!(value.encode().ends_with(&end), "{name}");
            for (at, item) in items.iter().enumerate() {
                for bit in 0..item.len() * 8 {
                    let mut changed = sent.clone();
                    changed["params"]["params"][name]["data"][at] =
                        json!(BASE64_STANDARD.encode(flipped(item, bit)));
                    assert_ne!(parsed(&changed).as_ref(), Some(&query), "{name} {bit}");
                }
            }
        }
    }
}

#[test]
fn sign_in_texts_are_as_recorded() {
    for vector in vectors("kgw_login") {
        let param = &vector["authn_param_result"];
        let field = |name: &str| text(&param[name]).to_owned();
        let domain = text(&vector["kwil_provider"]);
        let sign_in = SignInText {
            domain: domain.strip_suffix('/').unwrap_or(domain).to_owned(),
            statement: field("statement"),
            uri: field("uri"),
            chain_id: field("chain_id"),
            nonce: field("nonce"),
            issue_at: field("issue_at"),
            expiration_time: field("expiration_time"),
        };
        assert_eq!(sign_in.render(), text(&vector["message_text"]));
        assert_eq!(sign_in.render().as_bytes(), bytes(&vector["message_hex"]));

        let changes: [fn(&mut SignInText); 7] = [
            |text| text.domain.push('x'),
            |text| text.statement.push('x'),
            |text| text.uri.push('x'),
            |text| text.chain_id.push('x'),
            |text| text.nonce.push('x'),
            |text| text.issue_at.push('x'),
            |text| text.expiration_time.push('x'),
        ];
        for change in changes {
            let mut changed = sign_in.clone();
            change(&mut changed);
            assert_ne!(changed.render(), sign_in.render());
            assert_ne!(changed.param(), sign_in.param());
        }

        let mut expected = param.clone();
        expected["domain"] = json!(sign_in.domain);
        assert_eq!(serde_json::to_value(sign_in.param()).unwrap(), expected);

        let Request::Authn(authn) = request(&vector["authn_request_json"]) else {
            panic!("{vector}");
        };
        let sent: Json = serde_json::from_str(text(&vector["authn_request_json"])).unwrap();
        let sent = &sent["params"];
        assert_eq!(authn.nonce, sign_in.nonce);
        assert_eq!(authn.scheme, text(&sent["signature"]["type"]));
        assert_eq!(hex::encode(&authn.sender), text(&sent["sender"]));
        let signature = BASE64_STANDARD.encode(&authn.signature);
        assert_eq!(signature, text(&sent["signature"]["sig"]));
    }
}
