//! The list itself: one bit for each credential.

use std::io::{Read as _, Write as _};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use flate2::{Compression, read::MultiGzDecoder, write::GzEncoder};
use idos_types::limits::{FEWEST_STATUS_LIST_ENTRIES, STATUS_LIST_ENTRIES};
use serde_json::{Value, json};
use thiserror::Error;

use idos_linked_data::CREDENTIALS_V2;

use crate::dates::Seconds;

/// What a set bit means.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StatusPurpose {
    /// The credential is ended for good.
    Revocation,
    /// The credential does not count while the bit is set.
    Suspension,
}

impl StatusPurpose {
    /// Its standard name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Revocation => "revocation",
            Self::Suspension => "suspension",
        }
    }

    /// The purpose of this name.
    pub fn of_name(name: &str) -> Option<Self> {
        [Self::Revocation, Self::Suspension]
            .into_iter()
            .find(|purpose| purpose.name() == name)
    }
}

/// What is wrong with a list.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ListError {
    /// Not base64url behind a `u`.
    #[error("the list is no base64url behind `u`")]
    Encoding,
    /// Not gzip.
    #[error("the list is no gzip")]
    Compression,
    /// Too long or too short.
    #[error(
        "a list has from {FEWEST_STATUS_LIST_ENTRIES} to {STATUS_LIST_ENTRIES} entries, a multiple of 8"
    )]
    Length,
    /// No such entry.
    #[error("the list has no entry {0}")]
    Index(usize),
}

/// One bit for each credential; the first is the leftmost of the first byte.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatusList {
    bits: Vec<u8>,
}

impl StatusList {
    /// A list of so many entries, none set.
    pub fn new(entries: usize) -> Result<Self, ListError> {
        if !(FEWEST_STATUS_LIST_ENTRIES..=STATUS_LIST_ENTRIES).contains(&entries)
            || !entries.is_multiple_of(8)
        {
            return Err(ListError::Length);
        }
        Ok(Self {
            bits: vec![0; entries / 8],
        })
    }

    /// Reads an `encodedList`; whatever it would unpack to, no more than the limit is read.
    pub fn decode(encoded: &str) -> Result<Self, ListError> {
        let text = encoded.strip_prefix('u').ok_or(ListError::Encoding)?;
        let packed = URL_SAFE_NO_PAD
            .decode(text)
            .map_err(|_| ListError::Encoding)?;
        let mut bits = Vec::new();
        let most = STATUS_LIST_ENTRIES / 8;
        MultiGzDecoder::new(packed.as_slice())
            .take(u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1))
            .read_to_end(&mut bits)
            .map_err(|_| ListError::Compression)?;
        if !(FEWEST_STATUS_LIST_ENTRIES / 8..=most).contains(&bits.len()) {
            return Err(ListError::Length);
        }
        Ok(Self { bits })
    }

    /// As `encodedList`.
    pub fn encode(&self) -> Result<String, ListError> {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        let packed = packer
            .write_all(&self.bits)
            .and_then(|()| packer.finish())
            .map_err(|_| ListError::Compression)?;
        Ok(format!("u{}", URL_SAFE_NO_PAD.encode(packed)))
    }

    /// Number of entries.
    pub fn entries(&self) -> usize {
        self.bits.len() * 8
    }

    /// Whether an entry is set; none beyond the end.
    pub fn get(&self, index: usize) -> Option<bool> {
        let byte = self.bits.get(index / 8)?;
        Some(byte & mask(index) != 0)
    }

    /// Sets or clears an entry.
    pub fn set(&mut self, index: usize, value: bool) -> Result<(), ListError> {
        let byte = self
            .bits
            .get_mut(index / 8)
            .ok_or(ListError::Index(index))?;
        if value {
            *byte |= mask(index);
        } else {
            *byte &= !mask(index);
        }
        Ok(())
    }

    /// The unsigned status list credential to be issued at `url`.
    pub fn credential(
        &self,
        url: &str,
        issuer: &str,
        purpose: StatusPurpose,
        from: Seconds,
        until: Seconds,
    ) -> Result<Value, ListError> {
        Ok(json!({
            "@context": [CREDENTIALS_V2],
            "id": url,
            "type": ["VerifiableCredential", "BitstringStatusListCredential"],
            "issuer": issuer,
            "validFrom": from.rfc3339(),
            "validUntil": until.rfc3339(),
            "credentialSubject": {
                "id": format!("{url}#list"),
                "type": "BitstringStatusList",
                "statusPurpose": purpose.name(),
                "encodedList": self.encode()?,
            },
        }))
    }

    /// The `credentialStatus` of a credential whose entry is `index` of the list at `url`.
    pub fn entry(url: &str, purpose: StatusPurpose, index: usize) -> Value {
        json!({
            "id": format!("{url}#{index}"),
            "type": "BitstringStatusListEntry",
            "statusPurpose": purpose.name(),
            "statusListIndex": index.to_string(),
            "statusListCredential": url,
        })
    }
}

