//! Writing a value as the pickle of protocol 2 that `torch.save` writes.
//!
//! Only opcodes and globals appear that `torch.load(weights_only=True)` accepts.

use rushlight_tensor::Array;

use super::globals::class_prefix;
use super::{PART, integer, opcode};
use crate::{Error, LoadedTensor, Result, Value};

/// Where a tensor's elements go while its pickle is written.
pub(crate) trait Store {
    /// The name of the storage that `array` views, and the number of elements that it has.
    fn store(&mut self, array: &Array) -> Result<(String, usize)>;
}

/// What remains to be written: values, and the opcodes between them.
enum Step<'a> {
    Value(&'a Value),
    Opcodes(&'static [u8]),
    Text(&'static str),
}

/// Writes `value`; the elements of its tensors go to `store`.
pub(crate) fn to_bytes(value: &Value, store: &mut dyn Store) -> Result<Vec<u8>> {
    let mut writer = Writer {
        bytes: vec![opcode::PROTO, 2],
        store,
    };
    let mut steps = vec![Step::Value(value)];
    while let Some(step) = steps.pop() {
        match step {
            Step::Opcodes(opcodes) => writer.bytes.extend(opcodes),
            Step::Text(text) => writer.text(text)?,
            Step::Value(value) => {
                let later = steps.len();
                writer.value(value, &mut steps)?;
                steps[later..].reverse();
            }
        }
    }
    writer.bytes.push(opcode::STOP);
    Ok(writer.bytes)
}

struct Writer<'s> {
    bytes: Vec<u8>,
    store: &'s mut dyn Store,
}

impl Writer<'_> {
    /// Writes the beginning of `value`, and puts what follows it on `steps` in order.
    fn value<'a>(&mut self, value: &'a Value, steps: &mut Vec<Step<'a>>) -> Result<()> {
        match value {
            Value::None => self.bytes.push(opcode::NONE),
            Value::Bool(value) => self.boolean(*value),
            Value::Int(value) => self.integer(*value),
            Value::BigInt(digits) => self.big_integer(digits)?,
            Value::Float(value) => self.float(*value),
            Value::Complex(real, imaginary) => {
                self.global("__builtin__", "complex");
                self.float(*real);
                self.float(*imaginary);
                self.bytes.extend([opcode::TUPLE2, opcode::REDUCE]);
            }
            Value::Str(text) => self.text(text)?,
            Value::Bytes(bytes) => {
                self.global("_codecs", "encode");
                self.text(
                    &bytes
                        .iter()
                        .map(|&byte| char::from(byte))
                        .collect::<String>(),
                )?;
                self.text("latin1")?;
                self.bytes.extend([opcode::TUPLE2, opcode::REDUCE]);
            }
            Value::List(items) => {
                self.bytes.extend([opcode::EMPTY_LIST, opcode::MARK]);
                steps.extend(items.iter().map(Step::Value));
                steps.push(Step::Opcodes(&[opcode::APPENDS]));
            }
            Value::Tuple(items) => {
                self.bytes.push(opcode::MARK);
                steps.extend(items.iter().map(Step::Value));
                steps.push(Step::Opcodes(&[opcode::TUPLE]));
            }
            Value::Set(items) => {
                self.global("__builtin__", "set");
                self.bytes.extend([opcode::EMPTY_LIST, opcode::MARK]);
                steps.extend(items.iter().map(Step::Value));
                steps.push(Step::Opcodes(&[
                    opcode::APPENDS,
                    opcode::TUPLE1,
                    opcode::REDUCE,
                ]));
            }
            Value::Dict(entries) => {
                self.bytes.push(opcode::EMPTY_DICT);
                items_of(entries, steps);
            }
            Value::OrderedDict { entries, metadata } => {
                self.ordered_dict();
                items_of(entries, steps);
                if let Some(metadata) = metadata {
                    steps.push(Step::Opcodes(&[opcode::EMPTY_DICT]));
                    steps.push(Step::Text("_metadata"));
                    steps.push(Step::Opcodes(EMPTY_ORDERED_DICT));
                    items_of(metadata, steps);
                    steps.push(Step::Opcodes(&[opcode::SETITEM, opcode::BUILD]));
                }
            }
            Value::Size(sizes) => {
                self.global("torch", "Size");
                self.integers(sizes.iter().copied());
                self.bytes.extend([opcode::TUPLE1, opcode::REDUCE]);
            }
            Value::DType(dtype) => self.global("torch", dtype.name()),
            Value::Device(device) => self.device(device)?,
            Value::Layout(layout) => {
                self.global("torch.serialization", "_get_layout");
                self.text(layout)?;
                self.bytes.extend([opcode::TUPLE1, opcode::REDUCE]);
            }
            Value::Tensor(tensor) => self.tensor(tensor)?,
        }
        Ok(())
    }

    fn tensor(&mut self, tensor: &LoadedTensor) -> Result<()> {
        if tensor.is_parameter {
            self.global("torch._utils", "_rebuild_parameter");
        }
        // PyTorch has no negative strides.
        let is_flipped = tensor.array.strides().iter().any(|&stride| stride < 0);
        let array = match is_flipped {
            true => tensor.array.contiguous()?,
            false => tensor.array.clone(),
        };
        let (key, elements) = self.store.store(&array)?;
        self.global("torch._utils", "_rebuild_tensor_v2");
        self.bytes.extend([opcode::MARK, opcode::MARK]);
        self.text("storage")?;
        self.global("torch", &format!("{}Storage", class_prefix(array.dtype())));
        self.text(&key)?;
        self.text("cpu")?;
        self.integer(elements as i64);
        self.bytes.extend([opcode::TUPLE, opcode::BINPERSID]);
        self.integer(array.offset() as i64);
        self.integers(array.shape().iter().map(|&size| size as i64));
        self.integers(array.strides().iter().map(|&stride| stride as i64));
        self.boolean(tensor.requires_grad && !tensor.is_parameter);
        self.ordered_dict();
        self.bytes.extend([opcode::TUPLE, opcode::REDUCE]);
        if tensor.is_parameter {
            self.boolean(tensor.requires_grad);
            self.ordered_dict();
            self.bytes.extend([opcode::TUPLE3, opcode::REDUCE]);
        }
        Ok(())
    }

    fn device(&mut self, device: &str) -> Result<()> {
        self.global("torch", "device");
        match device
            .split_once(':')
            .map(|(kind, index)| (kind, index.parse()))
        {
            Some((kind, Ok(index))) => {
                self.text(kind)?;
                self.integer(index);
                self.bytes.push(opcode::TUPLE2);
            }
            _ => {
                self.text(device)?;
                self.bytes.push(opcode::TUPLE1);
            }
        }
        self.bytes.push(opcode::REDUCE);
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) {
        self.bytes.push(opcode::GLOBAL);
        self.bytes
            .extend(format!("{module}\n{name}\n").into_bytes());
    }

    fn ordered_dict(&mut self) {
        self.bytes.extend(EMPTY_ORDERED_DICT);
    }

    fn boolean(&mut self, value: bool) {
        self.bytes.push(if value {
            opcode::NEWTRUE
        } else {
            opcode::NEWFALSE
        });
    }

    fn float(&mut self, value: f64) {
        self.bytes.push(opcode::BINFLOAT);
        self.bytes.extend(value.to_be_bytes());
    }

    fn integer(&mut self, value: i64) {
        if let Ok(value) = u8::try_from(value) {
            self.bytes.extend([opcode::BININT1, value]);
        } else if let Ok(value) = u16::try_from(value) {
            self.bytes.push(opcode::BININT2);
            self.bytes.extend(value.to_le_bytes());
        } else if let Ok(value) = i32::try_from(value) {
            self.bytes.push(opcode::BININT);
            self.bytes.extend(value.to_le_bytes());
        } else {
            self.bytes.extend([opcode::LONG1, 8]);
            self.bytes.extend(value.to_le_bytes());
        }
    }

    fn big_integer(&mut self, digits: &str) -> Result<()> {
        let bytes = integer::to_bytes(digits)
            .ok_or_else(|| Error::unsupported(PART, format!("the int {digits}")))?;
        self.bytes.extend([opcode::LONG1, bytes.len() as u8]);
        self.bytes.extend(bytes);
        Ok(())
    }

    fn integers(&mut self, values: impl Iterator<Item = i64>) {
        self.bytes.push(opcode::MARK);
        values.for_each(|value| self.integer(value));
        self.bytes.push(opcode::TUPLE);
    }

    fn text(&mut self, text: &str) -> Result<()> {
        let length = u32::try_from(text.len())
            .map_err(|_| Error::unsupported(PART, format!("{} bytes of text", text.len())))?;
        self.bytes.push(opcode::BINUNICODE);
        self.bytes.extend(length.to_le_bytes());
        self.bytes.extend(text.as_bytes());
        Ok(())
    }
}

/// The call that makes an ordered dict.
const EMPTY_ORDERED_DICT: &[u8] = b"ccollections\nOrderedDict\n)R";

/// Fills the dict that was begun with `entries`.
fn items_of<'a>(entries: &'a [(Value, Value)], steps: &mut Vec<Step<'a>>) {
    steps.push(Step::Opcodes(&[opcode::MARK]));
    steps.extend(
        entries
            .iter()
            .flat_map(|(key, value)| [Step::Value(key), Step::Value(value)]),
    );
    steps.push(Step::Opcodes(&[opcode::SETITEMS]));
}
