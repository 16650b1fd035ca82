//! Looking for credentials.

use std::{collections::BTreeMap, path::PathBuf};

use idos_client::person::{CredentialEntry, Filter, Matches};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{address::issuer_key, closed, session::PersonArgs};
use crate::{
    command::{
        bounded_file,
        output::{Output, inert},
    },
    role::{RoleError, block_on},
};

/// Most bytes of what is looked for.
const FILE_BYTES: usize = 64 * 1024;

/// What `filter` is given.
#[derive(clap::Args)]
pub(crate) struct FilterArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// Issued by this key, hexadecimal; several times for one of several.
    #[arg(long = "issuer", value_name = "KEY", value_parser = issuer_key)]
    issuers: Vec<String>,
    /// The public notes have this value at this path, such as `type=human`; several times for all of
    /// several.
    #[arg(long, value_name = "PATH=VALUE", value_parser = field)]
    notes: Vec<(String, Value)>,
    /// The public notes do not have this value at this path.
    #[arg(long, value_name = "PATH=VALUE", value_parser = field)]
    without_notes: Vec<(String, Value)>,
    /// File with what the contents have to say: `{"pick": {PATH: [VALUE…]}, "omit": {…}}`. They are
    /// opened here and go nowhere; a command line is seen by others.
    #[arg(long, value_name = "FILE")]
    content_file: Option<PathBuf>,
}

/// What is looked for in contents.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Content {
    #[serde(default)]
    pick: BTreeMap<String, Vec<Value>>,
    #[serde(default)]
    omit: BTreeMap<String, Vec<Value>>,
}

/// `PATH=VALUE`; a value that is no JSON is a text.
fn field(text: &str) -> Result<(String, Value), String> {
    let (path, value) = text.split_once('=').ok_or("write PATH=VALUE")?;
    if path.is_empty() {
        return Err("write PATH=VALUE".to_owned());
    }
    let json = serde_json::from_str(value);
    Ok((path.to_owned(), json.unwrap_or_else(|_| value.into())))
}

/// Lists the credentials that fit.
pub(super) fn filter(args: &FilterArgs, output: Output) -> Result<(), RoleError> {
    let one = |fields: &[(String, Value)]| {
        let fields = fields.iter().cloned();
        fields.map(|(path, value)| (path, vec![value])).collect()
    };
    let content = match &args.content_file {
        Some(path) => {
            let text = bounded_file::read_text(path, FILE_BYTES)?;
            serde_json::from_str(&text).map_err(|source| RoleError::Form {
                path: path.clone(),
                expected: "what is looked for in contents",
                source,
            })?
        }
        None => Content::default(),
    };
    let filter = Filter {
        issuers: args.issuers.clone(),
        notes: Matches {
            pick: one(&args.notes),
            omit: one(&args.without_notes),
        },
        content: Matches {
            pick: content.pick.into_iter().collect(),
            omit: content.omit.into_iter().collect(),
        },
    };
    let found = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        Ok(person.filtered(&filter, &keys).await?)
    })?;
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for entry in &found {
        match entry {
            Ok(CredentialEntry { header, .. }) => {
                lines.push(format!("{}  {}", header.id, inert(&header.public_notes)));
                list.push(json!({
                    "id": header.id.to_string(), "notes": header.public_notes,
                    "issuer": header.issuer_auth_public_key,
                }));
            }
            Err(fault) => {
                lines.push(closed::line(fault));
                list.push(closed::entry(fault));
            }
        }
    }
    let text = if lines.is_empty() {
        "no credential fits".to_owned()
    } else {
        lines.join("\n")
    };
    let json = json!({ "event": "credentials", "credentials": list });
    Ok(output.print(&text, &json)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_json_or_text() {
        let is = |text: &str, path: &str, value: Value| {
            assert_eq!(field(text), Ok((path.to_owned(), value)));
        };
        is("type=human", "type", json!("human"));
        is("a.b=1", "a.b", json!(1));
        is("a=\"1\"", "a", json!("1"));
        is("a=b=c", "a", json!("b=c"));
        assert!(field("type").is_err() && field("=x").is_err());
    }
}
