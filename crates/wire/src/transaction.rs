//! Transactions: parsed from JSON, and as the text that is signed.

use std::fmt;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use idos_types::limits::{DESCRIPTION_BYTES, SENDER_BYTES, SIGNATURE_BYTES, TRANSACTION_BYTES};
use thiserror::Error;

use crate::{
    BodyJson, EncodingError, Fee, FeeError, FieldError, SignatureJson, TransactionJson, field,
    payload::payload_digest,
};

/// The one way of making signed bytes that clients use.
pub(crate) const CONCAT: &str = "concat";

/// A transaction within its limits. Its signature has not been checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Transaction {
    /// The signature.
    pub signature: Vec<u8>,
    /// The name of the signature's scheme.
    pub scheme: String,
    /// The bytes that identify the sender in its scheme.
    pub sender: Vec<u8>,
    /// The text shown to the signer.
    pub description: String,
    /// The type of the payload.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// The fee.
    pub fee: Fee,
    /// The place among the transactions of its account, counted from 1.
    pub nonce: u64,
    /// The chain it is meant for; may be empty.
    pub chain_id: String,
}

/// A transaction is refused before anything in it is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TransactionError {
    /// A field is.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// The fee is not a number.
    #[error(transparent)]
    Fee(#[from] FeeError),
    /// The description is longer than [`DESCRIPTION_BYTES`].
    #[error("description is too long")]
    Description,
    /// The signed bytes are made in a way that no client uses.
    #[error("invalid serialization type")]
    Serialization,
    /// Payload and signature are longer than [`TRANSACTION_BYTES`].
    #[error("the transaction has {len} bytes, at most {TRANSACTION_BYTES} are allowed")]
    TooLarge {
        /// Length of payload and signature in bytes.
        len: usize,
    },
    /// The binary form is broken.
    #[error(transparent)]
    Encoding(#[from] EncodingError),
}

impl TryFrom<TransactionJson> for Transaction {
    type Error = TransactionError;

    fn try_from(json: TransactionJson) -> Result<Self, TransactionError> {
        let signature = json.signature.unwrap_or_default();
        let body = json.body.unwrap_or_default();
        if json.serialization.as_deref() != Some(CONCAT) {
            return Err(TransactionError::Serialization);
        }
        let sig = required("signature", signature.sig)?;
        let payload = required("payload", body.payload)?;
        let transaction = Self {
            signature: field::base64("signature", &sig, SIGNATURE_BYTES)?,
            scheme: required("signature type", signature.scheme)?,
            sender: field::hex("sender", &required("sender", json.sender)?, SENDER_BYTES)?,
            description: body.desc.unwrap_or_default(),
            payload_type: required("payload type", body.payload_type)?,
            payload: field::base64("payload", &payload, TRANSACTION_BYTES)?,
            fee: match body.fee.as_deref() {
                None | Some("") => Fee::default(),
                Some(fee) => fee.parse()?,
            },
            nonce: body.nonce.ok_or(FieldError::Missing("nonce"))?,
            chain_id: body.chain_id.unwrap_or_default(),
        };
        transaction.check()?;
        Ok(transaction)
    }
}

impl Transaction {
    /// The text whose bytes are signed. Chain and nonce keep it from being used anywhere else or
    /// twice; the payload is named by its digest only.
    pub fn signed_text(&self) -> String {
        format!(
            "{}\n\nPayloadType: {}\nPayloadDigest: {}\nFee: {}\nNonce: {}\n\nKwil Chain ID: {}\n",
            self.description,
            self.payload_type,
            payload_digest(&self.payload),
            self.fee,
            self.nonce,
            self.chain_id,
        )
    }

    /// The JSON form.
    pub fn to_json(&self) -> TransactionJson {
        TransactionJson {
            signature: Some(SignatureJson {
                sig: Some(BASE64_STANDARD.encode(&self.signature)),
                scheme: Some(self.scheme.clone()),
            }),
            body: Some(BodyJson {
                desc: Some(self.description.clone()),
                payload: Some(BASE64_STANDARD.encode(&self.payload)),
                payload_type: Some(self.payload_type.clone()),
                fee: Some(self.fee.to_string()),
                nonce: Some(self.nonce),
                chain_id: Some(self.chain_id.clone()),
            }),
            serialization: Some(CONCAT.to_owned()),
            sender: Some(hex::encode(&self.sender)),
        }
    }

    /// The limits that hold in every form.
    pub(crate) fn check(&self) -> Result<(), TransactionError> {
        field::no_longer("signature", self.signature.len(), SIGNATURE_BYTES)?;
        field::no_longer("sender", self.sender.len(), SENDER_BYTES)?;
        field::check_name("signature type", &self.scheme)?;
        field::check_name("payload type", &self.payload_type)?;
        field::check_name("chain id", &self.chain_id)?;
        if self.description.len() > DESCRIPTION_BYTES {
            return Err(TransactionError::Description);
        }
        let len = self.payload.len() + self.signature.len();
        if len > TRANSACTION_BYTES {
            return Err(TransactionError::TooLarge { len });
        }
        Ok(())
    }
}

/// Senders and payloads are personal data: `{:?}` tells neither.
impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction")
            .field("payload_type", &self.payload_type)
            .field("payload_bytes", &self.payload.len())
            .field("scheme", &self.scheme)
            .field("nonce", &self.nonce)
            .finish_non_exhaustive()
    }
}

