//! The loop over the opcodes.

use std::collections::HashMap;
use std::sync::Arc;

use super::globals::Global;
use super::heap::{Heap, Id, Node, OrderedDictNode};
use super::{PART, integer, opcode};
use crate::stream::Stream;
use crate::{Error, Result};

/// The longest line of a text opcode: a dotted Python name.
const MAX_LINE: usize = 1024;

/// What a container format does with the persistent ids in its pickle.
pub(crate) trait Persistent {
    /// The object that `id` stands for.
    fn resolve(&mut self, heap: &Heap, id: Id) -> Result<Node>;
}

/// A pickle that may hold no persistent ids.
pub(crate) struct Plain;

impl Persistent for Plain {
    fn resolve(&mut self, _: &Heap, _: Id) -> Result<Node> {
        Err(Error::malformed(PART, "a persistent id where none belongs"))
    }
}

/// What a pickle built.
pub(crate) struct Pickle {
    pub(crate) heap: Heap,
    /// The outermost object.
    pub(crate) root: Id,
    /// The length of the pickle in bytes.
    pub(crate) length: u64,
}

impl Pickle {
    pub(crate) fn root(&self) -> &Node {
        self.heap.get(self.root)
    }
}

/// Runs the pickle that starts at the position of `stream`, up to and including its STOP.
pub(crate) fn run(stream: &mut Stream<'_>, persistent: &mut dyn Persistent) -> Result<Pickle> {
    let start = stream.position();
    let mut machine = Machine {
        stream,
        start,
        persistent,
        heap: Heap::default(),
        stack: Vec::new(),
        marks: Vec::new(),
        memo: HashMap::new(),
    };
    loop {
        let operation = machine.stream.u8()?;
        if operation == opcode::STOP {
            let root = machine.pop()?;
            let length = machine.stream.position() - start;
            return Ok(Pickle {
                heap: machine.heap,
                root,
                length,
            });
        }
        machine.step(operation)?;
    }
}

