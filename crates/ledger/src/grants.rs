//! Making an access grant: the rules that hold whoever makes it.

use idos_types::{
    CredentialId, GrantId, UserId, Uuid,
    limits::{GRANTS_PER_CREDENTIAL, GRANTS_PER_USER, LOCK_SECONDS},
};

use crate::{
    context::Context,
    error::{Outcome, Refusal},
    row::{AccessGrant, GrantOrigin},
    text::Text,
};

/// Namespace of the UUIDv5 ids of grants.
const GRANT_IDS: Uuid = Uuid::from_u128(0x3127_6fd4_105f_4ff7_9f64_6449_42c1_4b79);

/// A grant to be made.
pub(crate) struct NewGrant {
    pub(crate) owner: UserId,
    pub(crate) grantee: String,
    pub(crate) data_id: CredentialId,
    pub(crate) locked_until: i64,
    pub(crate) content_hash: Option<String>,
    pub(crate) origin: GrantOrigin,
    pub(crate) origin_id: String,
}

/// Who is to be granted something, by the parameter that names them. An empty one would be everybody
/// who did not sign in.
pub(crate) fn grantee<const MAX: usize>(
    parameter: &'static str,
    text: Text<MAX>,
) -> Result<String, Refusal> {
    if text.is_empty() {
        return Err(Refusal::Empty(parameter));
    }
    Ok(text.into_string())
}

impl NewGrant {
    /// The row, if the rules allow it.
    pub(crate) fn check(self, context: &Context<'_>) -> Outcome<AccessGrant> {
        check_lock(context, self.locked_until)?;
        let others = context.state.grants_on(self.data_id)?;
        let same = |other: &AccessGrant| {
            other.grantee.eq_ignore_ascii_case(&self.grantee)
                && other.locked_until == self.locked_until
        };
        let id = grant_id(&self.grantee, self.data_id, self.locked_until);
        if others.iter().any(same) || context.state.grant(id)?.is_some() {
            return Err(Refusal::GrantExists.into());
        }
        if others.len() >= GRANTS_PER_CREDENTIAL {
            return Err(Refusal::Quota {
                what: "grants on one credential",
                max: GRANTS_PER_CREDENTIAL,
            }
            .into());
        }
        if context.state.count_grants_of(self.owner)? >= GRANTS_PER_USER {
            return Err(Refusal::Quota {
                what: "grants",
                max: GRANTS_PER_USER,
            }
            .into());
        }
        Ok(AccessGrant {
            id,
            owner: self.owner,
            grantee: self.grantee,
            data_id: self.data_id,
            locked_until: self.locked_until,
            expires_at: 0,
            content_hash: self.content_hash,
            height: context.block.height,
            origin: self.origin,
            origin_id: self.origin_id,
        })
    }
}

/// A lock ends within ten years, and has no end before 1970.
pub(crate) fn check_lock(context: &Context<'_>, locked_until: i64) -> Outcome<()> {
    if locked_until < 0 {
        return Err(Refusal::NegativeLock.into());
    }
    if locked_until.saturating_sub(context.now()) > LOCK_SECONDS {
        return Err(Refusal::LockTooLong.into());
    }
    Ok(())
}

/// The id of a grant, from the grantee exactly as given.
fn grant_id(grantee: &str, data_id: CredentialId, locked_until: i64) -> GrantId {
    let name = format!("{grantee}-{data_id}-{locked_until}");
    GrantId(Uuid::new_v5(&GRANT_IDS, name.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grant_ids_are_those_of_the_incumbent() {
        let vectors: serde_json::Value = serde_json::from_str(
            &std::fs::read_to_string(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../fixtures/protocol/kwil-vectors.json"
            ))
            .unwrap(),
        )
        .unwrap();
        let vector = vectors["vectors"]
            .as_array()
            .unwrap()
            .iter()
            .find(|vector| vector["id"] == "access-grant-id-01")
            .unwrap();
        let name = vector["name"].as_str().unwrap();
        let (grantee, rest) = name.split_once('-').unwrap();
        let (data_id, locked_until) = rest.rsplit_once('-').unwrap();
        let id = grant_id(
            grantee,
            CredentialId(data_id.parse().unwrap()),
            locked_until.parse().unwrap(),
        );
        assert_eq!(id.to_string(), vector["uuid"].as_str().unwrap());
        let locked_until: i64 = locked_until.parse().unwrap();
        let data = CredentialId(data_id.parse().unwrap());
        let other = CredentialId(Uuid::from_u128(data.0.as_u128() ^ 1));
        for other in [
            grant_id(&grantee.replacen('0', "1", 1), data, locked_until),
            grant_id(grantee, other, locked_until),
            grant_id(grantee, data, locked_until ^ 1),
        ] {
            assert_ne!(other, id);
        }
    }
}
