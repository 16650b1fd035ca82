//! Objects that are one thing. What has the same `id` is one thing to a reader of JSON-LD, so under an
//! RDF suite the holder may write its members in any of the objects with that `id`, also in one that was
//! a bare address, and the signature holds. So for what verifiers act on there is one place: the
//! credential's own members (its dates, its status) stand at the top, a subject's in
//! `credentialSubject`, those of an entry of `credentialStatus` there. Elsewhere such an `id` stands
//! alone. Of any other thing that is named twice, the fields are not bound.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::each;

/// Members of a document that are no statements about its things, or those of another graph.
const ELSEWHERE: [&str; 3] = ["@context", "proof", "verifiableCredential"];

/// What is said about one `id`.
#[derive(Default)]
struct Thing {
    /// Objects that say more than the `id`.
    full: usize,
    /// Objects with the `id`.
    objects: usize,
    /// Where the `id` is a text instead.
    texts: usize,
}

type Things<'a> = BTreeMap<&'a str, Thing>;

/// An `id` whose members the holder could move to where nobody looks, or could have moved there.
pub(crate) fn in_two_places(document: &Map<String, Value>) -> Option<&str> {
    let things = things(document);
    let full = |id: &str| things.get(id).map_or(0, |thing| thing.full);
    let has_another = |object: &Map<String, Value>| {
        id(object).is_some_and(|id| full(id) > usize::from(is_full(object)))
    };
    let subjects = each(document.get("credentialSubject"));
    let entries = each(document.get("credentialStatus"));
    let inner = subjects.chain(entries).filter_map(Value::as_object);
    std::iter::once(document)
        .chain(inner)
        .find(|object| has_another(object))
        .and_then(id)
}

/// Whether nothing is named twice of which more is known than its `id`. What [`in_two_places`] looks at
/// has one place anyway.
pub(crate) fn is_each_in_one_place(document: &Map<String, Value>) -> bool {
    let things = things(document);
    let subjects = each(document.get("credentialSubject")).filter_map(Value::as_object);
    let placed: Vec<_> = std::iter::once(document)
        .chain(subjects)
        .filter_map(id)
        .collect();
    in_two_places(document).is_none()
        && things.iter().all(|(id, thing)| {
            thing.full == 0 || thing.objects + thing.texts == 1 || placed.contains(id)
        })
}

fn things(document: &Map<String, Value>) -> Things<'_> {
    let mut things = Things::new();
    let of_document = || {
        let members = document.iter();
        members.filter(|(name, _)| !ELSEWHERE.contains(&name.as_str()))
    };
    note(document, &mut things);
    for (_, value) in of_document() {
        each_object(value, &mut |object| note(object, &mut things));
    }
    for (name, value) in of_document().filter(|(name, _)| *name != "id") {
        each_text(name, value, &mut |text| {
            if let Some(thing) = things.get_mut(text) {
                thing.texts += 1;
            }
        });
    }
    things
}

fn note<'a>(object: &'a Map<String, Value>, things: &mut Things<'a>) {
    if let Some(id) = id(object) {
        let thing = things.entry(id).or_default();
        thing.objects += 1;
        thing.full += usize::from(is_full(object));
    }
}

fn each_object<'a>(value: &'a Value, see: &mut impl FnMut(&'a Map<String, Value>)) {
    match value {
        Value::Array(elements) => elements.iter().for_each(|it| each_object(it, see)),
        Value::Object(object) => {
            see(object);
            object.values().for_each(|it| each_object(it, see));
        }
        _ => {}
    }
}

/// Texts that are no `id` of an object and no address of a context.
fn each_text<'a>(name: &str, value: &'a Value, see: &mut impl FnMut(&'a str)) {
    match value {
        _ if name == "id" || name == "@context" => {}
        Value::String(text) => see(text),
        Value::Array(elements) => elements.iter().for_each(|it| each_text(name, it, see)),
        Value::Object(object) => object
            .iter()
            .for_each(|(name, it)| each_text(name, it, see)),
        _ => {}
    }
}

