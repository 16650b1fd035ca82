//! Sharing, and what issuers may add.

use std::path::PathBuf;

use idos_client::{
    party::Recipient,
    person::{Person, ShareTerms},
    signed_grant::{HandedWriteGrant, WriteGrantTerms},
};
use idos_credential::Seconds;
use idos_types::{CredentialId, GrantId, Uuid};
use serde_json::json;

use super::{
    address::{address, issuer_key},
    grants::Grants,
    recipient::{RecipientArgs, who, with_recipient},
    session::PersonArgs,
};
use crate::{
    command::{
        clock::now,
        output::{Output, inert_lines, reason, text_of},
    },
    role::{self, RoleError, block_on},
};

/// What `share` is given.
#[derive(clap::Args)]
pub(crate) struct ShareArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The credential, by its id.
    id: Uuid,
    #[command(flatten)]
    recipient: RecipientArgs,
    /// Until when it cannot be revoked, such as 2027-01-31T00:00:00Z.
    #[arg(long, value_name = "DATE", value_parser = date)]
    lock_until: Option<Seconds>,
    /// When it ends by itself.
    #[arg(long, value_name = "DATE", value_parser = date)]
    expires: Option<Seconds>,
}

/// What `set-expiry` is given.
#[derive(clap::Args)]
pub(crate) struct SetExpiryArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The grant, by its id.
    grant: Uuid,
    /// When it ends by itself: after its lock [default: never]
    #[arg(long, value_name = "DATE", value_parser = date)]
    expires: Option<Seconds>,
}

/// What `revoke` is given.
#[derive(clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The grant, by its id.
    grant: Uuid,
}

/// What `write-grant` is given.
#[derive(clap::Args)]
pub(crate) struct WriteGrantArgs {
    #[command(flatten)]
    person: PersonArgs,
    /// The issuer's key, 64 hexadecimal digits: the address that `idos issuer keys` prints.
    #[arg(long, value_name = "KEY", value_parser = issuer_key)]
    issuer: String,
    /// Who gets a copy of what is issued [default: the issuer]
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    grantee: Option<String>,
    /// Until when the copy cannot be revoked.
    #[arg(long, value_name = "DATE", value_parser = date)]
    lock_until: Option<Seconds>,
    /// For how many days the issuer may use it.
    #[arg(long, value_name = "DAYS", default_value_t = 7, value_parser = clap::value_parser!(i64).range(1..=365))]
    days: i64,
    /// File to make, which the issuer needs.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn date(text: &str) -> Result<Seconds, String> {
    Seconds::parse(text).map_err(|error| error.to_string())
}

/// Until when there is to be a lock: one that has ended already holds nothing.
pub(super) fn lock(until: Option<Seconds>) -> Result<Seconds, RoleError> {
    match until {
        Some(until) if until <= now() => Err(RoleError::Refused(format!(
            "nothing was shared: a lock until {} is in the past; name a later date, or leave it out",
            until.rfc3339()
        ))),
        until => Ok(until.unwrap_or_default()),
    }
}

/// Shares a credential.
pub(super) fn share(args: &ShareArgs, output: Output) -> Result<(), RoleError> {
    let locked_until = lock(args.lock_until)?;
    let id = CredentialId(args.id);
    let (shared, recipient, earlier) = block_on(async {
        let (person, keys) = args.person.unlock().await?;
        let recipient = args.recipient.find(&person, output).await?;
        let earlier = earlier(&person, id, &recipient).await;
        let terms = ShareTerms {
            locked_until,
            expires_at: args.expires.unwrap_or_default(),
        };
        let shared = person.share(&keys, id, &recipient, terms).await?;
        Ok((shared, recipient, earlier))
    })?;
    let (grant, copy) = (shared.grant, shared.copy);
    let text = format!(
        "shared with {}\nthe grant is {grant}, on the copy {copy}",
        who(&recipient)
    );
    let json = json!({
        "event": "shared", "grant": grant.to_string(), "copy": copy.to_string(),
        "earlier_grants": earlier,
    });
    let json = with_recipient(json, &recipient);
    Ok(output.print(&text, &json)?)
}

/// The live grants by which a recipient has a credential already, or an older version of it. It is told,
/// since another one is made beside them; `None` if they cannot be looked at, which ends nothing.
async fn earlier(person: &Person, id: CredentialId, recipient: &Recipient) -> Option<Vec<String>> {
    let grants = match Grants::of(person).await {
        Ok(grants) => grants,
        Err(error) => {
            tracing::warn!(
                "what {} has already cannot be looked at: {}",
                who(recipient),
                reason(&error)
            );
            return None;
        }
    };
    let earlier: Vec<_> = grants.to(id, recipient.grantee()).collect();
    if !earlier.is_empty() {
        tracing::warn!(
            "{} has this credential already, or an older version of it, by {}: another grant is made \
             beside that, and each ends by itself alone",
            who(recipient),
            earlier.join(" and ")
        );
    }
    Some(earlier)
}

/// Lets a grant end by itself.
pub(super) fn set_expiry(args: &SetExpiryArgs, output: Output) -> Result<(), RoleError> {
    let id = GrantId(args.grant);
    let at = args.expires.unwrap_or_default();
    block_on(async { Ok(args.person.open().await?.set_expiry(id, at).await?) })?;
    let text = match args.expires {
        Some(date) => format!("the grant {id} ends {}", date.rfc3339()),
        None => format!("the grant {id} does not end by itself"),
    };
    let json = json!({ "event": "expiry-set", "grant": id.to_string(), "expires_at": at });
    Ok(output.print(&text, &json)?)
}

/// Ends a grant.
pub(super) fn revoke(args: &RevokeArgs, output: Output) -> Result<(), RoleError> {
    let id = GrantId(args.grant);
    let done = block_on(async { Ok(args.person.open().await?.revoke(id).await?) })?;
    let text = format!("revoked the grant {id}\n{}", inert_lines(&done.log));
    let json = json!({ "event": "revoked", "grant": id.to_string(), "log": done.log });
    Ok(output.print(text.trim_end(), &json)?)
}

/// Signs a delegated write grant.
pub(super) fn write_grant(args: &WriteGrantArgs, output: Output) -> Result<(), RoleError> {
    let from = now();
    let locked_until = lock(args.lock_until)?;
    let terms = WriteGrantTerms {
        grantee: args.grantee.clone().unwrap_or_else(|| args.issuer.clone()),
        issuer_public_key: args.issuer.clone(),
        locked_until,
        not_before: from,
        not_after: Seconds(from.0.saturating_add(args.days.saturating_mul(24 * 3600))),
    };
    let handed = block_on(async {
        let person = args.person.open().await?;
        Ok(HandedWriteGrant {
            grant: person.sign_write_grant(&terms).await?,
            encryption_public_key: Some(person.shown_key().to_base64()),
        })
    })?;
    let text = serde_json::to_string_pretty(&handed).map_err(|source| RoleError::Form {
        path: args.out.clone(),
        expected: "a write grant",
        source,
    })?;
    role::write_new(&args.out, &text)?;
    let file = text_of(&args.out);
    let text = format!("signed: give {file} to the issuer, who can add one credential with it");
    let json = json!({ "event": "write-grant", "id": handed.grant.id, "file": file });
    Ok(output.print(&text, &json)?)
}
