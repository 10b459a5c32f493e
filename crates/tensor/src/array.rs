//! [`Array`]: strided data on a device, shared until it is written.

use crate::backend::Backend;
use crate::dtype::with_dtype;
use crate::layout::Layout;
use crate::ops::rules;
use crate::{DType, Device, Element, Error, Result, Scalar, Shape, Storage};
use std::sync::Arc;

/// Strided data of one dtype on one device.
///
/// Arrays are values: a clone or a view shares the storage, and a write first copies a storage that
/// is shared. So nobody ever sees a change made through another array.
#[derive(Clone, Debug)]
pub struct Array {
    storage: Arc<Storage>,
    layout: Layout,
    dtype: DType,
}

/// Making arrays.
impl Array {
    /// Uninitialised memory for `layout`, which starts at offset 0 and is dense.
    pub(crate) fn uninit(
        op: &'static str,
        layout: Layout,
        dtype: DType,
        device: Device,
    ) -> Result<Array> {
        let numel = layout.checked_numel(op)?;
        let bytes = numel
            .checked_mul(dtype.size_in_bytes())
            .filter(|&bytes| bytes <= isize::MAX as usize)
            .ok_or_else(|| Error::Overflow {
                op,
                shape: layout.shape().clone(),
            })?;
        let storage = device.backend(op)?.allocate(op, bytes, device)?;
        Ok(Array {
            storage: Arc::new(storage),
            layout,
            dtype,
        })
    }

    /// All of a storage.
    #[cfg(feature = "mmap")]
    pub(crate) fn over(storage: Storage, layout: Layout, dtype: DType) -> Array {
        Array {
            storage: Arc::new(storage),
            layout,
            dtype,
        }
    }

    /// A contiguous array with one number everywhere.
    pub fn full(shape: &[usize], value: Scalar, dtype: DType, device: Device) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from(shape));
        let mut out = Array::uninit("full", layout, dtype, device)?;
        out.backend("full")?.fill(value, &mut out)?;
        Ok(out)
    }

    /// A 0-d array.
    pub fn scalar(value: Scalar, dtype: DType, device: Device) -> Result<Array> {
        Array::full(&[], value, dtype, device)
    }

    /// Row-major elements from main memory; their number must be that of the shape.
    pub fn from_slice<T: Element>(data: &[T], shape: &[usize]) -> Result<Array> {
        let layout = Layout::contiguous(Shape::from(shape));
        if rules::numel("from_slice", layout.shape())? != data.len() {
            let expected = format!("the {} elements given", data.len());
            return Err(Error::shape("from_slice", shape, expected));
        }
        let mut out = Array::uninit("from_slice", layout, T::DTYPE, Device::Cpu)?;
        out.dense_slice_mut::<T>().copy_from_slice(data);
        Ok(out)
    }

    /// Row-major elements as little-endian bytes; a boolean is true unless its byte is 0.
    pub fn from_bytes(bytes: &[u8], shape: &[usize], dtype: DType) -> Result<Array> {
        const OP: &str = "from_bytes";
        let layout = Layout::contiguous(Shape::from(shape));
        let numel = rules::numel(OP, layout.shape())?;
        if numel.checked_mul(dtype.size_in_bytes()) != Some(bytes.len()) {
            let expected = format!("{} bytes of {}", bytes.len(), dtype.name());
            return Err(Error::shape(OP, shape, expected));
        }
        let mut out = Array::uninit(OP, layout, dtype, Device::Cpu)?;
        let storage = Arc::get_mut(&mut out.storage).expect("a new array is not shared");
        let target = storage.cpu_bytes_mut();
        target.copy_from_slice(bytes);
        if dtype == DType::Bool {
            target
                .iter_mut()
                .for_each(|byte| *byte = (*byte != 0) as u8);
        }
        if cfg!(target_endian = "big") {
            target
                .chunks_exact_mut(dtype.size_in_bytes())
                .for_each(|element| element.reverse());
        }
        Ok(out)
    }
}

/// What an array is.
impl Array {
    /// Sizes of the dimensions.
    pub fn shape(&self) -> &Shape {
        self.layout.shape()
    }

