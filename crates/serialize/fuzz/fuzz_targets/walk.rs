//! Everything a caller may do with a value that was read.

use rushlight_serialize::{StateDict, Value};

/// Views of more bytes than this are legal, being expanded, but too slow to copy.
const MAX_BYTES: usize = 1 << 20;

/// Prints the value, reads every element of its tensors, and takes it for a state dict.
pub fn walk(value: Value) {
    let mut pending = vec![&value];
    while let Some(value) = pending.pop() {
        pending.extend(value.items().unwrap_or_default());
        let metadata = value.metadata().unwrap_or_default();
        for (key, value) in value.entries().unwrap_or_default().iter().chain(metadata) {
            pending.extend([key, value]);
        }
        if let Some(tensor) = value.as_tensor() {
            let array = &tensor.array;
            let size = array.dtype().size_in_bytes();
            let bytes = array.shape().iter().try_fold(size, |bytes, size| bytes.checked_mul(*size));
            let bytes = bytes.expect("the size of a tensor is countable");
            if bytes <= MAX_BYTES {
                assert_eq!(array.to_bytes().expect("a tensor is readable").len(), bytes);
            }
        }
    }
    let _ = StateDict::try_from(value);
}
