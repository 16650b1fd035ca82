//! The catalogue of actions: name, parameters, columns and handler of each, declared once, in the
//! file of its family.

use std::{collections::HashMap, sync::LazyLock};

use idos_types::{
    AttributeId, CredentialId, DataType, GrantId, InserterId, PartyId, Scalar, UserId, Uuid, Value,
    WalletId, WriteGrantId,
};

use crate::{
    context::{Context, Effects, Rows},
    error::{CallError, Failure, Outcome, Refusal},
    text::Text,
};

/// The one namespace.
pub const NAMESPACE: &str = "main";

/// An action of the catalogue.
#[derive(Debug)]
pub struct Action {
    /// Lower-case name.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Its parameters in order.
    pub parameters: &'static [ActionParameter],
    /// Who may call it, and how.
    pub access: Access,
    /// Whether a transaction that calls it makes no other call. What it does is bounded by what is
    /// there, not by what the transaction brings: so nothing may follow that fails and undoes it, for
    /// it to be done over and over.
    pub is_lone: bool,
    pub(crate) handler: Handler,
}

/// Who may call an action.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Anybody, though it may do nothing for most.
    Public,
    /// The network's owner; operators by vote once there are enough validators.
    Owner,
    /// A view about the caller: needs a session.
    Session,
}

/// A parameter of an action.
#[derive(Debug)]
pub struct ActionParameter {
    /// Its name, without `$`.
    pub name: &'static str,
    /// Its type.
    pub data_type: DataType,
}

/// A column that a view returns.
#[derive(Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub data_type: DataType,
}

/// The code behind an action.
#[derive(Debug)]
pub(crate) enum Handler {
    /// Changes the state.
    Write(fn(&Context<'_>, Arguments) -> Outcome<Effects>),
    /// Reads it.
    View {
        run: fn(&Context<'_>, Arguments) -> Outcome<Rows>,
        columns: &'static [Column],
        is_table: bool,
    },
}

impl Action {
    /// Whether it only reads.
    pub fn is_view(&self) -> bool {
        matches!(self.handler, Handler::View { .. })
    }

    /// The columns it returns; none for a writing action.
    pub fn columns(&self) -> &'static [Column] {
        match self.handler {
            Handler::View { columns, .. } => columns,
            Handler::Write(_) => &[],
        }
    }

    /// Whether it returns contents of credentials, which may have megabytes each. Nothing else that
    /// a view looks at is longer than some kilobytes.
    pub fn returns_contents(&self) -> bool {
        self.columns().iter().any(|column| column.name == "content")
    }

    /// Whether it returns any number of rows rather than at most one.
    pub fn is_table(&self) -> bool {
        matches!(self.handler, Handler::View { is_table: true, .. })
    }
}

/// Actions that the catalogue knows but that only other actions use.
const PRIVATE: [&str; 9] = [
    "get_inserter",
    "get_inserter_or_null",
    "credential_belongs_to_caller",
    "credential_exist",
    "create_access_grant",
    "from_human_units",
    "update_allowance",
    "capture_gas",
    "capture_fee",
];

/// Every action, family by family.
pub fn actions() -> impl Iterator<Item = &'static Action> {
    [
        crate::inserters::ACTIONS,
        crate::users::ACTIONS,
        crate::wallets::ACTIONS,
        crate::credentials::ACTIONS,
        crate::issued::ACTIONS,
        crate::shares::ACTIONS,
        crate::write_grants::ACTIONS,
        crate::attributes::ACTIONS,
        crate::access_grants::ACTIONS,
        crate::delegated_access::ACTIONS,
        crate::tokens::ACTIONS,
        crate::parties::ACTIONS,
        crate::validators::ACTIONS,
        crate::motions::ACTIONS,
        crate::parameters::ACTIONS,
        crate::erasure::ACTIONS,
    ]
    .into_iter()
    .flatten()
}

/// Every action by its name.
static BY_NAME: LazyLock<HashMap<&str, &Action>> =
    LazyLock::new(|| actions().map(|action| (action.name, action)).collect());

/// The action of this name; names compare ignoring case, an empty namespace means `main`.
pub fn find(namespace: &str, name: &str) -> Result<&'static Action, CallError> {
    if !namespace.is_empty() && !namespace.eq_ignore_ascii_case(NAMESPACE) {
        return Err(CallError::UnknownNamespace(namespace.to_ascii_lowercase()));
    }
    let name = name.to_ascii_lowercase();
    if let Some(action) = BY_NAME.get(name.as_str()) {
        return Ok(action);
    }
    if PRIVATE.contains(&name.as_str()) {
        return Err(CallError::Private(name));
    }
    Err(CallError::UnknownAction(name))
}

