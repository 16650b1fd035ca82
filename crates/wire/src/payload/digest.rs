//! The digest by which signed texts name a payload.

use idos_types::Digest;

/// How many bytes of the SHA-256 are shown to the signer.
const SHOWN_BYTES: usize = 20;

/// The first 20 bytes of the SHA-256 of a payload, as 40 lower-case hexadecimal digits.
pub fn payload_digest(payload: &[u8]) -> String {
    let Digest(bytes) = Digest::of(payload);
    hex::encode(bytes.get(..SHOWN_BYTES).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_beginning_of_sha256() {
        assert_eq!(
            payload_digest(b""),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4"
        );
    }
}
