//! Proof of personhood, linked wallets, accounts of social networks, achievements.

use idos_linked_data::{IDOS_ACHIEVEMENT, IDOS_PERSONHOOD, IDOS_SOCIAL, IDOS_WALLETS};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{CredentialFields, SubjectError, credential};
use crate::{
    dates::Seconds,
    schema::{ACHIEVEMENT_TYPE, PERSONHOOD_TYPE, SOCIAL_TYPE, WALLETS_TYPE},
};

/// Somebody is one living person, and only one within some scope.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Personhood {
    /// Their id at the service that compared faces.
    pub face_sign_user_id: String,
    /// How it was checked that they were there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness_method: Option<String>,
    /// When, a date with time and zone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness_checked_at: Option<String>,
    /// Among whom they are there once only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique_within: Option<String>,
}

/// A wallet of somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LinkedWallet {
    /// Its address.
    pub wallet_address: String,
    /// Its kind, such as `EVM`.
    pub wallet_type: String,
    /// Its public key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wallet_public_key: Option<String>,
    /// What its owner signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership_message: Option<String>,
    /// The signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership_signature: Option<String>,
    /// When the issuer checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ownership_proved_at: Option<String>,
}

/// An account of somebody at a social network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SocialAccount {
    /// The network.
    pub social_platform: String,
    /// The account's id there.
    pub social_account_id: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_handle: Option<String>,
    /// How many follow it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_followers: Option<u32>,
    /// The day on which it began, `yyyy-mm-dd`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_account_since: Option<String>,
    /// When the issuer checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub social_proved_at: Option<String>,
}

/// What somebody achieved.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Achievement {
    /// Its name.
    pub achievement_name: String,
    /// What it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achievement_description: Option<String>,
    /// Who gave it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achievement_issued_by: Option<String>,
    /// Its score.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achievement_score: Option<u32>,
    /// When it was earned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub achievement_earned_at: Option<String>,
}

/// The unsigned credential that somebody is one living person.
pub fn personhood_credential(
    subject_id: Option<&str>,
    personhood: &Personhood,
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    moment(
        "livenessCheckedAt",
        personhood.liveness_checked_at.as_deref(),
    )?;
    let mut subject = subject(subject_id);
    if let Ok(Value::Object(members)) = serde_json::to_value(personhood) {
        subject.extend(members);
    }
    Ok(Value::Object(credential(
        PERSONHOOD_TYPE,
        IDOS_PERSONHOOD,
        subject,
        fields,
    )))
}

/// The unsigned credential that these wallets are of one person.
pub fn wallets_credential(
    subject_id: Option<&str>,
    wallets: &[LinkedWallet],
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    for wallet in wallets {
        moment("ownershipProvedAt", wallet.ownership_proved_at.as_deref())?;
    }
    let list = list("linkedWallets", subject_id, wallets)?;
    Ok(Value::Object(credential(
        WALLETS_TYPE,
        IDOS_WALLETS,
        list,
        fields,
    )))
}

/// The unsigned credential that these accounts are of one person.
pub fn social_credential(
    subject_id: Option<&str>,
    accounts: &[SocialAccount],
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    for account in accounts {
        moment("socialProvedAt", account.social_proved_at.as_deref())?;
    }
    let list = list("socialAccounts", subject_id, accounts)?;
    Ok(Value::Object(credential(
        SOCIAL_TYPE,
        IDOS_SOCIAL,
        list,
        fields,
    )))
}

/// The unsigned credential that one person achieved these.
pub fn achievement_credential(
    subject_id: Option<&str>,
    achievements: &[Achievement],
    fields: &CredentialFields,
) -> Result<Value, SubjectError> {
    for achievement in achievements {
        moment(
            "achievementEarnedAt",
            achievement.achievement_earned_at.as_deref(),
        )?;
    }
    let list = list("achievements", subject_id, achievements)?;
    Ok(Value::Object(credential(
        ACHIEVEMENT_TYPE,
        IDOS_ACHIEVEMENT,
        list,
        fields,
    )))
}

fn subject(id: Option<&str>) -> Map<String, Value> {
    id.map(|id| ("id".to_owned(), id.into()))
        .into_iter()
        .collect()
}

fn list<T: Serialize>(
    name: &'static str,
    subject_id: Option<&str>,
    entries: &[T],
) -> Result<Map<String, Value>, SubjectError> {
    let missing = SubjectError::Missing(name);
    if entries.is_empty() {
        return Err(missing);
    }
    let mut subject = subject(subject_id);
    subject.insert(
        name.to_owned(),
        serde_json::to_value(entries).map_err(|_| missing)?,
    );
    Ok(subject)
}

fn moment(field: &'static str, text: Option<&str>) -> Result<(), SubjectError> {
    text.map_or(Ok(()), |text| {
        Seconds::parse(text)
            .map(drop)
            .map_err(|reason| SubjectError::Date { field, reason })
    })
}
