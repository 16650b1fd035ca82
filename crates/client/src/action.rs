//! Calls of the catalogue's actions, checked before anything is sent.

use idos_ledger::{Action, CallError, NAMESPACE, find};
use idos_types::{
    Value,
    limits::{SIGNATURE_BYTES, TRANSACTION_BYTES},
};
use idos_wire::payload::{ActionCall, ActionExecution, EncodedValue};

use crate::error::Error;

/// Most bytes of a payload: a transaction without the longest signature.
const PAYLOAD_BYTES: usize = TRANSACTION_BYTES - SIGNATURE_BYTES;

/// The view of this name with its arguments.
pub(crate) fn view(
    name: &str,
    arguments: Vec<Value>,
) -> Result<(&'static Action, ActionCall), Error> {
    let action = find(NAMESPACE, name)?;
    if !action.is_view() {
        return Err(CallError::ReadOnly(action.name).into());
    }
    let arguments = typed(action, arguments)?;
    Ok((action, ActionCall::new(NAMESPACE, action.name, arguments)?))
}

/// The payload of the writing action of this name, once for each list of arguments.
pub(crate) fn execution(name: &str, calls: Vec<Vec<Value>>) -> Result<Vec<u8>, Error> {
    let action = find(NAMESPACE, name)?;
    // Before anything else: what is much too long has no layout either.
    let texts = calls.iter().flatten().map(|value| match value {
        Value::Text(text) => text.len(),
        _ => 0,
    });
    check_size(texts.sum())?;
    let calls = calls.into_iter().map(|arguments| typed(action, arguments));
    let calls = calls.collect::<Result<_, _>>()?;
    let payload = ActionExecution::new(NAMESPACE, action.name, calls)?.encode();
    check_size(payload.len())?;
    Ok(payload)
}

fn check_size(len: usize) -> Result<(), Error> {
    let max = PAYLOAD_BYTES;
    if len > max {
        return Err(Error::TooLarge { len, max });
    }
    Ok(())
}

/// Arguments with the types that the catalogue declares.
fn typed(action: &'static Action, arguments: Vec<Value>) -> Result<Vec<EncodedValue>, Error> {
    if arguments.len() != action.parameters.len() {
        return Err(CallError::ArgumentCount {
            action: action.name,
            expected: action.parameters.len(),
            got: arguments.len(),
        }
        .into());
    }
    let typed = arguments.into_iter().zip(action.parameters);
    typed
        .map(|(value, parameter)| Ok(EncodedValue::new(parameter.data_type, value)?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_that_do_not_fit_the_catalogue_are_not_sent() {
        let text = || Value::from("x");
        assert!(view("has_profile", vec![text()]).is_ok());
        assert!(matches!(
            view("has_profile", vec![]),
            Err(Error::Catalogue(CallError::ArgumentCount { .. }))
        ));
        assert!(matches!(
            view("has_profile", vec![Value::Int(1)]),
            Err(Error::Argument(_))
        ));
        assert!(matches!(
            view("no_such_view", vec![]),
            Err(Error::Catalogue(CallError::UnknownAction(_)))
        ));
        assert!(matches!(
            view("ready", vec![text()]),
            Err(Error::Catalogue(CallError::ReadOnly(_)))
        ));
        assert!(execution("ready", vec![vec![text()]]).is_ok());
        let long = |len| execution("ready", vec![vec![Value::from("x".repeat(len))]]);
        for len in [PAYLOAD_BYTES, PAYLOAD_BYTES + 1, 2 * TRANSACTION_BYTES] {
            assert!(matches!(long(len), Err(Error::TooLarge { .. })), "{len}");
        }
    }
}
