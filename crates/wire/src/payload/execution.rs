//! The payload of a transaction that runs an action.

use idos_types::{
    Reader,
    limits::{CALLS, NAME_BYTES},
};

use super::{EncodedValue, LayoutError, PayloadError, call, elements, elements::Elements, layout};

/// The fewest bytes a call takes: the count of its arguments.
const SMALLEST_CALL: usize = 2;

/// An action to run, once per list of arguments, all or nothing. Clients send one list; without
/// any the action runs once without arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionExecution {
    namespace: String,
    action: String,
    calls: Vec<Vec<EncodedValue>>,
}

impl ActionExecution {
    /// An execution within the limits of names, calls and arguments.
    pub fn new(
        namespace: &str,
        action: &str,
        calls: Vec<Vec<EncodedValue>>,
    ) -> Result<Self, LayoutError> {
        call::check_names(namespace, action)?;
        layout::at_most("calls", calls.len(), CALLS)?;
        for arguments in &calls {
            call::check_arguments(arguments)?;
        }
        elements::check(calls.iter().flatten())?;
        Ok(Self {
            namespace: namespace.to_owned(),
            action: action.to_owned(),
            calls,
        })
    }

    /// Reads a payload; nothing may follow it.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(bytes);
        layout::version(&mut reader, "action execution")?;
        let namespace = layout::text32(&mut reader, "namespace", NAME_BYTES)?.to_owned();
        let action = layout::text32(&mut reader, "action", NAME_BYTES)?.to_owned();
        let count = layout::count(&mut reader, "calls", CALLS, SMALLEST_CALL)?;
        let mut calls = Vec::with_capacity(count);
        let mut elements = Elements::default();
        for _ in 0..count {
            calls.push(call::read_arguments(&mut reader, &mut elements)?);
        }
        reader.finish().map_err(LayoutError::from)?;
        Ok(Self {
            namespace,
            action,
            calls,
        })
    }

    /// The bytes that [`Self::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        layout::put_version(&mut out);
        layout::put_bytes32(&mut out, self.namespace.as_bytes());
        layout::put_bytes32(&mut out, self.action.as_bytes());
        layout::put_count(&mut out, self.calls.len());
        for arguments in &self.calls {
            call::put_arguments(&mut out, arguments);
        }
        out
    }

    /// The namespace as sent: letter case does not count, empty means `main`.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The action as sent: letter case does not count.
    pub fn action(&self) -> &str {
        &self.action
    }

    /// The arguments of each call.
    pub fn calls(&self) -> &[Vec<EncodedValue>] {
        &self.calls
    }
}

#[cfg(test)]
mod tests {
    use idos_types::{
        DataType, Value,
        limits::{ARGUMENTS, ARRAY_ELEMENTS},
    };

    use super::*;

    /// Each call is within its limits. Together they would take ten times their bytes in memory.
    #[test]
    fn the_elements_of_all_calls_together_are_bounded() {
        let array = |elements| {
            let value = Value::Array(vec![Value::from("x"); elements]);
            EncodedValue::new(DataType::TEXT_ARRAY, value).unwrap()
        };
        let most = vec![vec![array(ARRAY_ELEMENTS / CALLS)]; CALLS];
        let payload = ActionExecution::new("main", "act", most.clone()).unwrap();
        assert_eq!(ActionExecution::decode(&payload.encode()), Ok(payload));
        let too_many = LayoutError::TooMany {
            what: "elements of arrays",
            count: ARRAY_ELEMENTS + 1,
            max: ARRAY_ELEMENTS,
        };
        let mut more = most;
        more[CALLS - 1].push(array(1));
        let refused = ActionExecution::new("main", "act", more.clone());
        assert_eq!(refused, Err(too_many.clone()));
        let bytes = ActionExecution {
            namespace: String::new(),
            action: String::new(),
            calls: more,
        }
        .encode();
        let refused = ActionExecution::decode(&bytes);
        let source = too_many.into();
        assert_eq!(
            refused,
            Err(PayloadError::Argument {
                position: 2,
                source
            })
        );
    }

    #[test]
    fn scalars_are_no_elements() {
        let null = EncodedValue::new(DataType::TEXT, Value::Null).unwrap();
        let calls = vec![vec![null; ARGUMENTS]; CALLS];
        let payload = ActionExecution::new("main", "act", calls).unwrap();
        assert_eq!(ActionExecution::decode(&payload.encode()), Ok(payload));
    }

    #[test]
    fn no_call_is_not_one_call_without_arguments() {
        let none = ActionExecution::new("main", "act", vec![]).unwrap();
        let one = ActionExecution::new("main", "act", vec![vec![]]).unwrap();
        assert_ne!(none.encode(), one.encode());
        assert_eq!(ActionExecution::decode(&none.encode()), Ok(none));
        assert_eq!(ActionExecution::decode(&one.encode()), Ok(one));
    }

    #[test]
    fn limits_hold_both_ways() {
        let long = "x".repeat(NAME_BYTES + 1);
        assert!(ActionExecution::new(&long, "act", vec![]).is_err());
        assert!(ActionExecution::new("main", &long, vec![]).is_err());
        assert!(ActionExecution::new("main", "act", vec![vec![]; CALLS + 1]).is_err());
        let null = EncodedValue::new(DataType::TEXT, Value::Null).unwrap();
        let many = vec![vec![], vec![null; ARGUMENTS + 1]];
        assert!(ActionExecution::new("main", "act", many).is_err());

        let mut many = ActionExecution::new("", "", vec![]).unwrap().encode();
        let end = many.len();
        many[end - 2..].copy_from_slice(&65u16.to_le_bytes());
        many.extend([0; 130]);
        assert_eq!(
            ActionExecution::decode(&many),
            Err(LayoutError::TooMany {
                what: "calls",
                count: 65,
                max: CALLS
            }
            .into())
        );
    }
}
