//! The primitive fields of the binary transaction: variable-length integers as Go writes them.

use idos_types::{ReadError, Reader};
use thiserror::Error;

/// Most bytes of a 64-bit number, seven bits in each.
const LONGEST: u32 = 10;

/// Bytes are not the one encoding of a transaction.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum EncodingError {
    /// A field cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A version that nobody has defined.
    #[error("version {0} of transactions is unknown")]
    Version(u16),
    /// A number is longer than needed or than 64 bits.
    #[error("a variable-length number is not in its shortest form")]
    Number,
    /// A field is absent that has to be there.
    #[error("{0} is nil")]
    Nil(&'static str),
}

/// Reads an unsigned number; only its shortest form is accepted, so that a transaction has one
/// encoding and therefore one hash.
pub(crate) fn number(reader: &mut Reader<'_>) -> Result<u64, EncodingError> {
    let mut number = 0;
    for index in 0..LONGEST {
        let byte = reader.u8()?;
        let bits = u64::from(byte & 0x7f);
        let shifted = bits << (7 * index);
        if shifted >> (7 * index) != bits {
            return Err(EncodingError::Number);
        }
        number |= shifted;
        if byte & 0x80 == 0 {
            return if byte == 0 && index > 0 {
                Err(EncodingError::Number)
            } else {
                Ok(number)
            };
        }
    }
    Err(EncodingError::Number)
}

/// Writes an unsigned number.
pub(crate) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Reads bytes after their length. The length is signed, -1 standing for "absent".
pub(crate) fn bytes<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
) -> Result<&'a [u8], EncodingError> {
    let zigzag = number(reader)?;
    if zigzag & 1 == 1 {
        return Err(EncodingError::Nil(what));
    }
    take(reader, zigzag >> 1)
}

/// Writes bytes after their length, which is signed.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, (bytes.len() as u64) << 1);
    out.extend_from_slice(bytes);
}

/// Reads bytes after their unsigned length.
pub(crate) fn plain<'a>(reader: &mut Reader<'a>) -> Result<&'a [u8], EncodingError> {
    let len = number(reader)?;
    take(reader, len)
}

/// Writes bytes after their unsigned length.
pub(crate) fn put_plain(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reads a text after its unsigned length.
pub(crate) fn text<'a>(reader: &mut Reader<'a>) -> Result<&'a str, EncodingError> {
    Ok(std::str::from_utf8(plain(reader)?).map_err(|_| ReadError::NotUtf8)?)
}

fn take<'a>(reader: &mut Reader<'a>, len: u64) -> Result<&'a [u8], EncodingError> {
    Ok(reader.take(usize::try_from(len).unwrap_or(usize::MAX))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for expected in [0, 1, 127, 128, 300, 1 << 32, u64::MAX - 1, u64::MAX] {
            let mut out = Vec::new();
            put_number(&mut out, expected);
            let mut reader = Reader::new(&out);
            assert_eq!(number(&mut reader), Ok(expected));
            assert_eq!(reader.left(), 0);
        }
    }

    #[test]
    fn other_forms_of_numbers_are_refused() {
        let beyond_64_bits = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2];
        for form in [
            &[0x80, 0][..],
            &[0xff, 0x80, 0],
            &beyond_64_bits,
            &[0x80; 11],
        ] {
            assert_eq!(
                number(&mut Reader::new(form)),
                Err(EncodingError::Number),
                "{form:?}"
            );
        }
    }

    #[test]
    fn absent_bytes_are_refused() {
        assert_eq!(
            bytes(&mut Reader::new(&[1]), "it"),
            Err(EncodingError::Nil("it"))
        );
    }
}