fn required(field: &'static str, text: Option<String>) -> Result<String, FieldError> {
    text.filter(|text| !text.is_empty())
        .ok_or(FieldError::Missing(field))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn transaction() -> Transaction {
        Transaction {
            signature: vec![1, 2, 3],
            scheme: "ed25519".to_owned(),
            sender: vec![7; 32],
            description: "what it does".to_owned(),
            payload_type: "execute".to_owned(),
            payload: vec![9; 200],
            fee: Fee(12),
            nonce: 3,
            chain_id: "chain".to_owned(),
        }
    }

    #[test]
    fn the_json_form_round_trips() {
        let transaction = transaction();
        assert_eq!(
            Transaction::try_from(transaction.to_json()),
            Ok(transaction)
        );
    }

    #[test]
    fn the_sender_may_be_in_either_case() {
        let mut json = transaction().to_json();
        json.sender = Some("AbCd".to_owned());
        assert_eq!(Transaction::try_from(json).unwrap().sender, [0xab, 0xcd]);
    }

    #[test]
    fn absent_fees_are_zero() {
        for fee in [None, Some(String::new())] {
            let mut json = transaction().to_json();
            json.body.as_mut().unwrap().fee = fee;
            assert_eq!(Transaction::try_from(json).unwrap().fee, Fee(0));
        }
    }

    #[test]
    fn broken_json_forms_are_refused() {
        type Change = fn(&mut TransactionJson, &mut SignatureJson, &mut BodyJson);
        let cases: [(Change, TransactionError); 9] = [
            (
                |tx, _, _| tx.serialization = Some("direct".to_owned()),
                TransactionError::Serialization,
            ),
            (
                |_, signature, _| signature.sig = None,
                FieldError::Missing("signature").into(),
            ),
            (
                |tx, _, _| tx.sender = Some("0x00".to_owned()),
                FieldError::Hex("sender").into(),
            ),
            (
                |tx, _, _| tx.sender = Some(String::new()),
                FieldError::Missing("sender").into(),
            ),
            (
                |_, _, body| body.nonce = None,
                FieldError::Missing("nonce").into(),
            ),
            (
                |_, _, body| body.desc = Some("x".repeat(DESCRIPTION_BYTES + 1)),
                TransactionError::Description,
            ),
            (
                |_, _, body| body.fee = Some("01".to_owned()),
                FeeError.into(),
            ),
            (
                |_, _, body| body.payload_type = Some("a\nb".to_owned()),
                FieldError::Control("payload type").into(),
            ),
            (
                |_, _, body| body.payload = Some("%".to_owned()),
                FieldError::Base64("payload").into(),
            ),
        ];
        for (change, error) in cases {
            let mut json = transaction().to_json();
            let mut signature = json.signature.take().unwrap();
            let mut body = json.body.take().unwrap();
            change(&mut json, &mut signature, &mut body);
            json.signature = Some(signature);
            json.body = Some(body);
            assert_eq!(Transaction::try_from(json), Err(error));
        }
    }
}
