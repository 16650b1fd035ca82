//! Attributes that people shared.

use idos_client::consumer::GRANTS_PER_PAGE;
use idos_types::{AttributeId, UserId, Uuid};
use serde_json::json;

use super::{GrantsArgs, open};
use crate::{
    command::output::{Output, inert},
    role::{RoleArgs, RoleError, block_on, opened},
};

/// What `attribute` is given.
#[derive(clap::Args)]
pub(crate) struct AttributeArgs {
    #[command(flatten)]
    role: RoleArgs,
    /// The copy, by its id.
    id: Uuid,
}

/// Lists what is shared, without values.
pub(super) fn list(args: &GrantsArgs, output: Output) -> Result<(), RoleError> {
    let entries = block_on(async {
        let consumer = open(&args.role)?;
        let owner = args.owner.map(UserId);
        let page = consumer.attributes(owner, args.page, GRANTS_PER_PAGE);
        Ok(page.await?)
    })?;
    let mut lines = Vec::new();
    let mut list = Vec::new();
    for entry in &entries {
        let (id, key, owner) = (entry.id, &entry.key, entry.owner);
        lines.push(format!("{id}  {}  of {owner}", inert(key)));
        list.push(json!({
            "id": id.to_string(), "key": key, "owner": owner.to_string(),
            "original": entry.original.map(|original| original.to_string()),
        }));
    }
    if lines.is_empty() {
        lines.push("no attributes".to_owned());
    }
    let json = json!({ "event": "attributes", "attributes": list });
    Ok(output.print(&lines.join("\n"), &json)?)
}

/// Fetches one and opens it.
pub(super) fn fetch(args: &AttributeArgs, output: Output) -> Result<(), RoleError> {
    let id = AttributeId(args.id);
    let found = block_on(async { Ok(open(&args.role)?.attribute(id).await?) })?;
    let (name, value) = opened::value(&found.value);
    let json = json!({
        "event": "attribute", "id": id.to_string(), "key": found.key,
        "owner": found.owner.to_string(), name: value,
    });
    Ok(output.print_bytes(&found.value, &json)?)
}
