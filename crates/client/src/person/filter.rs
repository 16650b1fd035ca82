//! Which credentials fit: by issuer, by what their public notes say, by what their content says.

use serde_json::Value;

/// What credentials are looked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Filter {
    /// Issued by one of these keys, hexadecimal; by anybody if there are none.
    pub issuers: Vec<String>,
    /// What the public notes have to say. Credentials whose notes are no JSON fit no such filter.
    pub notes: Matches,
    /// What the content has to say. It is opened on this device and goes nowhere.
    pub content: Matches,
}

/// Fields of a JSON object, by paths such as `credentialSubject.nationality`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Matches {
    /// Each field has one of the values.
    pub pick: Vec<(String, Vec<Value>)>,
    /// No field has one of the values.
    pub omit: Vec<(String, Vec<Value>)>,
}

impl Filter {
    /// Whether the issuer fits.
    pub(super) fn fits_issuer(&self, issuer: &str) -> bool {
        self.issuers.is_empty()
            || self
                .issuers
                .iter()
                .any(|known| known.eq_ignore_ascii_case(issuer))
    }
}

impl Matches {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.pick.is_empty() && self.omit.is_empty()
    }

    /// Whether a JSON text fits. A text that is no JSON fits only if nothing is asked for.
    pub fn fit(&self, json: &[u8]) -> bool {
        if self.is_empty() {
            return true;
        }
        let Ok(json) = serde_json::from_slice::<Value>(json) else {
            return false;
        };
        let has = |(path, values): &(String, Vec<Value>)| {
            let found = path
                .split('.')
                .try_fold(&json, |at, name| at.as_object()?.get(name));
            found.is_some_and(|found| values.contains(found))
        };
        self.pick.iter().all(has) && !self.omit.iter().any(has)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn matches(path: &str, values: &[Value]) -> Vec<(String, Vec<Value>)> {
        vec![(path.to_owned(), values.to_vec())]
    }

    #[test]
    fn fields_are_picked_and_omitted_by_path() {
        let notes = br#"{"type":"human","level":"basic","deep":{"er":1}}"#;
        let pick = |path: &str, value: Value| Matches {
            pick: matches(path, &[json!("x"), value]),
            omit: Vec::new(),
        };
        assert!(pick("type", json!("human")).fit(notes));
        assert!(!pick("type", json!("robot")).fit(notes));
        assert!(pick("deep.er", json!(1)).fit(notes));
        assert!(!pick("deep.er.est", json!(1)).fit(notes));
        let omit = Matches {
            pick: matches("type", &[json!("human")]),
            omit: matches("level", &[json!("basic")]),
        };
        assert!(!omit.fit(notes));
        assert!(omit.fit(br#"{"type":"human"}"#));
        assert!(!omit.fit(b"no json") && Matches::default().fit(b"no json"));
    }

    #[test]
    fn issuers_compare_ignoring_case() {
        let filter = Filter {
            issuers: vec!["AB".to_owned()],
            ..Filter::default()
        };
        assert!(filter.fits_issuer("ab") && !filter.fits_issuer("cd"));
        assert!(Filter::default().fits_issuer("cd"));
    }

    proptest! {
        /// What is picked fits, and what is omitted does not, whatever the value is.
        #[test]
        fn picking_and_omitting_are_opposites(name in "[a-z]{1,8}", value in any::<i64>()) {
            let json = json!({ name.clone(): value }).to_string();
            let one = matches(&name, &[json!(value)]);
            let pick = Matches { pick: one.clone(), omit: Vec::new() };
            let omit = Matches { pick: Vec::new(), omit: one };
            prop_assert!(pick.fit(json.as_bytes()));
            prop_assert!(!omit.fit(json.as_bytes()));
        }
    }
}
