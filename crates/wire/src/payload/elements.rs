//! How many elements the arrays of one payload have together: each takes far more memory than bytes.

use idos_types::{Value, limits::ARRAY_ELEMENTS};

use super::{EncodedValue, LayoutError, layout};

/// The elements that were read of one payload.
#[derive(Default)]
pub(super) struct Elements(usize);

impl Elements {
    /// Counts those of one array more, before anything is made of them.
    pub(super) fn add(&mut self, count: usize) -> Result<(), LayoutError> {
        self.0 = self.0.saturating_add(count);
        layout::at_most("elements of arrays", self.0, ARRAY_ELEMENTS)
    }
}

/// Refuses arguments that no decoder would read together.
pub(super) fn check<'v>(
    arguments: impl IntoIterator<Item = &'v EncodedValue>,
) -> Result<(), LayoutError> {
    let mut elements = Elements::default();
    for argument in arguments {
        if let Value::Array(array) = argument.value() {
            elements.add(array.len())?;
        }
    }
    Ok(())
}