fn id(object: &Map<String, Value>) -> Option<&str> {
    object.get("id").and_then(Value::as_str)
}

fn is_full(object: &Map<String, Value>) -> bool {
    object.keys().any(|name| name != "id" && name != "@context")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(members: Value) -> Map<String, Value> {
        let mut document =
            json!({"id": "urn:credential", "issuer": "urn:issuer", "validUntil": "x"});
        let object = document.as_object_mut().unwrap();
        object.extend(members.as_object().unwrap().clone());
        object.clone()
    }

    #[test]
    fn what_counts_has_one_place() {
        for (two, id) in [
            (
                json!({"credentialSubject": {"id": "urn:credential", "a": 1}}),
                "urn:credential",
            ),
            (
                json!({"credentialSubject": {"a": {"b": [{"id": "urn:credential", "c": 1}]}}}),
                "urn:credential",
            ),
            (
                json!({"issuer": {"id": "urn:credential", "a": 1}}),
                "urn:credential",
            ),
            (
                json!({"issuer": {"id": "urn:me", "a": 1}, "credentialSubject": {"id": "urn:me"}}),
                "urn:me",
            ),
            (
                json!({"issuer": {"id": "urn:me", "a": 1}, "credentialSubject": {"id": "urn:me", "b": 1}}),
                "urn:me",
            ),
            (
                json!({"credentialSubject": [{"id": "urn:me", "a": 1}, {"id": "urn:me", "b": 1}]}),
                "urn:me",
            ),
            (
                json!({"credentialStatus": [{"id": "urn:entry", "a": 1}, {"id": "urn:entry", "b": 1}]}),
                "urn:entry",
            ),
        ] {
            assert_eq!(in_two_places(&of(two.clone())), Some(id), "{two}");
            assert!(!is_each_in_one_place(&of(two.clone())), "{two}");
        }
    }

    #[test]
    fn who_issues_to_themselves_is_named_twice_and_described_once() {
        for one in [
            json!({"issuer": "urn:me", "credentialSubject": {"id": "urn:me", "a": 1}}),
            json!({"issuer": {"id": "urn:me"}, "credentialSubject": {"id": "urn:me", "a": 1}}),
            json!({"credentialSubject": {"id": "urn:me", "a": 1, "about": "urn:credential"}}),
            json!({"credentialSubject": [{"id": "urn:a", "spouse": "urn:b"}, {"id": "urn:b", "spouse": "urn:a"}]}),
        ] {
            assert_eq!(in_two_places(&of(one.clone())), None, "{one}");
            assert!(is_each_in_one_place(&of(one.clone())), "{one}");
        }
    }

    #[test]
    fn of_anything_else_named_twice_the_fields_are_not_bound() {
        for twice in [
            json!({"issuer": {"id": "urn:i", "a": 1}, "evidence": {"verifier": "urn:i"}}),
            json!({"issuer": "urn:i", "evidence": {"verifier": {"id": "urn:i", "a": 1}}}),
            json!({"evidence": {"verifier": {"id": "urn:i", "a": 1}}, "termsOfUse": {"id": "urn:i", "b": 1}}),
            json!({"evidence": [{"id": "urn:i", "a": 1}, {"id": "urn:i"}]}),
        ] {
            assert_eq!(in_two_places(&of(twice.clone())), None, "{twice}");
            assert!(!is_each_in_one_place(&of(twice.clone())), "{twice}");
        }
        // Of what has an id and nothing else there is nothing to be moved.
        let bare = json!({"issuer": "urn:i", "evidence": {"verifier": {"id": "urn:i"}}});
        assert!(is_each_in_one_place(&of(bare)));
    }

    #[test]
    fn credentials_within_a_presentation_are_for_themselves() {
        let credential = json!({"id": "urn:credential", "a": 1});
        let presentation = of(json!({"verifiableCredential": [credential, credential]}));
        assert_eq!(in_two_places(&presentation), None);
    }
}
