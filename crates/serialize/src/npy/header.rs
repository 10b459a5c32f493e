//! The description of the array: `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`.

use rushlight_tensor::{Array, DType};

use super::{MAGIC, PART};
use crate::layout::MAX_DIMS;
use crate::stream::Stream;
use crate::{Error, Result};

/// The longest header read; those of plain arrays have about a hundred bytes.
const MAX_LENGTH: u64 = 64 << 10;
/// The elements start at a multiple of this.
const ALIGNMENT: usize = 64;

/// The types of both libraries by the second half of their name in NumPy.
const DTYPES: &[(&str, DType)] = &[
    ("f4", DType::F32),
    ("f8", DType::F64),
    ("f2", DType::F16),
    ("i8", DType::I64),
    ("i4", DType::I32),
    ("i2", DType::I16),
    ("i1", DType::I8),
    ("u1", DType::U8),
    ("b1", DType::Bool),
];

/// What a file says about its elements.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) dtype: DType,
    pub(super) is_big_endian: bool,
    pub(super) is_fortran: bool,
    pub(super) shape: Vec<usize>,
}

impl Header {
    /// The row-major, little-endian form that `array` is written in.
    pub(super) fn of(array: &Array) -> Header {
        let (dtype, shape) = (array.dtype(), array.shape().to_vec());
        Header {
            dtype,
            is_big_endian: false,
            is_fortran: false,
            shape,
        }
    }

    /// Reads what precedes the elements.
    pub(super) fn read(stream: &mut Stream<'_>) -> Result<Header> {
        if stream.bytes(MAGIC.len() as u64)? != MAGIC {
            return Err(malformed("the magic bytes are missing"));
        }
        let length = match stream.array()? {
            [1, 0] => stream.u16()?.into(),
            [2 | 3, 0] => stream.u32()?.into(),
            [major, minor] => {
                return Err(Error::unsupported(PART, format!("version {major}.{minor}")));
            }
        };
        if length > MAX_LENGTH {
            return Err(Error::Limit {
                part: PART,
                what: "bytes in the header",
                limit: MAX_LENGTH,
            });
        }
        let text = stream.bytes(length)?;
        let text = std::str::from_utf8(&text).map_err(|_| malformed("the header is not UTF-8"))?;
        Header::parse(text)
    }

    fn parse(text: &str) -> Result<Header> {
        let mut parser = Parser { rest: text };
        let (mut descr, mut fortran, mut shape) = (None, None, None);
        parser.expect("{")?;
        while !parser.accept("}") {
            let key = parser.quoted()?;
            parser.expect(":")?;
            let is_new = match key {
                "descr" => descr.replace(parser.quoted()?).is_none(),
                "fortran_order" => fortran.replace(parser.boolean()?).is_none(),
                "shape" => shape.replace(parser.sizes()?).is_none(),
                _ => false,
            };
            if !is_new {
                return Err(malformed(format!("the key {key:?} is unknown or repeated")));
            }
            if !parser.accept(",") {
                parser.expect("}")?;
                break;
            }
        }
        let (Some(descr), Some(is_fortran), Some(shape)) = (descr, fortran, shape) else {
            return Err(malformed("a key of the header is missing"));
        };
        match parser.rest.trim_ascii() {
            "" => {}
            rest => return Err(malformed(format!("{rest:?} after the header"))),
        }
        let (is_big_endian, dtype) = dtype_named(descr)?;
        Ok(Header {
            dtype,
            is_big_endian,
            is_fortran,
            shape,
        })
    }

    /// The beginning of a file, padded so that the elements are aligned.
    pub(super) fn to_bytes(&self) -> Result<Vec<u8>> {
        let known = DTYPES.iter().find(|row| row.1 == self.dtype);
        let unsupported = || Error::unsupported(PART, format!("arrays of {}", self.dtype.name()));
        let (name, _) = known.ok_or_else(unsupported)?;
        let order = if self.dtype.size_in_bytes() == 1 {
            '|'
        } else {
            '<'
        };
        let sizes: String = self.shape.iter().map(|size| format!("{size},")).collect();
        let mut text =
            format!("{{'descr': '{order}{name}', 'fortran_order': False, 'shape': ({sizes}), }}");
        let start = MAGIC.len() + 4;
        let length = (start + text.len() + 1).next_multiple_of(ALIGNMENT) - start;
        text.extend(std::iter::repeat_n(' ', length - 1 - text.len()));
        text.push('\n');
        // Even 64 dimensions of 20 digits are far from the limit of two bytes.
        Ok([
            MAGIC,
            &[1, 0],
            &(length as u16).to_le_bytes(),
            text.as_bytes(),
        ]
        .concat())
    }
}

fn dtype_named(descr: &str) -> Result<(bool, DType)> {
    let found = match descr.split_at_checked(1) {
        Some(("<" | "|", code)) => dtype_of_code(code).map(|dtype| (false, dtype)),
        Some((">", code)) => dtype_of_code(code).map(|dtype| (true, dtype)),
        _ => None,
    };
    found.ok_or_else(|| Error::unsupported(PART, format!("arrays of {descr:?}")))
}

/// The type of a code such as `u1`.
pub(crate) fn dtype_of_code(code: &str) -> Option<DType> {
    DTYPES.iter().find(|row| row.0 == code).map(|row| row.1)
}

/// The rest of a line of Python literals.
struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    fn accept(&mut self, token: &str) -> bool {
        match self.rest.trim_ascii_start().strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, token: &str) -> Result<()> {
        match self.accept(token) {
            true => Ok(()),
            false => Err(self.wrong(token)),
        }
    }

    fn quoted(&mut self) -> Result<&'a str> {
        let quote = if self.accept("\"") { '"' } else { '\'' };
        if quote == '\'' {
            self.expect("'")?;
        }
        let (text, rest) = self
            .rest
            .split_once(quote)
            .ok_or_else(|| self.wrong("a quote"))?;
        self.rest = rest;
        Ok(text)
    }

    fn boolean(&mut self) -> Result<bool> {
        match self.accept("True") {
            true => Ok(true),
            false => self.expect("False").map(|()| false),
        }
    }

    fn sizes(&mut self) -> Result<Vec<usize>> {
        let mut sizes = Vec::new();
        self.expect("(")?;
        while !self.accept(")") {
            if sizes.len() == MAX_DIMS {
                let limit = MAX_DIMS as u64;
                return Err(Error::Limit {
                    part: PART,
                    what: "dimensions",
                    limit,
                });
            }
            sizes.push(self.size()?);
            if !self.accept(",") {
                self.expect(")")?;
                break;
            }
        }
        Ok(sizes)
    }

    fn size(&mut self) -> Result<usize> {
        let text = self.rest.trim_ascii_start();
        let end = text
            .find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len());
        let (digits, rest) = text.split_at(end);
        // Python 2 marked its long integers.
        self.rest = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().map_err(|_| self.wrong("a size"))
    }

    fn wrong(&self, expected: &str) -> Error {
        let rest: String = self.rest.chars().take(20).collect();
        malformed(format!("{expected} expected in the header before {rest:?}"))
    }
}

fn malformed(problem: impl Into<String>) -> Error {
    Error::malformed(PART, problem)
}
