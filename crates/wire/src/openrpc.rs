//! The description of the surface for tools.

/// The OpenRPC document: every method with its parameters, result and errors.
pub fn openrpc() -> &'static str {
    include_str!("../openrpc.json")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::{API_VERSION, ErrorCode, Method};

    fn document() -> Value {
        serde_json::from_str(openrpc()).unwrap()
    }

    /// The targets of all references in a document.
    fn references(value: &Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    match member {
                        Value::String(target) if name == "$ref" => {
                            found.insert(target.clone());
                        }
                        member => references(member, found),
                    }
                }
            }
            Value::Array(elements) => elements
                .iter()
                .for_each(|element| references(element, found)),
            _ => {}
        }
    }

    #[test]
    fn the_document_describes_exactly_the_methods() {
        let document = document();
        let methods = document["methods"].as_array().unwrap();
        let described: Vec<_> = methods.iter().map(|method| &method["name"]).collect();
        let names = Method::ALL.map(Method::name);
        assert_eq!(described, names);
        assert_eq!(document["info"]["version"], API_VERSION);
        for method in methods {
            assert!(method["params"].is_array(), "{method}");
            assert!(method["result"]["schema"].is_object(), "{method}");
            assert!(method["errors"].is_array(), "{method}");
        }
    }

    #[test]
    fn every_error_of_the_document_exists() {
        let document = document();
        for error in document["components"]["errors"]
            .as_object()
            .unwrap()
            .values()
        {
            let known = |code: &&ErrorCode| error["code"] == code.code();
            assert!(ErrorCode::ALL.iter().any(|code| known(&code)), "{error}");
        }
    }

    #[test]
    fn references_and_components_match() {
        let document = document();
        let mut used = BTreeSet::new();
        references(&document, &mut used);
        let mut defined = BTreeSet::new();
        for kind in ["schemas", "errors"] {
            for name in document["components"][kind].as_object().unwrap().keys() {
                defined.insert(format!("#/components/{kind}/{name}"));
            }
        }
        assert_eq!(used, defined);
    }
}
