//! The list of people, as JSON or CSV.

use std::path::Path;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{command::bounded_file, role::RoleError};

/// Most bytes of a list: some hundred thousand people.
const LIST_BYTES: usize = 64 * 1024 * 1024;

/// One person.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    /// The profile file, beside the list.
    pub(super) profile: String,
    /// The file with the write grant.
    pub(super) grant: String,
    /// What is said about the person.
    #[serde(default)]
    pub(super) subject: Map<String, Value>,
}

/// Reads a list; how, its name says.
pub(super) fn read(path: &Path) -> Result<Vec<Entry>, RoleError> {
    let text = bounded_file::read_text(path, LIST_BYTES)?;
    let ending = path.extension().and_then(|it| it.to_str());
    match ending {
        Some("json") => serde_json::from_str(&text).map_err(|source| RoleError::Form {
            path: path.to_owned(),
            expected: "a list of people",
            source,
        }),
        Some("csv") => {
            csv(&text).map_err(|error| RoleError::Refused(format!("{}: {error}", path.display())))
        }
        _ => Err(RoleError::Refused(format!(
            "{}: name a file that ends in .json or .csv",
            path.display()
        ))),
    }
}

fn csv(text: &str) -> Result<Vec<Entry>, String> {
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().map_err(|error| error.to_string())?.clone();
    for needed in ["profile", "grant"] {
        if !names.iter().any(|name| name == needed) {
            return Err(format!("it has no column {needed:?}"));
        }
    }
    let mut entries = Vec::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let mut entry = Entry {
            profile: String::new(),
            grant: String::new(),
            subject: Map::new(),
        };
        for (name, value) in names.iter().zip(&row) {
            match name {
                "profile" => value.clone_into(&mut entry.profile),
                "grant" => value.clone_into(&mut entry.grant),
                // An empty cell says nothing.
                _ if value.is_empty() => {}
                _ => drop(entry.subject.insert(name.to_owned(), value.into())),
            }
        }
        entries.push(entry);
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_become_fields_of_the_subject() {
        let entries = csv("grant,firstName,profile,familyName\ng,\"A, B\",p,\n").unwrap();
        assert_eq!(entries.len(), 1);
        assert_eq!(
            (entries[0].profile.as_str(), entries[0].grant.as_str()),
            ("p", "g")
        );
        assert_eq!(entries[0].subject.len(), 1);
        assert_eq!(entries[0].subject["firstName"], "A, B");
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert!(
            csv("profile,firstName\np,A\n")
                .unwrap_err()
                .contains("grant")
        );
        assert!(csv("profile,grant\np\n").is_err());
        assert!(read(Path::new("/nowhere.csv")).is_err());
    }
}
