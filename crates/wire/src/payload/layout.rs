//! The primitive fields that all payloads share.

use idos_types::Reader;

use super::LayoutError;

/// The length that stands for "absent".
const NIL: u32 = u32::MAX;
/// The one version of every structure.
const VERSION: u16 = 0;

/// Reads a version, which has to be 0.
pub(super) fn version(reader: &mut Reader<'_>, what: &'static str) -> Result<(), LayoutError> {
    match reader.u16_le()? {
        VERSION => Ok(()),
        version => Err(LayoutError::Version { what, version }),
    }
}

/// Reads a field that tells its length and must not be absent.
pub(super) fn bytes32<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
) -> Result<&'a [u8], LayoutError> {
    match reader.u32_le()? {
        NIL => Err(LayoutError::Nil(what)),
        len => Ok(reader.take(usize::try_from(len).unwrap_or(usize::MAX))?),
    }
}

/// Reads a text of at most `max` bytes that tells its length and must not be absent.
pub(super) fn text32<'a>(
    reader: &mut Reader<'a>,
    what: &'static str,
    max: usize,
) -> Result<&'a str, LayoutError> {
    match reader.u32_le()? {
        NIL => Err(LayoutError::Nil(what)),
        len => Ok(reader.text(what, len, max)?),
    }
}

/// Reads how many `what` follow. Each takes at least `smallest` bytes, so that a promise which
/// the rest cannot keep is found before anything is allocated for it.
pub(super) fn count(
    reader: &mut Reader<'_>,
    what: &'static str,
    max: usize,
    smallest: usize,
) -> Result<usize, LayoutError> {
    let count = usize::from(reader.u16_le()?);
    at_most(what, count, max)?;
    let left = reader.left();
    if count * smallest > left {
        return Err(LayoutError::Claimed { what, count, left });
    }
    Ok(count)
}

/// Refuses more than `max` of `what`.
pub(super) fn at_most(what: &'static str, count: usize, max: usize) -> Result<(), LayoutError> {
    if count > max {
        return Err(LayoutError::TooMany { what, count, max });
    }
    Ok(())
}

/// Refuses a field of more than `max` bytes.
pub(super) fn no_longer(what: &'static str, len: usize, max: usize) -> Result<(), LayoutError> {
    if len > max {
        return Err(LayoutError::TooLong { what, len, max });
    }
    Ok(())
}

/// Writes the version.
pub(super) fn put_version(out: &mut Vec<u8>) {
    out.extend_from_slice(&VERSION.to_le_bytes());
}

/// Writes a field with its length. Nothing that can be constructed comes near the largest length.
pub(super) fn put_bytes32(out: &mut Vec<u8>, bytes: &[u8]) {
    let len = u32::try_from(bytes.len()).unwrap_or(NIL);
    out.extend_from_slice(&len.to_le_bytes());
    out.extend_from_slice(bytes);
}

/// Writes a count. Nothing that can be constructed comes near the largest count.
pub(super) fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u16::try_from(count).unwrap_or(u16::MAX);
    out.extend_from_slice(&count.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absence_is_refused() {
        let nil = NIL.to_le_bytes();
        assert_eq!(
            bytes32(&mut Reader::new(&nil), "it"),
            Err(LayoutError::Nil("it"))
        );
        assert_eq!(
            text32(&mut Reader::new(&nil), "it", 9),
            Err(LayoutError::Nil("it"))
        );
    }

    #[test]
    fn a_promise_that_can_not_be_kept_is_refused() {
        assert_eq!(
            count(&mut Reader::new(&[3, 0, 1, 1]), "items", 9, 1),
            Err(LayoutError::Claimed {
                what: "items",
                count: 3,
                left: 2
            })
        );
        assert_eq!(
            count(&mut Reader::new(&[10, 0]), "items", 9, 0),
            Err(LayoutError::TooMany {
                what: "items",
                count: 10,
                max: 9
            })
        );
    }

    #[test]
    fn other_versions_are_refused() {
        assert_eq!(
            version(&mut Reader::new(&[1, 0]), "it"),
            Err(LayoutError::Version {
                what: "it",
                version: 1
            })
        );
    }

    #[test]
    fn bounds_are_inclusive() {
        assert_eq!(at_most("items", 9, 9), Ok(()));
        assert_eq!(no_longer("it", 9, 9), Ok(()));
        let (what, len, max) = ("it", 10, 9);
        assert_eq!(
            no_longer(what, len, max),
            Err(LayoutError::TooLong { what, len, max })
        );
    }
}
