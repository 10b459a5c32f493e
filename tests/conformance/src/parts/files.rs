//! `files/`: files written by `torch.save`, and hostile ones that must be refused.

use std::path::Path;
use std::sync::Arc;

use rushlight_autograd::Array;
use rushlight_serialize::{LoadedTensor, Value as Loaded, load};
use serde_json::{Value, json};

use crate::argument;
use crate::case::Case;
use crate::compare::{self, Tolerance};
use crate::container::{Container, Contents};
use crate::outcome::Failure;

/// Reads the cases of a file.
pub fn cases(path: &Path) -> Result<Vec<Case>, String> {
    let file = Arc::new(Container::open(path)?);
    let folder = path.parent().ok_or("a file without a folder")?;
    let read = |mut case: Value| {
        let name = case["file"].as_str().ok_or("a case names no file")?;
        case["path"] = json!(folder.join(name).to_str().ok_or("a path is not Unicode")?);
        let entry = format!("files/{}", case["id"].as_str().unwrap_or_default());
        Ok(Case::new(entry, &case, &file, ask))
    };
    file.cases()?.into_iter().map(read).collect()
}

fn ask(case: &Value, file: &Container) -> Result<(), Failure> {
    let loaded = load(case["path"].as_str().unwrap_or_default());
    match (case["verdict"].as_str(), loaded) {
        (Some("reject"), Err(_)) => Ok(()),
        (Some("reject"), Ok(_)) => Err(Failure::Wrong(format!("accepted: {}", case["reason"]))),
        (Some("accept"), Err(error)) => Err(Failure::Library(error.to_string())),
        (Some("accept"), Ok(value)) => {
            let mut comparison = Comparison {
                file,
                storages: Vec::new(),
            };
            comparison
                .compare(&value, &case["value"], "value")
                .map_err(Failure::Wrong)
        }
        _ => Err(Failure::Corpus("a case has no verdict".into())),
    }
}

/// Compares a loaded object with the description of it.
struct Comparison<'a> {
    file: &'a Container,
    /// Numbers of storages, and an array in each.
    storages: Vec<(u64, Array)>,
}

impl Comparison<'_> {
    fn compare(&mut self, got: &Loaded, expected: &Value, place: &str) -> Result<(), String> {
        let is = |key: &str| !expected[key].is_null();
        let same = match got {
            Loaded::None => is("none"),
            Loaded::Bool(value) => expected["b"] == *value,
            Loaded::Int(value) => expected["i"] == *value,
            Loaded::BigInt(value) => expected["bigint"] == **value,
            Loaded::Float(value) => {
                let expected = argument::float(&expected["f"]);
                expected.is_some_and(|expected| Tolerance::default().admits(*value, expected))
            }
            Loaded::Str(value) => expected["s"] == **value,
            Loaded::Bytes(value) => expected["bytes"] == json!(**value),
            Loaded::Size(value) => expected["size"] == json!(value),
            Loaded::DType(value) => expected["dtype"] == value.name(),
            Loaded::Device(value) => expected["device"] == **value,
            Loaded::List(items) if is("list") => {
                return self.compare_items(items, &expected["list"], place);
            }
            Loaded::Tuple(items) if is("tuple") => {
                return self.compare_items(items, &expected["tuple"], place);
            }
            Loaded::Dict(entries) if is("dict") => {
                return self.compare_entries(entries, &expected["dict"], place);
            }
            Loaded::OrderedDict { entries, metadata } if is("odict") => {
                if let (Some(metadata), false) = (metadata, expected["metadata"].is_null()) {
                    self.compare_entries(metadata, &expected["metadata"]["dict"], "metadata")?;
                } else if metadata.is_some() != is("metadata") {
                    return Err(format!("{place}: metadata: got {metadata:?}"));
                }
                return self.compare_entries(entries, &expected["odict"], place);
            }
            Loaded::Tensor(tensor) if is("t") => {
                return self
                    .compare_tensor(tensor, expected)
                    .map_err(|e| format!("{place}: {e}"));
            }
            _ => false,
        };
        if same {
            Ok(())
        } else {
            Err(format!("{place}: got {got:?}, expected {expected}"))
        }
    }

    fn compare_items(
        &mut self,
        got: &[Loaded],
        expected: &Value,
        place: &str,
    ) -> Result<(), String> {
        let expected = expected.as_array().map_or(&[][..], Vec::as_slice);
        if got.len() != expected.len() {
            return Err(format!(
                "{place}: {} items, not {}",
                got.len(),
                expected.len()
            ));
        }
        for (index, (got, expected)) in got.iter().zip(expected).enumerate() {
            self.compare(got, expected, &format!("{place}[{index}]"))?;
        }
        Ok(())
    }

    fn compare_entries(
        &mut self,
        got: &[(Loaded, Loaded)],
        expected: &Value,
        place: &str,
    ) -> Result<(), String> {
        let expected = expected.as_array().map_or(&[][..], Vec::as_slice);
        if got.len() != expected.len() {
            return Err(format!(
                "{place}: {} entries, not {}",
                got.len(),
                expected.len()
            ));
        }
        for ((key, value), expected) in got.iter().zip(expected) {
            self.compare(key, &expected[0], &format!("a key of {place}"))?;
            self.compare(value, &expected[1], &format!("{place}[{key:?}]"))?;
        }
        Ok(())
    }

    fn compare_tensor(&mut self, got: &LoadedTensor, expected: &Value) -> Result<(), String> {
        let array = &got.array;
        let form = json!({
            "dtype": array.dtype().name(),
            "shape": array.shape().to_vec(),
            "stride": array.strides(),
            "offset": array.offset(),
            "requires_grad": got.requires_grad,
            "parameter": got.is_parameter,
        });
        for (name, got) in form.as_object().into_iter().flatten() {
            let expected = match &expected[name] {
                Value::Null => &Value::Bool(false),
                expected => expected,
            };
            if got != expected {
                return Err(format!("{name}: got {got}, expected {expected}"));
            }
        }
        let stored = expected["t"].as_str().and_then(|key| self.file.tensor(key));
        let contents = Contents {
            dtype: array.dtype(),
            shape: array.shape().to_vec(),
            bytes: array.to_bytes().map_err(|error| error.to_string())?,
        };
        compare::tensors(
            &contents,
            &stored.ok_or("not stored")?,
            Tolerance::default(),
        )?;
        let number = expected["storage"].as_u64().ok_or("no storage")?;
        for (other, earlier) in &self.storages {
            let shares = array.shares_storage_with(earlier);
            if shares != (*other == number) && array.numel() > 0 && earlier.numel() > 0 {
                return Err(format!("shares memory with storage {other}: {shares}"));
            }
        }
        self.storages.push((number, array.clone()));
        Ok(())
    }
}