/// Refuses a transaction with so many calls of an action that stands alone.
pub fn check_calls(action: &Action, calls: usize) -> Result<(), CallError> {
    if action.is_lone && calls > 1 {
        return Err(CallError::Lone(action.name));
    }
    Ok(())
}

/// The arguments of a call, of the right number and types.
pub(crate) struct Arguments(std::vec::IntoIter<Value>);

impl Arguments {
    /// Checks number and types. An untyped NULL fits every type, and an integer fits an amount.
    pub(crate) fn bind(
        action: &'static Action,
        arguments: Vec<(DataType, Value)>,
    ) -> Result<Self, CallError> {
        if arguments.len() != action.parameters.len() {
            return Err(CallError::ArgumentCount {
                action: action.name,
                expected: action.parameters.len(),
                got: arguments.len(),
            });
        }
        let mut values = Vec::with_capacity(arguments.len());
        for (index, ((got, value), parameter)) in
            arguments.into_iter().zip(action.parameters).enumerate()
        {
            let expected = parameter.data_type;
            let value = match (value, expected.scalar) {
                (Value::Null, _) if got.scalar == Scalar::Null => Value::Null,
                (Value::Int(amount), Scalar::Numeric) if amount >= 0 => {
                    Value::Numeric(amount.to_string())
                }
                (value, _) if same_type(got, expected) => value,
                _ => {
                    return Err(CallError::ArgumentType {
                        action: action.name,
                        position: index + 1,
                        expected,
                        got,
                    });
                }
            };
            values.push(value);
        }
        Ok(Self(values.into_iter()))
    }

    /// Those that are not taken yet.
    pub(crate) fn values(&self) -> &[Value] {
        self.0.as_slice()
    }

    /// The next argument.
    pub(crate) fn next<T: Argument>(&mut self, name: &'static str) -> Result<T, Failure> {
        T::read(name, self.0.next().unwrap_or(Value::Null))
    }
}

fn same_type(got: DataType, expected: DataType) -> bool {
    // Metadata means something for numbers of fixed precision only.
    got.scalar == expected.scalar
        && got.is_array == expected.is_array
        && (got.scalar != Scalar::Numeric || got.metadata == expected.metadata)
}

