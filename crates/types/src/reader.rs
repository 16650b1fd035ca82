//! Bounded reading of binary formats from outside.

use thiserror::Error;

/// Why bytes from outside could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ReadError {
    /// A field reaches beyond the end.
    #[error("truncated: {needed} bytes are needed at offset {offset}, {left} are left")]
    Truncated {
        /// Where the field starts.
        offset: usize,
        /// How long it claims to be.
        needed: usize,
        /// What there is.
        left: usize,
    },
    /// Bytes follow the last field.
    #[error("{0} bytes follow the end")]
    Trailing(usize),
    /// Text is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// A field is longer than its limit.
    #[error("{what} is {len} bytes long, at most {max} are allowed")]
    TooLong {
        /// Which field.
        what: &'static str,
        /// Its length in bytes.
        len: usize,
        /// The limit in bytes.
        max: usize,
    },
}

/// A cursor over bytes that never reads beyond the end and never allocates for a claimed length.
#[derive(Debug, Clone)]
pub struct Reader<'a> {
    bytes: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, offset: 0 }
    }

    /// How many bytes have not been read.
    pub fn left(&self) -> usize {
        self.bytes.len() - self.offset
    }

    /// The next `len` bytes.
    pub fn take(&mut self, len: usize) -> Result<&'a [u8], ReadError> {
        let rest = self.bytes.get(self.offset..).unwrap_or_default();
        let Some(taken) = rest.get(..len) else {
            return Err(ReadError::Truncated {
                offset: self.offset,
                needed: len,
                left: rest.len(),
            });
        };
        self.offset += len;
        Ok(taken)
    }

    /// The next `N` bytes.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], ReadError> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// One byte.
    pub fn u8(&mut self) -> Result<u8, ReadError> {
        self.array().map(u8::from_le_bytes)
    }

    /// Two bytes, least significant first.
    pub fn u16_le(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_le_bytes)
    }

    /// Two bytes, most significant first.
    pub fn u16_be(&mut self) -> Result<u16, ReadError> {
        self.array().map(u16::from_be_bytes)
    }

    /// Four bytes, least significant first.
    pub fn u32_le(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_le_bytes)
    }

    /// Four bytes, most significant first.
    pub fn u32_be(&mut self) -> Result<u32, ReadError> {
        self.array().map(u32::from_be_bytes)
    }

    /// Eight bytes, most significant first.
    pub fn u64_be(&mut self) -> Result<u64, ReadError> {
        self.array().map(u64::from_be_bytes)
    }

    /// A text of `len` bytes, which may be at most `max`.
    pub fn text(&mut self, what: &'static str, len: u32, max: usize) -> Result<&'a str, ReadError> {
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        if len > max {
            return Err(ReadError::TooLong { what, len, max });
        }
        std::str::from_utf8(self.take(len)?).map_err(|_| ReadError::NotUtf8)
    }

    /// Succeeds only if everything has been read.
    pub fn finish(self) -> Result<(), ReadError> {
        match self.left() {
            0 => Ok(()),
            left => Err(ReadError::Trailing(left)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claimed_length_beyond_the_end_is_truncation() {
        let mut reader = Reader::new(&[1, 2]);
        assert_eq!(
            reader.take(usize::MAX),
            Err(ReadError::Truncated {
                offset: 0,
                needed: usize::MAX,
                left: 2
            })
        );
        assert_eq!(reader.take(2), Ok([1, 2].as_slice()));
    }

    #[test]
    fn leftovers_are_refused() {
        let mut reader = Reader::new(&[1, 2]);
        assert_eq!(reader.u8(), Ok(1));
        assert_eq!(reader.finish(), Err(ReadError::Trailing(1)));
    }

    #[test]
    fn text_is_bounded_and_utf8() {
        assert_eq!(
            Reader::new(b"abc").text("name", 3, 2),
            Err(ReadError::TooLong {
                what: "name",
                len: 3,
                max: 2
            })
        );
        assert_eq!(
            Reader::new(&[0xff]).text("name", 1, 2),
            Err(ReadError::NotUtf8)
        );
    }
}
