//! The OpenAPI document.

/// The document, as JSON.
pub fn openapi() -> &'static str {
    include_str!("openapi.json")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::question::tests::ROUTES;

    fn document() -> Value {
        serde_json::from_str(openapi()).unwrap()
    }

    #[test]
    fn it_has_the_paths_that_are_read_and_no_others() {
        let document = document();
        assert_eq!(document["openapi"], "3.1.0");
        let paths = document["paths"].as_object().unwrap();
        let documented: BTreeSet<_> = paths.keys().map(String::as_str).collect();
        let read: BTreeSet<_> = ROUTES.iter().map(|route| route.path).collect();
        assert_eq!(documented, read);
    }

    #[test]
    fn it_has_the_parameters_that_are_read_and_no_others() {
        let document = document();
        for route in ROUTES {
            let parameters = &document["paths"][route.path]["get"]["parameters"];
            let named = |place: &str| -> BTreeSet<String> {
                let all = parameters.as_array().into_iter().flatten();
                all.filter(|one| one["in"] == place)
                    .map(|one| one["name"].as_str().unwrap().to_owned())
                    .collect()
            };
            let query: BTreeSet<_> = route.query.iter().map(ToString::to_string).collect();
            assert_eq!(named("query"), query, "{}", route.path);
            let inside = route.path.split('/').filter_map(|part| {
                let name = part.strip_prefix('{')?.strip_suffix('}')?;
                Some(name.to_owned())
            });
            assert_eq!(named("path"), inside.collect(), "{}", route.path);
        }
    }

    #[test]
    fn it_has_the_refusals_that_every_path_can_meet() {
        let document = document();
        for (path, item) in document["paths"].as_object().unwrap() {
            // A stream has no parameters, and reads no query.
            let refusals: &[&str] = match path.as_str() {
                "/api/v1/events" => &["429", "503"],
                _ => &["400", "414", "429", "503"],
            };
            for status in refusals {
                let response = &item["get"]["responses"][status];
                assert!(response["$ref"].is_string(), "{path} has no {status}");
            }
        }
    }

    #[test]
    fn every_reference_leads_somewhere() {
        fn references(value: &Value, found: &mut Vec<String>) {
            match value {
                Value::Object(members) => {
                    for (name, member) in members {
                        match (name.as_str(), member.as_str()) {
                            ("$ref", Some(text)) => found.push(text.to_owned()),
                            _ => references(member, found),
                        }
                    }
                }
                Value::Array(elements) => elements.iter().for_each(|one| references(one, found)),
                _ => {}
            }
        }
        let (document, mut found) = (document(), Vec::new());
        references(&document, &mut found);
        assert!(found.len() > 20);
        for reference in found {
            let pointer = reference.strip_prefix('#').unwrap();
            assert!(document.pointer(pointer).is_some(), "{reference}");
        }
    }
}