/// A type that a parameter can have.
pub(crate) trait Argument: Sized {
    const TYPE: DataType;
    fn read(name: &'static str, value: Value) -> Result<Self, Failure>;
}

macro_rules! uuid_arguments {
    ($($id:ty),*) => {$(
        impl Argument for $id {
            const TYPE: DataType = DataType::UUID;
            fn read(name: &'static str, value: Value) -> Result<Self, Failure> {
                match value {
                    Value::Uuid(id) => Ok(<$id>::from(id)),
                    _ => Err(Refusal::Null(name).into()),
                }
            }
        }
    )*};
}

uuid_arguments!(
    Uuid,
    UserId,
    WalletId,
    CredentialId,
    AttributeId,
    GrantId,
    InserterId,
    WriteGrantId,
    PartyId
);

impl<const MAX: usize> Argument for Text<MAX> {
    const TYPE: DataType = DataType::TEXT;
    fn read(name: &'static str, value: Value) -> Result<Self, Failure> {
        match value {
            Value::Text(text) => Self::new(text).map_err(|bytes| {
                Refusal::TooLong {
                    parameter: name,
                    bytes,
                    max: MAX,
                }
                .into()
            }),
            _ => Err(Refusal::Null(name).into()),
        }
    }
}

impl Argument for i64 {
    const TYPE: DataType = DataType::INT8;
    fn read(name: &'static str, value: Value) -> Result<Self, Failure> {
        match value {
            Value::Int(number) => Ok(number),
            _ => Err(Refusal::Null(name).into()),
        }
    }
}

/// An amount of tokens.
#[derive(Debug)]
pub(crate) struct Amount;

impl Argument for Amount {
    const TYPE: DataType = DataType::AMOUNT;
    fn read(name: &'static str, value: Value) -> Result<Self, Failure> {
        match value {
            Value::Numeric(_) => Ok(Self),
            _ => Err(Refusal::Null(name).into()),
        }
    }
}

impl<T: Argument> Argument for Option<T> {
    const TYPE: DataType = T::TYPE;
    fn read(name: &'static str, value: Value) -> Result<Self, Failure> {
        match value {
            Value::Null => Ok(None),
            value => T::read(name, value).map(Some),
        }
    }
}

/// Declares the actions of a family: for each a struct of its typed parameters and its entry in
/// the catalogue.
///
/// `write`, `lone write` (see [`Action::is_lone`]), `owner write`, `view` (open to everybody) and `session view`; a view says `-> table`
/// or `-> row` and its columns.
macro_rules! declare {
    ($(
        $(#[doc = $summary:literal])+
        [$($kind:ident)+] $name:ident = $handler:ident($params:ident {
            $($param:ident: $ty:ty),* $(,)?
        }) $(-> $shape:ident [$($column:ident: $column_type:ident),* $(,)?])?;
    )*) => {
        $(
            #[doc = concat!("Parameters of `", stringify!($name), "`.")]
            #[derive(Debug)]
            pub(crate) struct $params { $(pub(crate) $param: $ty),* }
        )*

        /// The actions of this family.
        pub(crate) const ACTIONS: &[$crate::catalogue::Action] = &[$(
            $crate::catalogue::Action {
                name: stringify!($name),
                summary: {
                    const SUMMARY: &str = concat!($($summary),+);
                    SUMMARY.trim_ascii()
                },
                parameters: &[$($crate::catalogue::ActionParameter {
                    name: stringify!($param),
                    data_type: <$ty as $crate::catalogue::Argument>::TYPE,
                }),*],
                access: $crate::catalogue::declare!(@access $($kind)+),
                is_lone: $crate::catalogue::declare!(@is_lone $($kind)+),
                handler: $crate::catalogue::declare!(
                    @handler [$($kind)+]
                    |context, arguments| $handler(context, {
                        #[allow(unused_mut, unused_variables, reason = "some take nothing")]
                        let mut arguments = arguments;
                        $params { $($param: arguments.next(stringify!($param))?),* }
                    });
                    $($shape [$($crate::catalogue::Column {
                        name: stringify!($column),
                        data_type: idos_types::DataType::$column_type,
                    }),*])?
                ),
            },
        )*];
    };
    (@is_lone lone write) => { true };
    (@is_lone $($kind:ident)+) => { false };
    (@access write) => { $crate::catalogue::Access::Public };
    (@access lone write) => { $crate::catalogue::Access::Public };
    (@access owner write) => { $crate::catalogue::Access::Owner };
    (@access view) => { $crate::catalogue::Access::Public };
    (@access session view) => { $crate::catalogue::Access::Session };
    (@handler [write] $run:expr;) => { $crate::catalogue::Handler::Write($run) };
    (@handler [lone write] $run:expr;) => { $crate::catalogue::Handler::Write($run) };
    (@handler [owner write] $run:expr;) => { $crate::catalogue::Handler::Write($run) };
    (@handler [$($view:ident)+] $run:expr; table [$($columns:expr),*]) => {
        $crate::catalogue::Handler::View { run: $run, columns: &[$($columns),*], is_table: true }
    };
    (@handler [$($view:ident)+] $run:expr; row [$($columns:expr),*]) => {
        $crate::catalogue::Handler::View { run: $run, columns: &[$($columns),*], is_table: false }
    };
}
pub(crate) use declare;

/// Builds a row of values.
macro_rules! row {
    ($($value:expr),* $(,)?) => { vec![$(idos_types::Value::from($value)),*] };
}
pub(crate) use row;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_views_return_contents() {
        let mut found: Vec<_> = actions()
            .filter(|action| action.returns_contents())
            .map(|action| action.name)
            .collect();
        found.sort_unstable();
        assert_eq!(found, ["get_credential_owned", "get_credential_shared"]);
    }
}
