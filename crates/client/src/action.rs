//! Calls of the catalogue's actions, checked before anything is sent.

use idos_ledger::{Action, CallError, NAMESPACE, find};
use idos_types::Value;
use idos_wire::payload::{ActionCall, ActionExecution, EncodedValue};

use crate::error::Error;

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

/// The writing action of this name, once for each list of arguments.
pub(crate) fn execution(name: &str, calls: Vec<Vec<Value>>) -> Result<ActionExecution, Error> {
    let action = find(NAMESPACE, name)?;
    let calls = calls.into_iter().map(|arguments| typed(action, arguments));
    let calls = calls.collect::<Result<_, _>>()?;
    Ok(ActionExecution::new(NAMESPACE, action.name, calls)?)
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
    }
}