    /// Distance in elements between neighbours along each dimension.
    pub fn strides(&self) -> &[isize] {
        self.layout.strides()
    }

    /// Position of the first element in the storage.
    pub fn offset(&self) -> usize {
        self.layout.offset()
    }

    /// Shape, strides and offset.
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The number of dimensions.
    pub fn rank(&self) -> usize {
        self.layout.rank()
    }

    /// The number of elements.
    pub fn numel(&self) -> usize {
        self.layout.numel()
    }

    /// The type of the elements.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Where the data lives.
    pub fn device(&self) -> Device {
        self.storage.device
    }

    /// The memory behind the array.
    pub fn storage(&self) -> &Storage {
        &self.storage
    }

    /// Whether both arrays view the same memory.
    pub fn shares_storage_with(&self, other: &Array) -> bool {
        Arc::ptr_eq(&self.storage, &other.storage)
    }

    /// Whether a write would happen in place: nobody else views the storage.
    pub fn is_unshared(&self) -> bool {
        Arc::strong_count(&self.storage) == 1
    }

    /// Whether the elements lie row-major without gaps.
    pub fn is_contiguous(&self) -> bool {
        self.layout.is_contiguous()
    }

    pub(crate) fn backend(&self, op: &'static str) -> Result<&'static dyn Backend> {
        self.storage.device.backend(op)
    }
}

/// Reading elements.
impl Array {
    /// The elements in row-major order; T must be the array's own type.
    pub fn to_vec<T: Element>(&self) -> Result<Vec<T>> {
        rules::dtype(
            "to_vec",
            self.dtype,
            T::DTYPE == self.dtype,
            T::DTYPE.name(),
        )?;
        let dense = self.to_device(Device::Cpu)?.contiguous()?;
        Ok(dense.dense_slice::<T>().to_vec())
    }

    /// The elements in row-major order as little-endian bytes.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let dense = self.to_device(Device::Cpu)?.contiguous()?;
        let size = self.dtype.size_in_bytes();
        let start = dense.offset() * size;
        let mut bytes = dense.storage.cpu_bytes()[start..start + dense.numel() * size].to_vec();
        if cfg!(target_endian = "big") {
            bytes
                .chunks_exact_mut(size)
                .for_each(|element| element.reverse());
        }
        Ok(bytes)
    }

    /// The single element of an array that has one.
    pub fn item(&self) -> Result<Scalar> {
        if self.numel() != 1 {
            return Err(Error::shape("item", self.shape(), "exactly one element"));
        }
        let x = self.to_device(Device::Cpu)?;
        Ok(with_dtype!(x.dtype, T => {
            // SAFETY: the array has one element, of type T.
            let element = unsafe { *x.cpu_ptr().cast::<T>() };
            match x.dtype {
                DType::Bool => Scalar::Bool(element.to_i64() != 0),
                dtype if dtype.is_floating_point() => Scalar::Float(element.to_f64()),
                _ => Scalar::Int(element.to_i64()),
            }
        }))
    }

    /// Pointer to the first element in main memory.
    pub(crate) fn cpu_ptr(&self) -> *const u8 {
        // SAFETY: a layout's offset lies inside its storage, or at its end where it is empty.
        unsafe {
            self.storage
                .cpu_pointer()
                .add(self.offset() * self.dtype.size_in_bytes())
        }
    }

    /// Pointer to the first element in main memory, for a kernel that owns the output.
    pub(crate) fn cpu_ptr_mut(&mut self) -> *mut u8 {
        self.storage.derived.forget();
        self.cpu_ptr().cast_mut()
    }

    /// The elements of a dense array in memory order.
    pub(crate) fn dense_slice<T: Element>(&self) -> &[T] {
        debug_assert!(self.layout.is_dense() && self.dtype == T::DTYPE);
        // SAFETY: a dense layout covers `numel` elements of type T from its offset on.
        unsafe { std::slice::from_raw_parts(self.cpu_ptr().cast(), self.numel()) }
    }

