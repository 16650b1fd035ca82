//! The files of the vote marker: lines an operator can read, and a digest of them at the end.

use idos_types::{BlockTime, Digest};

use super::{Folder, Incarnation, Marker, Voted};
use crate::PeerKey;

const MARKER: &str = "idos vote marker 1";
const FOLDER: &str = "idos voting folder 1";
const NONE: &str = "none";

impl Marker {
    /// The bytes of the file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let voted = match self.voted {
            Voted::Never => "never".to_owned(),
            Voted::UpTo(epoch) => format!("upto {epoch}"),
            Voted::UnknownUntil(time) => format!("unknown {}", time.millis()),
        };
        let next = self.next.map_or(NONE.to_owned(), hex::encode);
        sealed(format!(
            "{MARKER}\nkey {}\nvoted {voted}\nincarnation {}\nnext {next}\n",
            self.key,
            hex::encode(self.incarnation),
        ))
    }

    /// Reads exactly what [`Self::encode`] writes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut lines = opened(bytes, MARKER)?;
        let marker = Self {
            key: PeerKey::from_hex(field(&mut lines, "key")?)?,
            voted: match field(&mut lines, "voted")? {
                "never" => Voted::Never,
                other => match other.split_once(' ')? {
                    ("upto", epoch) => Voted::UpTo(epoch.parse().ok()?),
                    ("unknown", time) => {
                        Voted::UnknownUntil(BlockTime::from_millis(time.parse().ok()?))
                    }
                    _ => return None,
                },
            },
            incarnation: incarnation(field(&mut lines, "incarnation")?)?,
            next: match field(&mut lines, "next")? {
                NONE => None,
                other => Some(incarnation(other)?),
            },
        };
        (marker.encode() == bytes).then_some(marker)
    }
}

impl Folder {
    /// The bytes of the file.
    pub(super) fn encode(&self) -> Vec<u8> {
        let journal = self
            .journal
            .map_or(NONE.to_owned(), |epoch| epoch.to_string());
        sealed(format!(
            "{FOLDER}\nincarnation {}\njournal {journal}\n",
            hex::encode(self.incarnation),
        ))
    }

    /// Reads exactly what [`Self::encode`] writes.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut lines = opened(bytes, FOLDER)?;
        let folder = Self {
            incarnation: incarnation(field(&mut lines, "incarnation")?)?,
            journal: match field(&mut lines, "journal")? {
                NONE => None,
                epoch => Some(epoch.parse().ok()?),
            },
        };
        (folder.encode() == bytes).then_some(folder)
    }
}

/// Appends the digest of the lines.
fn sealed(lines: String) -> Vec<u8> {
    let digest = Digest::of(lines.as_bytes());
    format!("{lines}digest {digest}\n").into_bytes()
}

/// The lines after the title. That the digest is right follows from encoding them again.
fn opened<'a>(bytes: &'a [u8], title: &str) -> Option<std::str::Lines<'a>> {
    let mut lines = std::str::from_utf8(bytes).ok()?.lines();
    (lines.next()? == title).then_some(lines)
}

fn field<'a>(lines: &mut std::str::Lines<'a>, name: &str) -> Option<&'a str> {
    lines.next()?.strip_prefix(name)?.strip_prefix(' ')
}

fn incarnation(text: &str) -> Option<Incarnation> {
    let mut bytes = Incarnation::default();
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_round_trip_and_any_flipped_bit_is_seen() {
        let marker = |voted, next| Marker {
            key: PeerKey([5; 32]),
            voted,
            incarnation: [1; 16],
            next,
        };
        for marker in [
            marker(Voted::Never, None),
            marker(Voted::UpTo(7), Some([2; 16])),
            marker(Voted::UnknownUntil(BlockTime::from_millis(9)), None),
        ] {
            let mut bytes = marker.encode();
            assert_eq!(Marker::decode(&bytes), Some(marker));
            for index in 0..bytes.len() {
                bytes[index] ^= 1;
                assert_eq!(Marker::decode(&bytes), None);
                bytes[index] ^= 1;
            }
            assert_eq!(Marker::decode(&bytes[..bytes.len() - 1]), None);
        }
        for journal in [None, Some(7)] {
            let folder = Folder {
                incarnation: [1; 16],
                journal,
            };
            assert_eq!(Folder::decode(&folder.encode()), Some(folder));
        }
    }
}
