//! The text by which a voting key says who operates it and where, and its signature.

use idos_types::{NodeAddress, ValidatorKey, fold};
use idos_wallet::{AuthType, Sender};

use crate::error::{Outcome, Refusal};

/// What a voting key signs: without it anybody could register the key of somebody else.
///
/// The text begins like every other text of the protocol, so that it never counts as a wallet's
/// proof of ownership, and like no vote: those begin with the length of their domain.
pub(crate) struct ValidatorText<'a> {
    pub(crate) key: ValidatorKey,
    /// Caller text of the operator, folded to lower case.
    pub(crate) operator: &'a str,
    pub(crate) address: NodeAddress,
}

impl ValidatorText<'_> {
    /// The text: one line a field, so that no value may hold a line break.
    pub(crate) fn message(&self, chain_id: &str) -> Outcome<String> {
        if self.operator.contains(['\n', '\r']) {
            return Err(Refusal::LineBreak("operator").into());
        }
        Ok(format!(
            "operation: operateValidator\nkey: {}\noperator: {}\naddress: {}\nchain id: {chain_id}",
            self.key, self.operator, self.address
        ))
    }
}

/// The text that a voting key signs to say who operates it, by the operator's caller text, and at
/// which address.
pub fn validator_message(
    key: ValidatorKey,
    operator: &str,
    address: NodeAddress,
    chain_id: &str,
) -> Outcome<String> {
    let operator = &fold(operator);
    ValidatorText {
        key,
        operator,
        address,
    }
    .message(chain_id)
}

/// Checks that the voting key signed its text.
pub(crate) fn verify_validator(
    text: &ValidatorText<'_>,
    chain_id: &str,
    signature: &str,
) -> Outcome<()> {
    let signer = Sender::parse(AuthType::Ed25519, &text.key.0).map_err(|_| INVALID_KEY)?;
    let message = text.message(chain_id)?;
    let signature = hex::decode(signature).map_err(|_| Refusal::ValidatorSignature)?;
    signer
        .verify(message.as_bytes(), &signature)
        .map_err(|_| Refusal::ValidatorSignature)?;
    Ok(())
}

/// The refusal of a key that cannot vote.
pub(crate) const INVALID_KEY: Refusal =
    Refusal::InvalidKey("key, it has to be an ed25519 key, 64 lower-case hexadecimal digits");

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_operator_begins_no_line_of_its_own() {
        let address = "192.0.2.1:8485".parse().unwrap();
        let message =
            |operator| validator_message(ValidatorKey([1; 32]), operator, address, "chain");
        assert!(message("operator").is_ok());
        for operator in ["a\nb", "a\rb"] {
            assert!(message(operator).is_err(), "{operator:?}");
        }
    }
}
