//! Reading and writing files, honest and hostile.

mod legacy;
#[cfg(feature = "mmap")]
mod mapped;
mod mutation;
mod npy;
mod npz;
mod numpy;
mod pickle;
mod pickle_writer;
mod pth;
mod python;
mod safetensors;
mod state_dict;
mod tar;
mod torch_files;
mod zip;
mod zip_writer;

use rushlight_serialize::{LoadedTensor, Value};

/// The tensor that `value` holds under `key`.
fn tensor<'a>(value: &'a Value, key: &str) -> &'a LoadedTensor {
    value
        .get(key)
        .and_then(Value::as_tensor)
        .unwrap_or_else(|| panic!("no tensor {key}"))
}

/// The elements of a float tensor in logical order.
fn floats(tensor: &LoadedTensor) -> Vec<f32> {
    let bytes = tensor.array.to_bytes().unwrap();
    bytes
        .chunks_exact(4)
        .map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()))
        .collect()
}

/// The text of the error, which has to be one.
fn refusal<T>(result: rushlight_serialize::Result<T>) -> String {
    match result {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}
