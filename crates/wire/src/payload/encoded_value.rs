//! A value with its declared type, as arguments travel.

use std::fmt;

use idos_types::{
    DataType, Reader, Scalar, Value,
    limits::{ARRAY_ELEMENTS, TRANSACTION_BYTES},
};

use super::{LayoutError, ValueError, data_type, datum, elements::Elements, layout};

/// The fewest bytes an item takes: its length and the mark of NULL.
const SMALLEST_ITEM: usize = 5;

/// A value of a type. The two always fit, so that encoding cannot fail.
#[derive(Clone, PartialEq, Eq)]
pub struct EncodedValue {
    data_type: DataType,
    value: Value,
}

impl EncodedValue {
    /// A value of a type; refused if it is not of that type or too large to be sent.
    pub fn new(data_type: DataType, value: Value) -> Result<Self, ValueError> {
        let DataType {
            scalar, metadata, ..
        } = data_type;
        let fits = match (&value, data_type.is_array) {
            (Value::Array(elements), true) => {
                layout::at_most("elements", elements.len(), ARRAY_ELEMENTS)?;
                let mut fits = true;
                for element in elements {
                    fits &= datum::check(scalar, metadata, element)?;
                }
                fits
            }
            (_, true) => false,
            (value, false) => datum::check(scalar, metadata, value)?,
        };
        if !fits {
            return Err(ValueError::Mismatch(data_type));
        }
        layout::no_longer("value", size(&value), TRANSACTION_BYTES)?;
        Ok(Self { data_type, value })
    }

    /// Reads a value; nothing may follow it.
    pub fn decode(bytes: &[u8]) -> Result<Self, ValueError> {
        Self::decode_counted(bytes, &mut Elements::default())
    }

    /// The same for one of several, of which `elements` counts those of arrays.
    pub(super) fn decode_counted(
        bytes: &[u8],
        elements: &mut Elements,
    ) -> Result<Self, ValueError> {
        let mut reader = Reader::new(bytes);
        layout::version(&mut reader, "value")?;
        let data_type = data_type::decode(layout::bytes32(&mut reader, "data type")?)?;
        let count = layout::count(&mut reader, "items", ARRAY_ELEMENTS, SMALLEST_ITEM)?;
        if data_type.is_array {
            elements.add(count)?;
        }
        let mut items = Vec::with_capacity(count);
        for _ in 0..count {
            items.push(layout::bytes32(&mut reader, "item")?);
        }
        reader.finish().map_err(LayoutError::from)?;
        Self::from_items(data_type, &items)
    }

    /// A value of its type and its nullable items.
    pub(crate) fn from_items<T: AsRef<[u8]>>(
        data_type: DataType,
        items: &[T],
    ) -> Result<Self, ValueError> {
        let DataType {
            scalar, metadata, ..
        } = data_type;
        let value = match items {
            items if data_type.is_array => {
                layout::at_most("elements", items.len(), ARRAY_ELEMENTS)?;
                let elements = items
                    .iter()
                    .map(|item| datum::decode(scalar, metadata, item.as_ref()));
                Value::Array(elements.collect::<Result<_, _>>()?)
            }
            // A client may leave out the item of an untyped NULL.
            [] if scalar == Scalar::Null => Value::Null,
            [item] => datum::decode(scalar, metadata, item.as_ref())?,
            items => {
                return Err(ValueError::Items {
                    data_type,
                    count: items.len(),
                });
            }
        };
        Ok(Self { data_type, value })
    }

    /// The bytes that [`Self::decode`] reads.
    pub fn encode(&self) -> Vec<u8> {
        let items = self.items();
        let mut out = Vec::new();
        layout::put_version(&mut out);
        layout::put_bytes32(&mut out, &data_type::encode(self.data_type));
        layout::put_count(&mut out, items.len());
        for item in items {
            layout::put_bytes32(&mut out, &item);
        }
        out
    }

    /// Its nullable items: the elements of an array, or the one of a scalar.
    pub(crate) fn items(&self) -> impl ExactSizeIterator<Item = Vec<u8>> {
        let items = match &self.value {
            Value::Array(elements) => elements.as_slice(),
            scalar => std::slice::from_ref(scalar),
        };
        items.iter().map(datum::encode)
    }

    /// The declared type, with its metadata as sent.
    pub fn data_type(&self) -> DataType {
        self.data_type
    }

    /// The value.
    pub fn value(&self) -> &Value {
        &self.value
    }
}

/// Values are personal data: `{:?}` tells their type only.
impl fmt::Debug for EncodedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}(…)", self.data_type)
    }
}

/// About how many bytes the value takes.
fn size(value: &Value) -> usize {
    match value {
        Value::Text(text) | Value::Numeric(text) => text.len(),
        Value::Bytes(bytes) => bytes.len(),
        Value::Array(elements) => elements.iter().map(size).sum(),
        Value::Null | Value::Bool(_) => 1,
        Value::Int(_) => 8,
        Value::Uuid(_) => 16,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_to_be_of_their_type() {
        for (data_type, value) in [
            (DataType::TEXT, Value::Int(1)),
            (DataType::TEXT_ARRAY, Value::Null),
            (DataType::TEXT_ARRAY, Value::from("text")),
            (
                DataType::TEXT_ARRAY,
                Value::Array(vec![Value::Array(vec![])]),
            ),
            (DataType::TEXT, Value::Array(vec![])),
        ] {
            assert_eq!(
                EncodedValue::new(data_type, value),
                Err(ValueError::Mismatch(data_type))
            );
        }
    }

    #[test]
    fn large_values_are_refused() {
        let text = Value::from("x".repeat(TRANSACTION_BYTES + 1));
        assert!(EncodedValue::new(DataType::TEXT, text).is_err());
        let elements = Value::Array(vec![Value::Null; ARRAY_ELEMENTS + 1]);
        assert!(EncodedValue::new(DataType::TEXT_ARRAY, elements).is_err());
        let items = [[0]; ARRAY_ELEMENTS + 1];
        assert!(EncodedValue::from_items(DataType::TEXT_ARRAY, &items).is_err());
        assert!(EncodedValue::from_items(DataType::TEXT_ARRAY, &items[1..]).is_ok());
    }

    #[test]
    fn a_scalar_has_one_item() {
        for items in [&[][..], &[[0], [0]]] {
            assert_eq!(
                EncodedValue::from_items(DataType::TEXT, items),
                Err(ValueError::Items {
                    data_type: DataType::TEXT,
                    count: items.len()
                })
            );
        }
    }

    #[test]
    fn an_untyped_null_may_lack_its_item() {
        let null = DataType {
            scalar: Scalar::Null,
            ..DataType::TEXT
        };
        for items in [&[][..], &[[0]]] {
            let value = EncodedValue::from_items(null, items).unwrap();
            assert_eq!(value.value(), &Value::Null);
        }
    }

    #[test]
    fn debug_output_hides_the_value() {
        let secret = EncodedValue::new(DataType::TEXT, "secret".into()).unwrap();
        assert_eq!(format!("{secret:?}"), "text(…)");
    }
}