pub(super) struct Machine<'m, 's> {
    stream: &'m mut Stream<'s>,
    start: u64,
    persistent: &'m mut dyn Persistent,
    pub(super) heap: Heap,
    stack: Vec<Id>,
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl Machine<'_, '_> {
    fn step(&mut self, operation: u8) -> Result<()> {
        match operation {
            opcode::PROTO => self.protocol(),
            opcode::FRAME => self.frame(),
            opcode::MARK => {
                self.marks.push(self.stack.len());
                Ok(())
            }
            opcode::POP => self.pop().map(drop),
            opcode::POP_MARK => self.pop_mark().map(drop),
            opcode::DUP => {
                let top = self.top()?;
                self.stack.push(top);
                Ok(())
            }

            opcode::NONE => self.push(Node::None),
            opcode::NEWTRUE => self.push(Node::Bool(true)),
            opcode::NEWFALSE => self.push(Node::Bool(false)),
            opcode::BININT => {
                let value = self.stream.i32()?;
                self.push(Node::Int(value.into()))
            }
            opcode::BININT1 => {
                let value = self.stream.u8()?;
                self.push(Node::Int(value.into()))
            }
            opcode::BININT2 => {
                let value = self.stream.u16()?;
                self.push(Node::Int(value.into()))
            }
            opcode::INT => {
                let line = self.stream.line(MAX_LINE)?;
                self.push(integer::from_text(&line)?)
            }
            opcode::LONG1 => {
                let length = self.stream.u8()?;
                self.push_long(length.into())
            }
            opcode::LONG4 => {
                let length = self.stream.u32()?;
                self.push_long(length.into())
            }
            opcode::BINFLOAT => {
                let bytes = self.stream.array()?;
                self.push(Node::Float(f64::from_be_bytes(bytes)))
            }

            opcode::SHORT_BINSTRING => {
                let length = self.stream.u8()?;
                self.push_string(length.into())
            }
            opcode::BINSTRING => {
                let length = self.stream.u32()?;
                self.push_string(length.into())
            }
            opcode::SHORT_BINUNICODE => {
                let length = self.stream.u8()?;
                self.push_text(length.into())
            }
            opcode::BINUNICODE => {
                let length = self.stream.u32()?;
                self.push_text(length.into())
            }
            opcode::BINUNICODE8 => {
                let length = self.stream.u64()?;
                self.push_text(length)
            }
            opcode::SHORT_BINBYTES => {
                let length = self.stream.u8()?;
                self.push_bytes(length.into())
            }
            opcode::BINBYTES => {
                let length = self.stream.u32()?;
                self.push_bytes(length.into())
            }
            opcode::BINBYTES8 | opcode::BYTEARRAY8 => {
                let length = self.stream.u64()?;
                self.push_bytes(length)
            }

            opcode::EMPTY_LIST => self.push(Node::List(Vec::new())),
            opcode::EMPTY_TUPLE => self.push(Node::Tuple(Vec::new())),
            opcode::EMPTY_DICT => self.push(Node::Dict(Vec::new())),
            opcode::EMPTY_SET => self.push(Node::Set(Vec::new())),
            opcode::LIST => {
                let items = self.pop_mark()?;
                self.push(Node::List(items))
            }
            opcode::TUPLE => {
                let items = self.pop_mark()?;
                self.push(Node::Tuple(items))
            }
            opcode::TUPLE1 => self.push_tuple(1),
            opcode::TUPLE2 => self.push_tuple(2),
            opcode::TUPLE3 => self.push_tuple(3),
            opcode::DICT => {
                let items = self.pop_mark()?;
                self.push(Node::Dict(Vec::new()))?;
                self.set_items(items)
            }
            opcode::APPEND => {
                let item = self.pop()?;
                self.append(vec![item])
            }
            opcode::APPENDS => {
                let items = self.pop_mark()?;
                self.append(items)
            }
            opcode::ADDITEMS => {
                let items = self.pop_mark()?;
                self.add_to_set(items)
            }
            opcode::SETITEM => {
                let items = self.pop_many(2)?;
                self.set_items(items)
            }
            opcode::SETITEMS => {
                let items = self.pop_mark()?;
                self.set_items(items)
            }

            opcode::BINPUT => {
                let slot = self.stream.u8()?;
                self.memoize(slot.into())
            }
            opcode::LONG_BINPUT => {
                let slot = self.stream.u32()?;
                self.memoize(slot)
            }
            opcode::MEMOIZE => self.memoize(self.memo.len() as u32),
            opcode::BINGET => {
                let slot = self.stream.u8()?;
                self.recall(slot.into())
            }
            opcode::LONG_BINGET => {
                let slot = self.stream.u32()?;
                self.recall(slot)
            }

            opcode::GLOBAL => {
                let module = self.stream.line(MAX_LINE)?;
                let name = self.stream.line(MAX_LINE)?;
                let (module, name) = (utf8(module)?, utf8(name)?);
                self.push(Node::Global(Global::find(&module, &name)?))
            }
            opcode::STACK_GLOBAL => self.stack_global(),
            opcode::REDUCE | opcode::NEWOBJ => {
                let arguments = self.pop()?;
                let function = self.pop()?;
                let result = self.call(function, arguments)?;
                self.push(result)
            }
            opcode::BUILD => self.build(),
            opcode::BINPERSID => {
                let id = self.pop()?;
                let node = self.persistent.resolve(&self.heap, id)?;
                if let Node::Tensor(tensor) = &node {
                    self.charge_copy(tensor.layout.shape.len())?;
                }
                self.push(node)
            }
            other => Err(Error::unsupported(PART, format!("opcode 0x{other:02x}"))),
        }
    }

    fn protocol(&mut self) -> Result<()> {
        match self.stream.u8()? {
            0..=5 => Ok(()),
            other => Err(Error::unsupported(PART, format!("protocol {other}"))),
        }
    }

    /// A frame only tells a reader how much to buffer; it must not announce what is not there.
    fn frame(&mut self) -> Result<()> {
        let (length, left) = (self.stream.u64()?, self.stream.remaining());
        match length > left {
            true => Err(Error::malformed(
                PART,
                format!("a frame of {length} bytes, {left} left"),
            )),
            false => Ok(()),
        }
    }

    fn push_long(&mut self, length: u64) -> Result<()> {
        let limit = integer::MAX_BYTES as u64;
        if length > limit {
            let what = "bytes in an integer";
            return Err(Error::Limit {
                part: PART,
                what,
                limit,
            });
        }
        let bytes = self.stream.bytes(length)?;
        self.push(integer::from_bytes(&bytes))
    }

    fn push_text(&mut self, length: u64) -> Result<()> {
        let text = utf8(self.stream.bytes(length)?)?;
        self.push(Node::Str(Arc::from(text)))
    }

    /// A string of Python 2, which is text or bytes.
    fn push_string(&mut self, length: u64) -> Result<()> {
        let string = String::from_utf8(self.stream.bytes(length)?);
        self.push(match string {
            Ok(text) => Node::Str(Arc::from(text)),
            Err(error) => Node::Bytes(Arc::from(error.into_bytes())),
        })
    }

    fn push_bytes(&mut self, length: u64) -> Result<()> {
        let bytes = self.stream.bytes(length)?;
        self.push(Node::Bytes(Arc::from(bytes)))
    }

    fn push_tuple(&mut self, length: usize) -> Result<()> {
        let items = self.pop_many(length)?;
        self.push(Node::Tuple(items))
    }

    fn append(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        match self.heap.get_mut(top) {
            Node::List(list) => {
                list.extend(items);
                Ok(())
            }
            other => Err(Error::malformed(
                PART,
                format!("append to {}", other.kind()),
            )),
        }
    }

    fn add_to_set(&mut self, items: Vec<Id>) -> Result<()> {
        let top = self.top()?;
        match self.heap.get_mut(top) {
            Node::Set(set) => {
                set.extend(items);
                Ok(())
            }
            other => Err(Error::malformed(PART, format!("add to {}", other.kind()))),
        }
    }

    /// Enters alternating keys and values into the dict on top of the stack.
    fn set_items(&mut self, items: Vec<Id>) -> Result<()> {
        if !items.len().is_multiple_of(2) {
            return Err(Error::malformed(PART, "a key without a value"));
        }
        let top = self.top()?;
        let added = items.chunks_exact(2).map(|pair| (pair[0], pair[1]));
        match self.heap.get_mut(top) {
            Node::Dict(entries) => entries.extend(added),
            Node::OrderedDict(dict) => dict.entries.extend(added),
            other => {
                return Err(Error::malformed(
                    PART,
                    format!("set item of {}", other.kind()),
                ));
            }
        }
        Ok(())
    }

    fn stack_global(&mut self) -> Result<()> {
        let pair = self.pop_many(2)?;
        let (Node::Str(module), Node::Str(name)) = (self.heap.get(pair[0]), self.heap.get(pair[1]))
        else {
            return Err(Error::malformed(PART, "the name of a global is not text"));
        };
        let global = Global::find(module, name)?;
        self.push(Node::Global(global))
    }

    /// Restores the attributes of an object: only `_metadata` of an ordered dict is kept, and what an
    /// array of NumPy consists of.
    fn build(&mut self) -> Result<()> {
        let state = self.pop()?;
        let target = self.top()?;
        if matches!(
            self.heap.get(target),
            Node::NumpyArray(_) | Node::NumpyDType(_)
        ) {
            return self.set_numpy_state(target, state);
        }
        let Node::Dict(attributes) = self.heap.get(state) else {
            let kind = self.heap.get(state).kind();
            return Err(Error::malformed(
                PART,
                format!("attributes are a {kind}, not a dict"),
            ));
        };
        let is_metadata =
            |key: &Id| matches!(self.heap.get(*key), Node::Str(name) if &**name == "_metadata");
        let metadata = attributes
            .iter()
            .rfind(|(key, _)| is_metadata(key))
            .map(|entry| entry.1);
        match self.heap.get_mut(target) {
            Node::OrderedDict(dict) => dict.metadata = metadata.or(dict.metadata),
            Node::Tensor(_) => {}
            other => {
                return Err(Error::malformed(
                    PART,
                    format!("attributes for {}", other.kind()),
                ));
            }
        }
        Ok(())
    }

    fn memoize(&mut self, slot: u32) -> Result<()> {
        let top = self.top()?;
        self.memo.insert(slot, top);
        Ok(())
    }

    fn recall(&mut self, slot: u32) -> Result<()> {
        let id = self.memo.get(&slot);
        let id = id.ok_or_else(|| Error::malformed(PART, format!("memo {slot} is empty")))?;
        self.stack.push(*id);
        Ok(())
    }

    fn push(&mut self, node: Node) -> Result<()> {
        let id = self.heap.push(node)?;
        self.stack.push(id);
        Ok(())
    }

    /// Makes sure that copying `elements` more stays in proportion to the pickle read so far.
    pub(super) fn charge_copy(&mut self, elements: usize) -> Result<()> {
        self.heap
            .charge_copy(elements, self.stream.position() - self.start)
    }

    /// How much of the stack may be popped: an open mark protects what lies below it.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn top(&self) -> Result<Id> {
        match self.stack[self.floor()..].last() {
            Some(id) => Ok(*id),
            None => Err(empty_stack()),
        }
    }

    fn pop(&mut self) -> Result<Id> {
        let top = self.top()?;
        self.stack.pop();
        Ok(top)
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Id>> {
        match self.stack.len() - self.floor() < count {
            true => Err(empty_stack()),
            false => Ok(self.stack.split_off(self.stack.len() - count)),
        }
    }

    fn pop_mark(&mut self) -> Result<Vec<Id>> {
        let mark = self
            .marks
            .pop()
            .ok_or_else(|| Error::malformed(PART, "no mark on the stack"))?;
        Ok(self.stack.split_off(mark))
    }
}

/// A new ordered dict, as the constructors make it.
pub(super) fn ordered_dict(entries: Vec<(Id, Id)>) -> Node {
    Node::OrderedDict(Box::new(OrderedDictNode {
        entries,
        metadata: None,
    }))
}

fn utf8(bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Error::malformed(PART, format!("text is not UTF-8 from byte {at} on"))
    })
}

fn empty_stack() -> Error {
    Error::malformed(PART, "the stack is empty")
}
