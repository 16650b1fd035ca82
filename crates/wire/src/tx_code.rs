//! What became of a transaction, as a number.

/// The codes of kwil-db for executed and refused transactions.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u16)]
pub enum TxCode {
    /// It was executed.
    Ok = 0,
    /// It cannot be decoded.
    Encoding = 1,
    /// The type of its payload is unknown.
    InvalidType = 2,
    /// Its signature does not verify.
    InvalidSignature = 3,
    /// It is not the next one of its account.
    InvalidNonce = 4,
    /// It is meant for another chain.
    WrongChain = 5,
    /// The account cannot pay.
    InsufficientBalance = 6,
    /// The fee is below the price.
    InsufficientFee = 7,
    /// An amount is not valid.
    InvalidAmount = 8,
    /// The sender does not fit its scheme.
    InvalidSender = 9,
    /// It was accepted, but not included in a block in time.
    CommitTimeout = 10,
    /// There is no room for it at the moment.
    MempoolFull = 11,
    /// A schema is not valid.
    InvalidSchema = 100,
    /// A namespace is missing.
    DatasetMissing = 110,
    /// A namespace exists already.
    DatasetExists = 120,
    /// A resolution is of an unknown type.
    InvalidResolutionType = 130,
    /// The network is moving to another.
    NetworkInMigration = 200,
    /// The network has been stopped.
    NetworkHalted = 201,
    /// The rules of the action refused it.
    Unknown = 65535,
}

impl TxCode {
    /// Every code.
    pub const ALL: [Self; 19] = [
        Self::Ok,
        Self::Encoding,
        Self::InvalidType,
        Self::InvalidSignature,
        Self::InvalidNonce,
        Self::WrongChain,
        Self::InsufficientBalance,
        Self::InsufficientFee,
        Self::InvalidAmount,
        Self::InvalidSender,
        Self::CommitTimeout,
        Self::MempoolFull,
        Self::InvalidSchema,
        Self::DatasetMissing,
        Self::DatasetExists,
        Self::InvalidResolutionType,
        Self::NetworkInMigration,
        Self::NetworkHalted,
        Self::Unknown,
    ];

    /// The number on the wire.
    pub fn code(self) -> u16 {
        self as u16
    }

    /// Reads a number, for example of a stored receipt.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.code() == code)
    }
}

impl<'de> serde::Deserialize<'de> for TxCode {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let code = u16::deserialize(from)?;
        Self::from_code(code)
            .ok_or_else(|| serde::de::Error::custom("no outcome of transactions has this code"))
    }
}

impl serde::Serialize for TxCode {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u16(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in TxCode::ALL {
            assert_eq!(TxCode::from_code(code.code()), Some(code));
        }
        assert_eq!(TxCode::from_code(12), None);
        assert_eq!(TxCode::Unknown.code(), u16::MAX);
    }
}
