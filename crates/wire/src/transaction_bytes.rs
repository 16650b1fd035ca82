//! Transactions as the bytes that are hashed and stored.

use idos_types::{Digest, Reader};

use crate::{EncodingError, Transaction, TransactionError, encoding, transaction::CONCAT};

/// The one version of the binary form.
const VERSION: u16 = 0;
/// The byte before a fee; another would say that there is none.
const FEE_PRESENT: u8 = 1;

impl Transaction {
    /// The name of the transaction: the SHA-256 of its binary form.
    pub fn hash(&self) -> Digest {
        Digest::of(&self.encode())
    }

    /// The binary form.
    pub fn encode(&self) -> Vec<u8> {
        let mut signature = Vec::with_capacity(self.signature.len() + self.scheme.len() + 8);
        encoding::put_plain(&mut signature, &self.signature);
        encoding::put_plain(&mut signature, self.scheme.as_bytes());

        let mut body = Vec::with_capacity(self.payload.len() + self.description.len() + 256);
        encoding::put_plain(&mut body, self.description.as_bytes());
        encoding::put_bytes(&mut body, &self.payload);
        encoding::put_plain(&mut body, self.payload_type.as_bytes());
        body.push(FEE_PRESENT);
        encoding::put_plain(&mut body, self.fee.to_string().as_bytes());
        body.extend_from_slice(&self.nonce.to_le_bytes());
        encoding::put_plain(&mut body, self.chain_id.as_bytes());

        let mut out = Vec::with_capacity(signature.len() + body.len() + self.sender.len() + 64);
        out.extend_from_slice(&VERSION.to_le_bytes());
        encoding::put_bytes(&mut out, &signature);
        encoding::put_bytes(&mut out, &body);
        encoding::put_plain(&mut out, CONCAT.as_bytes());
        encoding::put_bytes(&mut out, &self.sender);
        out
    }

    /// Reads the binary form, and only exactly what [`Self::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<Self, TransactionError> {
        let mut reader = Reader::new(bytes);
        let version = reader.u16_le().map_err(EncodingError::from)?;
        if version != VERSION {
            return Err(EncodingError::Version(version).into());
        }
        let mut signature = Reader::new(encoding::bytes(&mut reader, "signature")?);
        let mut body = Reader::new(encoding::bytes(&mut reader, "body")?);
        if encoding::text(&mut reader)? != CONCAT {
            return Err(TransactionError::Serialization);
        }
        let transaction = Self {
            sender: encoding::bytes(&mut reader, "sender")?.to_owned(),
            signature: encoding::plain(&mut signature)?.to_owned(),
            scheme: encoding::text(&mut signature)?.to_owned(),
            description: encoding::text(&mut body)?.to_owned(),
            payload: encoding::bytes(&mut body, "payload")?.to_owned(),
            payload_type: encoding::text(&mut body)?.to_owned(),
            fee: match body.u8().map_err(EncodingError::from)? {
                FEE_PRESENT => encoding::text(&mut body)?.parse()?,
                _ => return Err(EncodingError::Nil("fee").into()),
            },
            nonce: body
                .array()
                .map(u64::from_le_bytes)
                .map_err(EncodingError::from)?,
            chain_id: encoding::text(&mut body)?.to_owned(),
        };
        for reader in [signature, body, reader] {
            reader.finish().map_err(EncodingError::from)?;
        }
        transaction.check()?;
        Ok(transaction)
    }
}

#[cfg(test)]
mod tests {
    use idos_types::limits::{
        DESCRIPTION_BYTES, NAME_BYTES, SENDER_BYTES, SIGNATURE_BYTES, TRANSACTION_BYTES,
    };

    use super::*;
    use crate::{FieldError, transaction::tests::transaction};

    #[test]
    fn the_binary_form_round_trips() {
        let transaction = transaction();
        assert_eq!(Transaction::decode(&transaction.encode()), Ok(transaction));
    }

    #[test]
    fn every_change_of_the_binary_form_is_seen() {
        let good = transaction();
        let bytes = good.encode();
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes.clone();
            changed[bit / 8] ^= 1 << (bit % 8);
            if let Ok(other) = Transaction::decode(&changed) {
                assert_ne!(other, good);
                assert_eq!(other.encode(), changed);
            }
        }
        for len in 0..bytes.len() {
            assert!(Transaction::decode(&bytes[..len]).is_err());
        }
    }

    /// Peers send this form, so it is as bounded as the other.
    #[test]
    fn fields_are_bounded_and_names_are_plain() {
        type Name = fn(&mut Transaction) -> &mut String;
        let decoded = |change: &dyn Fn(&mut Transaction)| {
            let mut changed = transaction();
            change(&mut changed);
            Transaction::decode(&changed.encode())
        };
        let most = decoded(&|it| {
            it.signature = vec![1; SIGNATURE_BYTES];
            it.sender = vec![7; SENDER_BYTES];
            it.description = "d".repeat(DESCRIPTION_BYTES);
            it.chain_id = "c".repeat(NAME_BYTES);
        });
        assert!(most.is_ok());
        let too_long = |field, max| Err(FieldError::TooLong { field, max }.into());
        assert_eq!(
            decoded(&|it| it.signature = vec![1; SIGNATURE_BYTES + 1]),
            too_long("signature", SIGNATURE_BYTES)
        );
        assert_eq!(
            decoded(&|it| it.sender = vec![7; SENDER_BYTES + 1]),
            too_long("sender", SENDER_BYTES)
        );
        assert_eq!(
            decoded(&|it| it.description = "d".repeat(DESCRIPTION_BYTES + 1)),
            Err(TransactionError::Description)
        );
        let names: [(&str, Name); 3] = [
            ("signature type", |it| &mut it.scheme),
            ("payload type", |it| &mut it.payload_type),
            ("chain id", |it| &mut it.chain_id),
        ];
        for (field, name) in names {
            assert_eq!(
                decoded(&|it| *name(it) = "a\nb".to_owned()),
                Err(FieldError::Control(field).into())
            );
            assert_eq!(
                decoded(&|it| *name(it) = "n".repeat(NAME_BYTES + 1)),
                too_long(field, NAME_BYTES)
            );
        }
    }

    #[test]
    fn the_signature_counts_toward_the_largest_size() {
        let large = Transaction {
            payload: vec![0; TRANSACTION_BYTES],
            ..transaction()
        };
        assert_eq!(
            Transaction::decode(&large.encode()),
            Err(TransactionError::TooLarge {
                len: TRANSACTION_BYTES + 3
            })
        );
    }
}