fn mask(index: usize) -> u8 {
    0x80 >> (index % 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification: 131,072 zeros.
    const ZEROS: &str = "uH4sIAAAAAAAAA-3BMQEAAADCoPVPbQwfoAAAAAAAAAAAAAAAAAAAAIC3AYbSVKsAQAAA";

    #[test]
    fn the_list_of_the_specification_is_read() {
        let list = StatusList::decode(ZEROS).unwrap();
        assert_eq!(list, StatusList::new(FEWEST_STATUS_LIST_ENTRIES).unwrap());
        assert_eq!(list.entries(), 131_072);
    }

    #[test]
    fn entries_survive_packing() {
        let mut list = StatusList::new(FEWEST_STATUS_LIST_ENTRIES).unwrap();
        for index in [0, 7, 8, 131_071] {
            list.set(index, true).unwrap();
        }
        list.set(8, false).unwrap();
        let again = StatusList::decode(&list.encode().unwrap()).unwrap();
        let set: Vec<_> = (0..again.entries())
            .filter(|i| again.get(*i) == Some(true))
            .collect();
        assert_eq!(set, [0, 7, 131_071]);
        assert_eq!(again.bits.first(), Some(&0b1000_0001));
        assert_eq!(again.get(131_072), None);
        assert_eq!(list.set(131_072, true), Err(ListError::Index(131_072)));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        assert_eq!(StatusList::decode("H4sI"), Err(ListError::Encoding));
        assert_eq!(StatusList::decode("u!"), Err(ListError::Encoding));
        assert_eq!(StatusList::decode("uAAAA"), Err(ListError::Compression));
        assert_eq!(StatusList::new(8), Err(ListError::Length));
        assert_eq!(
            StatusList::new(FEWEST_STATUS_LIST_ENTRIES + 1),
            Err(ListError::Length)
        );
        let short = StatusList { bits: vec![0; 8] };
        assert_eq!(
            StatusList::decode(&short.encode().unwrap()),
            Err(ListError::Length)
        );
    }

    #[test]
    fn the_bounds_are_inclusive() {
        let read = |entries: usize| {
            let bits = vec![0; entries / 8];
            StatusList::decode(&StatusList { bits }.encode().unwrap())
        };
        for entries in [FEWEST_STATUS_LIST_ENTRIES, STATUS_LIST_ENTRIES] {
            assert_eq!(StatusList::new(entries).unwrap().entries(), entries);
            assert_eq!(read(entries).unwrap().entries(), entries);
        }
        for entries in [FEWEST_STATUS_LIST_ENTRIES - 8, STATUS_LIST_ENTRIES + 8] {
            assert_eq!(StatusList::new(entries), Err(ListError::Length));
            assert_eq!(read(entries), Err(ListError::Length));
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let bomb = StatusList {
            bits: vec![0; 8 * STATUS_LIST_ENTRIES / 8],
        };
        let encoded = bomb.encode().unwrap();
        assert!(encoded.len() < 200_000, "{}", encoded.len());
        assert_eq!(StatusList::decode(&encoded), Err(ListError::Length));
    }
}
