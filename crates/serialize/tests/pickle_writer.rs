//! Pickles in the form `torch.save` writes them, and in forms it never would.

/// Appends opcodes to a pickle of protocol 2.
#[derive(Clone)]
pub struct PickleWriter(Vec<u8>);

impl PickleWriter {
    pub fn new() -> PickleWriter {
        PickleWriter(vec![0x80, 2])
    }

    /// Opcodes and arguments as they are.
    pub fn raw(mut self, bytes: &[u8]) -> PickleWriter {
        self.0.extend_from_slice(bytes);
        self
    }

    pub fn text(self, text: &str) -> PickleWriter {
        let length = text.len() as u32;
        self.raw(b"X")
            .raw(&length.to_le_bytes())
            .raw(text.as_bytes())
    }

    /// An integer of 64 bits.
    pub fn integer(self, value: i64) -> PickleWriter {
        self.raw(&[0x8a, 8]).raw(&value.to_le_bytes())
    }

    pub fn integers(self, values: &[i64]) -> PickleWriter {
        let begun = self.raw(b"(");
        values
            .iter()
            .fold(begun, |writer, &value| writer.integer(value))
            .raw(b"t")
    }

    pub fn global(self, module: &str, name: &str) -> PickleWriter {
        self.raw(format!("c{module}\n{name}\n").as_bytes())
    }

    /// A storage as zip files refer to it.
    pub fn storage(self, class: &str, key: &str, elements: i64) -> PickleWriter {
        self.raw(b"(")
            .text("storage")
            .global("torch", class)
            .text(key)
            .text("cpu")
            .integer(elements)
            .raw(b"tQ")
    }

    /// A tensor over the float storage `key`.
    pub fn tensor(
        self,
        key: &str,
        elements: i64,
        offset: i64,
        shape: &[i64],
        strides: &[i64],
    ) -> PickleWriter {
        self.global("torch._utils", "_rebuild_tensor_v2")
            .raw(b"(")
            .storage("FloatStorage", key, elements)
            .integer(offset)
            .integers(shape)
            .integers(strides)
            .raw(b"\x89N")
            .raw(b"tR")
    }

    /// The finished pickle.
    pub fn stop(mut self) -> Vec<u8> {
        self.0.push(b'.');
        self.0
    }
}
