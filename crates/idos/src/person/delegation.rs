//! Signing that somebody may read a credential, for others to submit.

use std::path::{Path, PathBuf};

use idos_client::{party::Recipient, person::Shared, signed_grant::DelegatedAccess};
use idos_credential::Seconds;
use idos_types::{CredentialId, Uuid};
use serde_json::json;

use super::{
    recipient::{RecipientArgs, who, with_recipient},
    session::PersonArgs,
    sharing::{date, lock},
};
use crate::{
    command::output::{Output, text_of},
    role::{NewFile, RoleError, block_on},
};

/// What `access-grant` is given.
#[derive(clap::Args)]
pub(crate) struct AccessGrantArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The credential, by its id.
    id: Uuid,
    #[command(flatten)]
    recipient: RecipientArgs,
    /// Until when the grant cannot be revoked, once it is made.
    #[arg(long, value_name = "DATE", value_parser = date)]
    lock_until: Option<Seconds>,
    /// File to make, which whoever submits it needs [default: it is printed]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// Signs a delegated access grant, on a copy that is made for its grantee.
pub(super) fn access_grant(args: &AccessGrantArgs, output: Output) -> Result<(), RoleError> {
    let locked_until = lock(args.lock_until)?;
    // Before the copy is made: without the file nobody could make use of it.
    let file = args.out.as_deref().map(NewFile::make).transpose()?;
    let (shared, signed, recipient) = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let recipient = args.recipient.find(&person, output).await?;
        let id = CredentialId(args.id);
        let hash = person.credential(&keys, id).await?.content_hash;
        let shared = person.prepare_copy(&keys, id, &recipient).await?;
        let signing = person.sign_access(recipient.grantee(), shared.copy, locked_until, hash);
        let signed = signing.await;
        Ok((shared, signed, recipient))
    })?;
    let told = match signed {
        Ok(access) => {
            let out = args.out.as_deref().zip(file);
            hand_over(&access, (shared, &recipient), out, output)
        }
        Err(error) => Err(error.into()),
    };
    told.map_err(|error| {
        error.after(format!(
            "the copy {} was made, and nobody was given the access grant for it: revoke your own grant \
             {} to take it back, and try again",
            shared.copy, shared.grant
        ))
    })
}

/// Writes what was signed, or prints it.
fn hand_over(
    access: &DelegatedAccess,
    (shared, recipient): (Shared, &Recipient),
    out: Option<(&Path, NewFile)>,
    output: Output,
) -> Result<(), RoleError> {
    let (copy, own) = (shared.copy, shared.grant);
    let json = json!({
        "event": "access-grant", "copy": copy.to_string(), "own_grant": own.to_string(),
        "locked_until": access.locked_until,
    });
    let mut json = with_recipient(json, recipient);
    let pretty = serde_json::to_string_pretty(access)
        .map_err(|error| RoleError::Refused(format!("the access grant has no JSON: {error}")))?;
    let (text, name, value) = match out {
        Some((path, file)) => {
            file.write(pretty.as_bytes())?;
            let path = text_of(path);
            let text = format!(
                "signed for {}\ngive {path} to whoever makes the grant on the copy {copy}\n\
                 to take the copy back: revoke that grant, if it was made, and {own}",
                who(recipient)
            );
            (text, "file", json!(path))
        }
        None => {
            // Beside what was signed, which programs and people take as it is printed.
            output.note(&format!(
                "to take the copy {copy} back: revoke the grant that is made by this, if it was made, and \
                 your own grant {own}"
            ));
            (pretty, "access_grant", json!(access))
        }
    };
    if let Some(json) = json.as_object_mut() {
        json.insert(name.to_owned(), value);
    }
    Ok(output.print(&text, &json)?)
}
