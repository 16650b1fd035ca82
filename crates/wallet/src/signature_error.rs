//! Why a signature is not accepted.

use idos_types::ReadError;
use thiserror::Error;

/// Why a signature is not accepted.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SignatureError {
    /// The scheme has signatures of one length only.
    #[error(
        "the signature is {got} bytes long instead of {expected}: the client must send it whole and unwrapped"
    )]
    Length {
        /// Its length in bytes.
        got: usize,
        /// The scheme's length in bytes.
        expected: usize,
    },
    /// The last byte of an EIP-191 signature names none of the two candidate keys.
    #[error("the signature's recovery byte is {0}; the client must send 0, 1, 27 or 28")]
    RecoveryByte(u8),
    /// An ECDSA signature with the larger of the two equivalent values of `s`.
    #[error("the signature has a high s; the wallet must sign with the low one")]
    HighS,
    /// An XRPL signature of a secp256k1 key is not in the one allowed encoding.
    #[error("the signature is not strict DER; the client must send it as the wallet made it")]
    NotDer,
    /// The envelope around a NEP-413 signature cannot be read.
    #[error("the NEP-413 envelope cannot be read, the client must send a complete one: {0}")]
    Envelope(#[from] ReadError),
    /// The flag before the optional callback URL is neither 0 nor 1.
    #[error(
        "the NEP-413 envelope has {0} where 0 or 1 must tell whether a callback URL follows; the client must send a valid one"
    )]
    CallbackFlag(u8),
    /// The tag or the message in the envelope is not what is to be signed.
    #[error(
        "the NEP-413 envelope is about something else; the client must repeat in it the very message that is signed"
    )]
    EnvelopeOfAnother,
    /// A transaction's signature is valid, but not in the one spelling by which its hash is known.
    #[error(
        "the signature could be spelled in another way; whoever passes a transaction on must not change it, and clients must send V as 27 or 28, and leave an empty callback URL out"
    )]
    Spelling,
    /// A well-formed signature, but of another signer or over another message.
    #[error(
        "the signature is not the signer's over this message; the wallet must sign exactly this message"
    )]
    Mismatch,
}
