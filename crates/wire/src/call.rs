//! The parameters of `user.call`, and the text that is signed in private mode.

use std::fmt;

use idos_types::limits::{CALL_PAYLOAD_BYTES, SENDER_BYTES, SIGNATURE_BYTES};
use serde::Deserialize;
use thiserror::Error;

use crate::{
    ErrorCode, FieldError, RpcError, field,
    payload::{ActionCall, PayloadError, payload_digest},
};

/// How long challenges are, in bytes.
const CHALLENGE_BYTES: usize = 32;

/// A view to run. In open mode the sender is a mere claim; a session or a proof makes it more.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// What to run.
    pub action: ActionCall,
    /// The name of the sender's scheme.
    pub auth_type: String,
    /// The bytes of the sender in its scheme; empty for nobody.
    pub sender: Vec<u8>,
    /// What private mode asks for.
    pub proof: Option<CallProof>,
    /// The digest of the payload, as signed texts show it, if there is a proof: nothing else needs it.
    payload_digest: Option<String>,
}

/// A challenge of the node, and the signature over the text that contains it.
#[derive(Clone, PartialEq, Eq)]
pub struct CallProof {
    /// The challenge.
    pub challenge: [u8; CHALLENGE_BYTES],
    /// The signature, in the scheme of the call.
    pub signature: Vec<u8>,
}

/// A call is refused before anything is run.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CallError {
    /// A field is not usable.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The payload is broken.
    #[error("failed to convert action call: {0}")]
    Payload(PayloadError),
    /// An argument is broken.
    #[error("failed to decode argument: {0}")]
    Argument(PayloadError),
    /// The challenge is not 32 bytes long.
    #[error("the challenge has to be {CHALLENGE_BYTES} bytes long")]
    ChallengeLength,
}

impl From<CallError> for RpcError {
    fn from(error: CallError) -> Self {
        let code = match error {
            CallError::ChallengeLength => ErrorCode::ChallengeLength,
            CallError::Field(_) | CallError::Payload(_) | CallError::Argument(_) => {
                ErrorCode::InvalidParams
            }
        };
        Self::new(code, error.to_string())
    }
}

/// The parameters as sent.
#[derive(Deserialize)]
pub(crate) struct CallJson {
    body: CallBodyJson,
    auth_type: Option<String>,
    sender: Option<String>,
    signature: Option<String>,
}

#[derive(Deserialize)]
struct CallBodyJson {
    payload: String,
    challenge: Option<String>,
}

impl TryFrom<CallJson> for Call {
    type Error = CallError;

    fn try_from(json: CallJson) -> Result<Self, CallError> {
        let payload = field::base64("payload", &json.body.payload, CALL_PAYLOAD_BYTES)?;
        let action = ActionCall::decode(&payload).map_err(|error| match error {
            PayloadError::Argument { .. } => CallError::Argument(error),
            PayloadError::Layout(_) => CallError::Payload(error),
        })?;
        let signature = json.signature.unwrap_or_default();
        let signature = field::base64("signature", &signature, SIGNATURE_BYTES)?;
        let challenge = json.body.challenge.filter(|text| !text.is_empty());
        let proof = match challenge {
            None => None,
            Some(text) => Some(CallProof {
                challenge: field::base64("challenge", &text, SIGNATURE_BYTES)?
                    .try_into()
                    .map_err(|_| CallError::ChallengeLength)?,
                signature,
            }),
        };
        Ok(Self {
            action,
            auth_type: field::name("auth type", json.auth_type.unwrap_or_default())?,
            sender: field::hex("sender", &json.sender.unwrap_or_default(), SENDER_BYTES)?,
            payload_digest: proof.as_ref().map(|_| payload_digest(&payload)),
            proof,
        })
    }
}

impl Call {
    /// A call of a sender, or of nobody if there are no bytes.
    pub fn new(
        action: ActionCall,
        auth_type: &str,
        sender: Vec<u8>,
        proof: Option<CallProof>,
    ) -> Self {
        Self {
            payload_digest: proof.as_ref().map(|_| payload_digest(&action.encode())),
            action,
            auth_type: auth_type.to_owned(),
            sender,
            proof,
        }
    }

    /// The text that the proof signs, if there is one.
    pub fn signed_text(&self) -> Option<String> {
        let proof = self.proof.as_ref()?;
        Some(format!(
            "Kwil view call.\n\nNamespace: {}\nMethod: {}\nDigest: {}\nChallenge: {}\n",
            self.action.namespace(),
            self.action.action(),
            self.payload_digest.as_ref()?,
            hex::encode(proof.challenge),
        ))
    }
}

/// Senders are personal data: `{:?}` hides them.
impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("action", &self.action)
            .field("auth_type", &self.auth_type)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use serde_json::json;

    use super::*;

    fn parse(json: serde_json::Value) -> Result<Call, CallError> {
        serde_json::from_value::<CallJson>(json).unwrap().try_into()
    }

    fn payload() -> String {
        BASE64_STANDARD.encode(ActionCall::new("main", "it", vec![]).unwrap().encode())
    }

    #[test]
    fn an_open_call_has_no_proof() {
        for body in [
            json!({"payload": payload()}),
            json!({"payload": payload(), "challenge": null}),
            json!({"payload": payload(), "challenge": ""}),
        ] {
            let call =
                parse(json!({"body": body, "auth_type": "x", "sender": "", "signature": ""}));
            let call = call.unwrap();
            assert!(call.proof.is_none() && call.signed_text().is_none());
            assert!(call.sender.is_empty());
        }
    }

    #[test]
    fn challenges_have_one_length() {
        let body = json!({"payload": payload(), "challenge": "AAAA"});
        let error = parse(json!({"body": body})).unwrap_err();
        assert_eq!(error, CallError::ChallengeLength);
        assert_eq!(RpcError::from(error).code, ErrorCode::ChallengeLength);
    }

    #[test]
    fn broken_payloads_are_told_from_broken_arguments() {
        let error = parse(json!({"body": {"payload": "AAA="}})).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("failed to convert action call: ")
        );

        // Namespace and action are empty; one argument of 12 bytes in another version.
        let mut bytes = vec![0; 10];
        bytes.extend([1, 0, 12, 0, 0, 0, 9, 0]);
        bytes.extend([0; 10]);
        let body = json!({"payload": BASE64_STANDARD.encode(bytes)});
        let error = parse(json!({"body": body})).unwrap_err();
        assert!(error.to_string().starts_with("failed to decode argument: "));
        assert_eq!(RpcError::from(error).code, ErrorCode::InvalidParams);
    }

    #[test]
    fn payloads_of_calls_are_small() {
        let text = "A".repeat(CALL_PAYLOAD_BYTES * 2);
        assert_eq!(
            parse(json!({"body": {"payload": text}})).unwrap_err(),
            CallError::Field(FieldError::TooLong {
                field: "payload",
                max: CALL_PAYLOAD_BYTES
            })
        );
    }
}
