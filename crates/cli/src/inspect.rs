//! `rushlight inspect FILE`: what is in a file.

use crate::arguments::{Arguments, Result};
use crate::table::{Table, bytes, grouped, shape};
use rushlight::serialize::{self, Value};
use std::io::Write;
use std::path::Path;

/// Longer texts are cut.
const MAX_TEXT: usize = 60;

pub(crate) fn run(arguments: &Arguments, out: &mut Vec<u8>) -> Result<()> {
    let [path] = arguments.values(["FILE"])?;
    let path = Path::new(path);
    // Names and sizes need none of the elements.
    let value = serialize::load_mapped(path)?;
    let mut contents = Contents {
        table: Table::new(&["key", "type", "shape or value", "size"]),
        tensors: 0,
        elements: 0,
        bytes: 0,
    };
    contents.add("", &value);
    contents.table.write(out, 1)?;
    writeln!(
        out,
        "\n{} tensors, {} elements, {} of them; the file has {}",
        contents.tensors,
        grouped(contents.elements),
        bytes(contents.bytes),
        bytes(std::fs::metadata(path)?.len()),
    )?;
    Ok(())
}

/// Rows, and sums of the tensors in them.
struct Contents {
    table: Table,
    tensors: usize,
    elements: u64,
    bytes: u64,
}

impl Contents {
    /// Adds a value under a key such as `optimizer.param_groups.0.lr`.
    fn add(&mut self, key: &str, value: &Value) {
        let below = |name: &str| match key {
            "" => name.to_owned(),
            _ => format!("{key}.{name}"),
        };
        if let Some(entries) = value.entries().filter(|entries| !entries.is_empty()) {
            for (name, value) in entries {
                self.add(&below(&key_text(name)), value);
            }
            return;
        }
        // Lists of tensors and dicts open up; those of numbers are values.
        let opens = |items: &&[Value]| {
            let opens = |item: &Value| item.as_tensor().is_some() || item.entries().is_some();
            items.iter().any(opens)
        };
        if let Some(items) = value.items().filter(opens) {
            for (index, item) in items.iter().enumerate() {
                self.add(&below(&index.to_string()), item);
            }
            return;
        }
        let (kind, text, size) = match value.as_tensor() {
            Some(tensor) => {
                let array = &tensor.array;
                let elements = array
                    .shape()
                    .iter()
                    .map(|&size| size as u64)
                    .product::<u64>();
                let size = elements * array.dtype().size_in_bytes() as u64;
                self.tensors += 1;
                self.elements += elements;
                self.bytes += size;
                (array.dtype().name(), shape(array.shape()), bytes(size))
            }
            None => (value.kind(), value_text(value), String::new()),
        };
        self.table
            .row(vec![key.to_owned(), kind.to_owned(), text, size]);
    }
}

fn key_text(key: &Value) -> String {
    match key {
        Value::Str(text) => text.to_string(),
        other => value_text(other),
    }
}

fn value_text(value: &Value) -> String {
    let text = match value {
        Value::None => "None".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::BigInt(text) | Value::Device(text) | Value::Layout(text) => text.to_string(),
        Value::Str(text) => format!("{text:?}"),
        Value::DType(dtype) => dtype.name().to_owned(),
        Value::Size(sizes) => format!("{sizes:?}"),
        Value::Bytes(content) => bytes(content.len() as u64),
        other => match (other.items(), other.entries()) {
            (Some(items), _) => {
                let items = items.iter().take(MAX_TEXT).map(value_text);
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            (_, Some(_)) => "{}".to_owned(),
            _ => format!("{other:?}"),
        },
    };
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}
