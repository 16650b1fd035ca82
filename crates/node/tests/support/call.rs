//! Calls of actions.

use idos_ledger::{Call, NAMESPACE, find};
use idos_types::Value;

/// A call of an action; types come from the catalogue.
pub(crate) fn call_of(action: &str, arguments: Vec<Value>) -> Call {
    let parameters = find(NAMESPACE, action).unwrap().parameters;
    assert_eq!(parameters.len(), arguments.len(), "arguments of {action}");
    let arguments = parameters
        .iter()
        .zip(arguments)
        .map(|(parameter, value)| (parameter.data_type, value))
        .collect();
    Call {
        namespace: NAMESPACE.to_owned(),
        action: action.to_owned(),
        arguments,
    }
}

/// A call of an action with these arguments.
macro_rules! call {
    ($action:expr $(, $argument:expr)* $(,)?) => {
        $crate::support::call::call_of($action, vec![$(idos_types::Value::from($argument)),*])
    };
}
pub(crate) use call;
