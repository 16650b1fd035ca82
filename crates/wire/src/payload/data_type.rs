//! The binary form of data types; alone among all parts of a payload it is big-endian.

use idos_types::{DataType, Reader, Scalar, limits::NAME_BYTES};

use super::{LayoutError, ValueError};

/// The one version of the structure.
const VERSION: u16 = 0;

/// Reads a type. The name has to be in lower case, as all clients send it, so that one type has
/// one spelling.
pub(super) fn decode(bytes: &[u8]) -> Result<DataType, ValueError> {
    let mut reader = Reader::new(bytes);
    let data_type = decode_fields(&mut reader)?;
    reader.finish().map_err(LayoutError::from)?;
    Ok(data_type)
}

fn decode_fields(reader: &mut Reader<'_>) -> Result<DataType, ValueError> {
    let version = reader.u16_be().map_err(LayoutError::from)?;
    if version != VERSION {
        return Err(LayoutError::Version {
            what: "data type",
            version,
        }
        .into());
    }
    let len = reader.u32_be().map_err(LayoutError::from)?;
    let name = reader
        .text("name of a data type", len, NAME_BYTES)
        .map_err(LayoutError::from)?;
    let scalar = scalar(name)?;
    let is_array = match reader.u8().map_err(LayoutError::from)? {
        0 => false,
        1 => true,
        mark => return Err(ValueError::ArrayMark(mark)),
    };
    let metadata = [
        reader.u16_be().map_err(LayoutError::from)?,
        reader.u16_be().map_err(LayoutError::from)?,
    ];
    Ok(DataType {
        scalar,
        is_array,
        metadata,
    })
}

/// The scalar type of a name in lower case.
pub(super) fn scalar(name: &str) -> Result<Scalar, ValueError> {
    let is_folded = !name.bytes().any(|byte| byte.is_ascii_uppercase());
    Scalar::parse(name)
        .filter(|_| is_folded)
        .ok_or_else(|| ValueError::UnknownType(name.to_owned()))
}

/// Writes a type.
pub(super) fn encode(data_type: DataType) -> Vec<u8> {
    let name = data_type.scalar.name();
    let len = u32::try_from(name.len()).unwrap_or_default();
    let mut out = Vec::with_capacity(name.len() + 11);
    out.extend_from_slice(&VERSION.to_be_bytes());
    out.extend_from_slice(&len.to_be_bytes());
    out.extend_from_slice(name.as_bytes());
    out.push(u8::from(data_type.is_array));
    for number in data_type.metadata {
        out.extend_from_slice(&number.to_be_bytes());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_round_trip_with_their_metadata() {
        for data_type in [DataType::AMOUNT, DataType::TEXT_ARRAY, DataType::UUID] {
            assert_eq!(decode(&encode(data_type)), Ok(data_type));
        }
    }

    #[test]
    fn aliases_are_understood_but_not_other_letter_cases() {
        assert_eq!(scalar("bigint"), Ok(Scalar::Int8));
        for name in ["Text", "TEXT", "varchar", "tex", ""] {
            assert_eq!(scalar(name), Err(ValueError::UnknownType(name.to_owned())));
        }
    }

    #[test]
    fn broken_types_are_refused() {
        let good = encode(DataType::TEXT);
        let broken = |at: usize, byte| {
            let mut bytes = good.clone();
            bytes[at] = byte;
            decode(&bytes)
        };
        assert!(matches!(
            broken(1, 1),
            Err(ValueError::Layout(LayoutError::Version { .. }))
        ));
        assert!(matches!(
            broken(2, 1),
            Err(ValueError::Layout(LayoutError::Read(_)))
        ));
        assert_eq!(broken(10, 2), Err(ValueError::ArrayMark(2)));
        assert!(decode(&[good.as_slice(), &[0]].concat()).is_err());
    }
}