    /// The elements of a dense array that a kernel owns, in memory order.
    pub(crate) fn dense_slice_mut<T: Element>(&mut self) -> &mut [T] {
        debug_assert!(self.layout.is_dense() && self.dtype == T::DTYPE && self.is_unshared());
        // SAFETY: as above, and the storage is unshared.
        unsafe { std::slice::from_raw_parts_mut(self.cpu_ptr_mut().cast(), self.numel()) }
    }
}

/// Copies and conversions.
impl Array {
    /// The same elements row-major without gaps; free where they are already.
    pub fn contiguous(&self) -> Result<Array> {
        if self.is_contiguous() {
            return Ok(self.clone());
        }
        self.copy_to_layout(Layout::contiguous(self.shape().clone()), self.dtype)
    }

    /// The same elements in another dtype; free where it is the same.
    pub fn to_dtype(&self, dtype: DType) -> Result<Array> {
        if self.dtype == dtype {
            return Ok(self.clone());
        }
        self.copy_to_layout(Layout::dense_like(&self.layout), dtype)
    }

    /// A copy with its own storage, in the same memory format.
    pub fn copied(&self) -> Result<Array> {
        self.copy_to_layout(Layout::dense_like(&self.layout), self.dtype)
    }

    /// A copy whose dimensions are nested in the given order, outermost first.
    pub(crate) fn copy_to_layout(&self, layout: Layout, dtype: DType) -> Result<Array> {
        let mut out = Array::uninit("copy", layout, dtype, self.device())?;
        self.backend("copy")?.copy(self, &mut out)?;
        Ok(out)
    }

    /// The same elements on another device; free where they are there already.
    pub fn to_device(&self, device: Device) -> Result<Array> {
        const OP: &str = "to";
        if self.device() == device {
            return Ok(self.clone());
        }
        let size = self.numel() * self.dtype.size_in_bytes();
        let layout = Layout::contiguous(self.shape().clone());
        let is_all = self.is_contiguous() && self.storage.len_in_bytes() == size;
        let bytes = match is_all {
            true => self.backend(OP)?.download(&self.storage)?,
            false => {
                let dense = self.copy_to_layout(layout.clone(), self.dtype)?;
                self.backend(OP)?.download(&dense.storage)?
            }
        };
        let backend = device.backend(OP)?;
        let mut storage = backend.allocate(OP, bytes.len(), device)?;
        backend.upload(&bytes, &mut storage)?;
        Ok(Array {
            storage: Arc::new(storage),
            layout,
            dtype: self.dtype,
        })
    }

    /// Overwrites the elements with those of `source`, broadcast and converted.
    pub fn copy_from(&mut self, source: &Array) -> Result<()> {
        const OP: &str = "copy_";
        let source = source.to_device(self.device())?;
        let source = source.broadcast_to(OP, self.shape())?;
        if self.numel() == 0 {
            return Ok(());
        }
        self.make_unshared()?;
        self.backend(OP)?.copy(&source, self)
    }

    /// A copy with the elements at the places that the view `place` picks overwritten.
    pub fn with_written(
        mut self,
        place: impl FnOnce(&Array) -> Result<Array>,
        source: &Array,
    ) -> Result<Array> {
        const OP: &str = "copy_";
        self.make_unshared()?;
        let mut part = place(&self)?;
        if !part.shares_storage_with(&self) {
            return Err(Error::argument(
                OP,
                "place",
                "another array",
                "a view of the array",
            ));
        }
        let source = source
            .to_device(self.device())?
            .broadcast_to(OP, part.shape())?;
        if part.numel() > 0 {
            part.backend(OP)?.copy(&source, &mut part)?;
        }
        Ok(self)
    }

    /// Gives the array a storage of its own, without overlaps, unless it has one.
    pub(crate) fn make_unshared(&mut self) -> Result<()> {
        if !self.is_unshared() || !self.layout.is_dense() {
            *self = self.copied()?;
        }
        self.storage.derived.forget();
        Ok(())
    }

    /// Another view of the same storage.
    pub(crate) fn with_layout(&self, layout: Layout) -> Array {
        Array {
            storage: Arc::clone(&self.storage),
            layout,
            dtype: self.dtype,
        }
    }
}
