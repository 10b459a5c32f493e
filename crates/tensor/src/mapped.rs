//! Arrays over the content of a file, which the system reads when it is needed.

use std::collections::BTreeMap;
use std::fs::File;
use std::sync::Arc;

use memmap2::{MmapOptions, MmapRaw};

use crate::layout::Layout;
use crate::ops::rules;
use crate::storage::Storage;
use crate::{Array, DType, Error, Result, Shape};

const OP: &str = "MappedFile";

/// A file mapped into memory. What is written to its arrays stays in memory; the file does not change.
///
/// While there are arrays over it, nobody may shorten the file or write to it: the system ends a program
/// that looks at a part which is gone, and what is written to the file may be seen in the arrays.
#[derive(Debug)]
pub struct MappedFile {
    map: Arc<MmapRaw>,
    /// Where the parts that arrays were made of begin and end.
    given: BTreeMap<usize, usize>,
}

/// A part of a mapped file that one storage owns.
#[derive(Debug)]
pub(crate) struct MappedRange {
    map: Arc<MmapRaw>,
    start: usize,
    length: usize,
}

impl MappedFile {
    /// Maps a file as long as it is now.
    ///
    /// # Errors
    /// If the system cannot map it, as an empty file or a pipe.
    pub fn new(file: &File) -> std::io::Result<MappedFile> {
        // SAFETY: the map is private, so that no write through it reaches the file; that nobody else
        // changes the file is what the documentation asks for.
        let map = unsafe { MmapOptions::new().map_copy(file)? };
        Ok(MappedFile {
            map: Arc::new(MmapRaw::from(map)),
            given: BTreeMap::new(),
        })
    }

    /// The array of the elements from byte `start` on, in row-major order. Elements that are not where
    /// memory wants them, and booleans, are copied.
    ///
    /// # Errors
    /// If the elements reach beyond the end, or some were asked for before.
    pub fn array(&mut self, start: usize, shape: &[usize], dtype: DType) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from(shape));
        let length = rules::numel(OP, layout.shape())?.checked_mul(dtype.size_in_bytes());
        let end = length.and_then(|length| start.checked_add(length));
        let (Some(length), Some(end)) = (length, end.filter(|&end| end <= self.map.len())) else {
            let got = format!(
                "{shape:?} of {dtype} from byte {start} of {}",
                self.map.len()
            );
            return Err(Error::argument(OP, "elements", got, "within the file"));
        };
        if length > 0 {
            let before = self.given.range(..end).next_back();
            if before.is_some_and(|(_, &given)| given > start) {
                let got = format!("bytes {start} to {end}");
                let expected = "apart from those that were asked for before";
                return Err(Error::argument(OP, "elements", got, expected));
            }
            self.given.insert(start, end);
        }
        let range = MappedRange {
            map: Arc::clone(&self.map),
            start,
            length,
        };
        let is_aligned = range.pointer().addr().is_multiple_of(dtype.size_in_bytes());
        if !is_aligned || dtype == DType::Bool || cfg!(target_endian = "big") {
            // SAFETY: no array has this range, and none will: it is among those given.
            let bytes = unsafe { std::slice::from_raw_parts(range.pointer(), length) };
            return Array::from_bytes(bytes, shape, dtype);
        }
        Ok(Array::over(Storage::mapped(range), layout, dtype))
    }
}

impl MappedRange {
    pub(crate) fn pointer(&self) -> *mut u8 {
        // SAFETY: the start is at most the length of the map.
        unsafe { self.map.as_mut_ptr().add(self.start) }
    }

    pub(crate) fn len(&self) -> usize {
        self.length
    }
}
