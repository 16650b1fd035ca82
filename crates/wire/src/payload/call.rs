//! The payload of a view call, and the list of arguments it shares with executions.

use idos_types::{
    Reader,
    limits::{ARGUMENTS, NAME_BYTES},
};

use super::{EncodedValue, LayoutError, PayloadError, elements, elements::Elements, layout};

/// The fewest bytes an argument takes: its length, version, type, and count of items.
const SMALLEST_ARGUMENT: usize = 4 + 2 + 4 + 2;

/// A view action to run with arguments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ActionCall {
    namespace: String,
    action: String,
    arguments: Vec<EncodedValue>,
}

impl ActionCall {
    /// A call within the limits of names and arguments.
    pub fn new(
        namespace: &str,
        action: &str,
        arguments: Vec<EncodedValue>,
    ) -> Result<Self, LayoutError> {
        check_names(namespace, action)?;
        check_arguments(&arguments)?;
        elements::check(&arguments)?;
        Ok(Self {
            namespace: namespace.to_owned(),
            action: action.to_owned(),
            arguments,
        })
    }

    /// Reads a payload; nothing may follow it.
    pub fn decode(bytes: &[u8]) -> Result<Self, PayloadError> {
        let mut reader = Reader::new(bytes);
        layout::version(&mut reader, "action call")?;
        let namespace = layout::text32(&mut reader, "namespace", NAME_BYTES)?.to_owned();
        let action = layout::text32(&mut reader, "action", NAME_BYTES)?.to_owned();
        let arguments = read_arguments(&mut reader, &mut Elements::default())?;
        reader.finish().map_err(LayoutError::from)?;
        Ok(Self {
            namespace,
            action,
            arguments,
        })
    }

    /// The bytes that [`Self::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        layout::put_version(&mut out);
        layout::put_bytes32(&mut out, self.namespace.as_bytes());
        layout::put_bytes32(&mut out, self.action.as_bytes());
        put_arguments(&mut out, &self.arguments);
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

    /// The arguments.
    pub fn arguments(&self) -> &[EncodedValue] {
        &self.arguments
    }
}

/// Reads a counted list of arguments. `elements` counts those of arrays.
pub(super) fn read_arguments(
    reader: &mut Reader<'_>,
    elements: &mut Elements,
) -> Result<Vec<EncodedValue>, PayloadError> {
    let count = layout::count(reader, "arguments", ARGUMENTS, SMALLEST_ARGUMENT)?;
    let mut arguments = Vec::with_capacity(count);
    for position in 1..=count {
        let bytes = layout::bytes32(reader, "argument")?;
        let argument = EncodedValue::decode_counted(bytes, elements)
            .map_err(|source| PayloadError::Argument { position, source })?;
        arguments.push(argument);
    }
    Ok(arguments)
}

/// Writes a counted list of arguments.
pub(super) fn put_arguments(out: &mut Vec<u8>, arguments: &[EncodedValue]) {
    layout::put_count(out, arguments.len());
    for argument in arguments {
        layout::put_bytes32(out, &argument.encode());
    }
}

/// Refuses names that no decoder would read.
pub(super) fn check_names(namespace: &str, action: &str) -> Result<(), LayoutError> {
    layout::no_longer("namespace", namespace.len(), NAME_BYTES)?;
    layout::no_longer("action", action.len(), NAME_BYTES)
}

/// Refuses lists that no decoder would read.
pub(super) fn check_arguments(arguments: &[EncodedValue]) -> Result<(), LayoutError> {
    layout::at_most("arguments", arguments.len(), ARGUMENTS)
}

#[cfg(test)]
mod tests {
    use idos_types::{DataType, Value, limits::ARRAY_ELEMENTS};

    use super::*;

    #[test]
    fn calls_round_trip() {
        let argument = EncodedValue::new(DataType::INT8, 7.into()).unwrap();
        let call = ActionCall::new("Main", "Get_It", vec![argument]).unwrap();
        assert_eq!(ActionCall::decode(&call.encode()), Ok(call));
    }

    #[test]
    fn a_broken_argument_is_named() {
        let argument = EncodedValue::new(DataType::BOOL, true.into()).unwrap();
        let call = ActionCall::new("", "a", vec![argument.clone(), argument]).unwrap();
        let mut bytes = call.encode();
        *bytes.last_mut().unwrap() = 7;
        assert_eq!(
            ActionCall::decode(&bytes),
            Err(PayloadError::Argument {
                position: 2,
                source: super::super::ValueError::Bool(7)
            })
        );
    }

    #[test]
    fn too_many_arguments_are_refused() {
        let null = EncodedValue::new(DataType::TEXT, Value::Null).unwrap();
        assert!(ActionCall::new("", "a", vec![null; ARGUMENTS + 1]).is_err());
    }

    #[test]
    fn what_nobody_would_read_is_not_made() {
        let long = "x".repeat(NAME_BYTES + 1);
        assert!(ActionCall::new(&long, "a", vec![]).is_err());
        assert!(ActionCall::new("", &long, vec![]).is_err());
        let half = Value::Array(vec![Value::Null; ARRAY_ELEMENTS / 2 + 1]);
        let half = EncodedValue::new(DataType::TEXT_ARRAY, half).unwrap();
        assert!(ActionCall::new("", "a", vec![half.clone()]).is_ok());
        assert_eq!(
            ActionCall::new("", "a", vec![half; 2]),
            Err(LayoutError::TooMany {
                what: "elements of arrays",
                count: ARRAY_ELEMENTS + 2,
                max: ARRAY_ELEMENTS
            })
        );
    }
}
