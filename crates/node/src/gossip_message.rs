//! What nodes pass on to each other: a version, a kind, and then entries, each with its length, or
//! sessions that ended.

use std::sync::Arc;

use idos_types::{
    Digest, ReadError, Reader,
    limits::{ENDED_SESSIONS_PER_PEER, GOSSIP_ENTRIES, TRANSACTION_BYTES},
};
use thiserror::Error;

use crate::shared::EndedSession;

/// Version of the messages, their first byte.
pub(crate) const VERSION: u8 = 2;
const ENTRIES: u8 = 0;
const ENDED: u8 = 1;
/// Most bytes of one message that holds several entries.
const BATCH_BYTES: usize = 256 * 1024;

const ENTRY_BYTES: usize = 64;

/// A message.
#[derive(PartialEq, Eq, Debug)]
pub(crate) enum Message {
    /// Entries that wait for a block.
    Entries(Vec<Vec<u8>>),
    /// Sessions that their owners ended.
    Ended(Vec<EndedSession>),
}

/// Bytes are not a message.
#[derive(Debug, Error)]
pub(crate) enum MessageError {
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("unknown version {0} or kind {1} of a message")]
    Kind(u8, u8),
    #[error("an entry of {0} bytes is none")]
    TooShort(usize),
    #[error("more than {GOSSIP_ENTRIES} entries in a message")]
    TooMany,
    #[error("none or more than {ENDED_SESSIONS_PER_PEER} ends of sessions in a message")]
    Ends,
}

impl Message {
    /// Messages that hold these entries.
    pub(crate) fn entries(entries: &[Arc<Vec<u8>>]) -> Vec<Vec<u8>> {
        let mut messages: Vec<Vec<u8>> = Vec::new();
        let mut count = 0;
        for entry in entries {
            let is_full = |message: &Vec<u8>| {
                count == GOSSIP_ENTRIES || message.len() + entry.len() > BATCH_BYTES
            };
            if messages.last().is_none_or(is_full) {
                messages.push(vec![VERSION, ENTRIES]);
                count = 0;
            }
            count += 1;
            if let Some(message) = messages.last_mut() {
                // Admission lets in nothing longer than `TRANSACTION_BYTES`.
                let len = u32::try_from(entry.len()).unwrap_or(u32::MAX);
                message.extend_from_slice(&len.to_le_bytes());
                message.extend_from_slice(entry);
            }
        }
        messages
    }

    /// A message that says which sessions ended, at most [`ENDED_SESSIONS_PER_PEER`].
    pub(crate) fn ended(ended: &[EndedSession]) -> Vec<u8> {
        let mut message = vec![VERSION, ENDED];
        for one in ended {
            message.extend_from_slice(&one.session.0);
            message.extend_from_slice(&one.expires_ms.to_le_bytes());
        }
        message
    }

    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, MessageError> {
        let mut reader = Reader::new(bytes);
        match (reader.u8()?, reader.u8()?) {
            (VERSION, ENTRIES) => {
                let mut entries = Vec::new();
                while reader.left() > 0 {
                    let len = usize::try_from(reader.u32_le()?).unwrap_or(usize::MAX);
                    if len > TRANSACTION_BYTES {
                        let (what, max) = ("entry", TRANSACTION_BYTES);
                        return Err(ReadError::TooLong { what, len, max }.into());
                    }
                    // What costs the sender nothing must not cost the receiver memory.
                    if len < ENTRY_BYTES {
                        return Err(MessageError::TooShort(len));
                    }
                    if entries.len() == GOSSIP_ENTRIES {
                        return Err(MessageError::TooMany);
                    }
                    entries.push(reader.take(len)?.to_vec());
                }
                Ok(Self::Entries(entries))
            }
            (VERSION, ENDED) => {
                let mut ended = Vec::new();
                while reader.left() > 0 && ended.len() <= ENDED_SESSIONS_PER_PEER {
                    ended.push(EndedSession {
                        session: Digest(reader.array()?),
                        expires_ms: u64::from_le_bytes(reader.array()?),
                    });
                }
                if !(1..=ENDED_SESSIONS_PER_PEER).contains(&ended.len()) {
                    return Err(MessageError::Ends);
                }
                Ok(Self::Ended(ended))
            }
            (version, kind) => Err(MessageError::Kind(version, kind)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(byte: u8, len: usize) -> Arc<Vec<u8>> {
        Arc::new(vec![byte; len])
    }

    #[test]
    fn entries_travel_in_few_messages_and_a_large_one_alone() {
        let entries = [
            entry(1, 100),
            entry(2, ENTRY_BYTES),
            entry(3, TRANSACTION_BYTES),
            entry(4, 70),
        ];
        let messages = Message::entries(&entries);
        assert_eq!(messages.len(), 3);
        let mut received = Vec::new();
        for message in &messages {
            match Message::decode(message).unwrap() {
                Message::Entries(entries) => received.extend(entries),
                Message::Ended(_) => panic!("another kind"),
            }
        }
        let sent: Vec<_> = entries.iter().map(|entry| entry.to_vec()).collect();
        assert_eq!(received, sent);
    }

    #[test]
    fn many_small_entries_travel_in_messages_that_are_accepted() {
        let one = entry(1, ENTRY_BYTES);
        let entries = vec![one; 2 * GOSSIP_ENTRIES + 1];
        let mut received = 0;
        for message in Message::entries(&entries) {
            match Message::decode(&message).unwrap() {
                Message::Entries(entries) => received += entries.len(),
                Message::Ended(_) => panic!("another kind"),
            }
        }
        assert_eq!(received, entries.len());
    }

    #[test]
    fn entries_that_cost_their_sender_nothing_are_refused() {
        let message = |entry: &[u8], count: usize| {
            let len = u32::try_from(entry.len()).unwrap().to_le_bytes();
            let entry = [&len[..], entry].concat();
            Message::decode(&[&[VERSION, ENTRIES][..], &entry.repeat(count)].concat())
        };
        assert!(message(&[7; ENTRY_BYTES], GOSSIP_ENTRIES).is_ok());
        assert!(matches!(
            message(&[7; ENTRY_BYTES], GOSSIP_ENTRIES + 1),
            Err(MessageError::TooMany)
        ));
        assert!(matches!(message(&[], 1), Err(MessageError::TooShort(0))));
        assert!(message(&[7; ENTRY_BYTES - 1], 1).is_err());
    }

    #[test]
    fn ends_of_sessions_travel_together() {
        let ended = EndedSession {
            session: Digest::of(b"session"),
            expires_ms: 7,
        };
        let message = Message::ended(&[ended]);
        for end in 0..message.len() {
            assert!(Message::decode(&message[..end]).is_err());
        }
        for count in [1, ENDED_SESSIONS_PER_PEER] {
            let all = vec![ended; count];
            let decoded = Message::decode(&Message::ended(&all));
            assert_eq!(decoded.unwrap(), Message::Ended(all));
        }
        let too_many = Message::ended(&vec![ended; ENDED_SESSIONS_PER_PEER + 1]);
        assert!(matches!(
            Message::decode(&too_many),
            Err(MessageError::Ends)
        ));
    }

    #[test]
    fn impossible_messages_are_refused() {
        let too_long = [&[VERSION, ENTRIES][..], &u32::MAX.to_le_bytes()].concat();
        for bytes in [
            &[][..],
            &[VERSION + 1, ENTRIES],
            &[VERSION, 9],
            &too_long,
            &[VERSION, ENTRIES, 1],
        ] {
            assert!(Message::decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
