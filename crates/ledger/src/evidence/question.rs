//! Questions whose answers can be proved.

use idos_types::{AttributeId, CredentialId, PartyId, UserId};

use crate::{
    access_grants::DEFAULT_SIZE,
    catalogue::{Arguments, find},
    error::{CallError, Outcome, Refusal},
    execute::Call,
    paging::page,
    row::Roles,
    state::Page,
};

/// A view call whose answer can be proved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// `get_user`: the caller's profile.
    Profile,
    /// `get_wallets`: the caller's wallets.
    Wallets,
    /// `get_credentials`: the caller's credentials, without their contents.
    Credentials,
    /// `get_credential_owned`: one of them, with its content.
    CredentialOwned(CredentialId),
    /// `get_credential_shared`: what was shared with the caller, with its content.
    CredentialShared(CredentialId),
    /// `get_attributes`: the caller's attributes.
    Attributes,
    /// `get_attribute_shared`: one attribute that is shared with the caller.
    AttributeShared(AttributeId),
    /// `get_access_grants_owned`: the grants that the caller gave.
    GrantsOwned,
    /// `get_access_grants_granted`: a page of the grants to the caller.
    GrantsGranted {
        /// Of this person only.
        owner: Option<UserId>,
        /// Which page.
        page: Page,
    },
    /// `get_party`: a party with its current keys.
    Party(PartyId),
    /// `get_party_history`: a party with every version of its keys.
    PartyHistory(PartyId),
    /// `get_parties`: a page of the parties.
    Parties {
        /// Of this role only.
        role: Option<String>,
        /// Which page.
        page: Page,
    },
    /// `get_validator_set`: the validators of an epoch; of no epoch if the number is negative.
    ValidatorSet(Option<u64>),
}

impl Question {
    /// What a call asks. Refuses what its view would refuse before it reads anything, and calls
    /// whose answers no proof tells: which wallet has an address, for instance, since no list of
    /// the state is ordered by addresses.
    pub fn of(call: Call) -> Outcome<Self> {
        let action = find(&call.namespace, &call.action)?;
        if !action.is_view() {
            return Err(CallError::ReadOnly(action.name).into());
        }
        let mut arguments = Arguments::bind(action, call.arguments)?;
        Ok(match action.name {
            "get_user" => Self::Profile,
            "get_wallets" => Self::Wallets,
            "get_credentials" => Self::Credentials,
            "get_credential_owned" => Self::CredentialOwned(arguments.next("id")?),
            "get_credential_shared" => Self::CredentialShared(arguments.next("id")?),
            "get_attributes" => Self::Attributes,
            "get_access_grants_owned" => Self::GrantsOwned,
            "get_attribute_shared" => Self::AttributeShared(arguments.next("id")?),
            "get_access_grants_granted" => {
                let owner = arguments.next("user_id")?;
                let number: Option<i64> = arguments.next("page")?;
                let size: Option<i64> = arguments.next("size")?;
                let page = page(number.unwrap_or(1), size.unwrap_or(DEFAULT_SIZE))?;
                Self::GrantsGranted { owner, page }
            }
            "get_party" => Self::Party(arguments.next("id")?),
            "get_party_history" => Self::PartyHistory(arguments.next("id")?),
            "get_parties" => {
                let role: Option<RoleName> = arguments.next("role")?;
                let role = role.map(RoleName::into_string);
                if let Some(role) = &role {
                    Roles::default().has(role).ok_or(Refusal::UnknownRole)?;
                }
                let page = page(arguments.next("page")?, arguments.next("size")?)?;
                Self::Parties { role, page }
            }
            "get_validator_set" => {
                let epoch: i64 = arguments.next("epoch")?;
                Self::ValidatorSet(u64::try_from(epoch).ok())
            }
            name => return Err(CallError::NotProvable(name).into()),
        })
    }
}

type RoleName = crate::text::Text<{ idos_types::limits::SHORT_TEXT_BYTES }>;

#[cfg(test)]
mod tests {
    use idos_types::{DataType, Scalar, Uuid, Value};

    use super::*;
    use crate::{Access, actions};

    fn ask(action: &str, arguments: Vec<(DataType, Value)>) -> Outcome<Question> {
        Question::of(Call {
            namespace: "main".into(),
            action: action.into(),
            arguments,
        })
    }

    #[test]
    fn calls_become_questions() {
        let null = (
            DataType {
                scalar: Scalar::Null,
                ..DataType::TEXT
            },
            Value::Null,
        );
        let size = |size| (DataType::INT8, Value::Int(size));
        let granted = |size| {
            ask(
                "get_access_grants_granted",
                vec![null.clone(), null.clone(), size],
            )
        };
        let page = |rows| Question::GrantsGranted {
            owner: None,
            page: Page { offset: 0, rows },
        };
        assert_eq!(granted(null.clone()).unwrap(), page(20));
        assert_eq!(granted(size(3)).unwrap(), page(3));
        assert_eq!(
            granted(size(0)).unwrap_err().to_string(),
            Refusal::WrongSize.to_string()
        );
        let id = Uuid::from_u128(7);
        let owned = ask(
            "GET_CREDENTIAL_OWNED",
            vec![(DataType::UUID, Value::Uuid(id))],
        );
        assert_eq!(owned.unwrap(), Question::CredentialOwned(id.into()));
        let set = |epoch| {
            ask(
                "get_validator_set",
                vec![(DataType::INT8, Value::Int(epoch))],
            )
        };
        assert_eq!(set(3).unwrap(), Question::ValidatorSet(Some(3)));
        assert_eq!(set(-3).unwrap(), Question::ValidatorSet(None));
    }

    #[test]
    fn what_no_proof_tells_is_refused() {
        let provable: Vec<_> = actions()
            .filter(|action| {
                let arguments = action.parameters.iter().map(|parameter| {
                    let value = match parameter.data_type.scalar {
                        Scalar::Uuid => Value::Uuid(Uuid::nil()),
                        Scalar::Int8 => Value::Int(1),
                        _ => Value::Text("issuer".into()),
                    };
                    (parameter.data_type, value)
                });
                let refused = ask(action.name, arguments.collect()).err();
                let refused = refused.map(|refused| refused.to_string());
                refused.is_none_or(|text| {
                    let is_told = text.contains("cannot be proved");
                    assert!(is_told || text.contains("read-only"), "{text}");
                    false
                })
            })
            .map(|action| (action.name, action.access == Access::Session))
            .collect();
        assert_eq!(
            provable,
            [
                ("get_user", true),
                ("get_wallets", true),
                ("get_credentials", true),
                ("get_credential_owned", true),
                ("get_credential_shared", true),
                ("get_attributes", true),
                ("get_attribute_shared", true),
                ("get_access_grants_owned", true),
                ("get_access_grants_granted", true),
                ("get_party", false),
                ("get_parties", false),
                ("get_party_history", false),
                ("get_validator_set", false),
            ]
        );
    }
}
