//! How a kernel walks several strided arrays at once.
//!
//! An output is dense, so it is walked as one run; operands are walked in the output's order, in
//! blocks. A block that already lies in memory as the kernel wants it is lent; any other is
//! gathered and converted into a small buffer first. So a kernel only ever sees plain slices.

use super::number::Number;
use super::simd::{Level, Simd, Task};
use crate::dtype::with_dtype;
use crate::layout::Layout;
use crate::{Array, DType, Element};
use smallvec::SmallVec;
use std::mem::MaybeUninit;

/// Elements in a block: the buffers of three operands stay in the first cache.
pub(crate) const BLOCK: usize = 512;
/// Elements in a block that needs no buffer.
const LENT_BLOCK: usize = 4096;
/// Blocks end where a run of at least this many elements does.
const LONG_RUN: usize = 64;

/// A dimension that an operand is walked along.
#[derive(Clone, Copy)]
struct Dim {
    size: usize,
    stride: isize,
}

/// Few are left after merging.
type Dims = SmallVec<[Dim; 2]>;

/// A dense layout as seen from one dimension: `[outer, length, inner]` in the order of memory.
pub(crate) struct Around {
    pub(crate) outer: usize,
    pub(crate) length: usize,
    pub(crate) inner: usize,
}

impl Around {
    /// `dim` is a dimension of the layout, or anything if it has none.
    pub(crate) fn new(layout: &Layout, dim: usize) -> Around {
        let order = layout.memory_order();
        let Some(place) = order.iter().position(|&other| other == dim) else {
            return Around {
                outer: 1,
                length: 1,
                inner: 1,
            };
        };
        let size = |dims: &[usize]| dims.iter().map(|&dim| layout.shape()[dim]).product();
        Around {
            outer: size(&order[..place]),
            length: layout.shape()[dim],
            inner: size(&order[place + 1..]),
        }
    }
}

/// An operand, walked in the order of an output.
pub(crate) struct Source {
    start: *const u8,
    dtype: DType,
    /// The innermost dimension; neighbours that form one run are merged.
    inner: Dim,
    /// The others, outermost first.
    outer: Dims,
    /// The bytes that the output occupies: what lies there cannot be lent while it is written.
    output: std::ops::Range<usize>,
    level: Level,
}

// SAFETY: a source only reads memory that its array keeps alive for the duration of the kernel.
unsafe impl Send for Source {}
// SAFETY: as above.
unsafe impl Sync for Source {}

impl Source {
    /// `x` has the shape of `out`.
    #[inline(always)]
    pub(crate) fn new(x: &Array, out: &Array) -> Source {
        debug_assert_eq!(x.shape(), out.shape());
        let begin = out.cpu_ptr() as usize;
        let output = begin..begin + out.numel() * out.dtype().size_in_bytes();
        // The usual case: an operand that lies as the dense output does is one run.
        if x.layout().has_strides_of(out.layout()) {
            return Source {
                start: x.cpu_ptr(),
                dtype: x.dtype(),
                inner: Dim {
                    size: x.numel(),
                    stride: 1,
                },
                outer: Dims::new(),
                output,
                level: Level::current(),
            };
        }
        Source {
            output,
            ..Source::in_order(x, &out.layout().memory_order())
        }
    }

    /// An operand alone, walked in row-major order.
    pub(crate) fn row_major(x: &Array) -> Source {
        let order: SmallVec<[usize; 6]> = (0..x.rank()).collect();
        Source::in_order(x, &order)
    }

    /// Walks the dimensions of `x` in the given order, outermost first, for an output that lies
    /// elsewhere.
    pub(crate) fn in_order(x: &Array, order: &[usize]) -> Source {
        let mut inner = Dim { size: 1, stride: 1 };
        let mut outer = Dims::new();
        for &dim in order {
            let (size, stride) = (x.shape()[dim], x.strides()[dim]);
            match inner.size {
                _ if size == 1 => {}
                1 => inner = Dim { size, stride },
                _ if inner.stride == stride * size as isize => {
                    inner.size *= size;
                    inner.stride = stride;
                }
                _ => outer.push(std::mem::replace(&mut inner, Dim { size, stride })),
            }
        }
        Source {
            start: x.cpu_ptr(),
            dtype: x.dtype(),
            inner,
            outer,
            output: 0..0,
            level: Level::current(),
        }
    }

    /// The elements `start..start + length` as the kernel's type, lent or in `buffer`.
    #[inline(always)]
    pub(crate) fn block<'a, C: Number>(
        &'a self,
        start: usize,
        length: usize,
        buffer: &'a mut Buffer<C>,
    ) -> &'a [C] {
        debug_assert!(length <= self.reach::<C>());
        if let Some(lent) = self.lend(start, length) {
            return lent;
        }
        match self.repeated(start, length) {
            Some(element) => buffer.repeat(element, length),
            None => self.collect(start, length, buffer),
        }
    }

    /// Copies the elements from `start` on into `out`, as the kernel's type.
    pub(crate) fn read<C: Number>(&self, start: usize, out: &mut [C]) {
        match self.lend(start, out.len()) {
            Some(lent) => out.copy_from_slice(lent),
            None => self.level.run_up_to_avx2(Gather {
                source: self,
                position: start,
                out,
            }),
        }
    }

    /// The elements `start..start + length` in `buffer`.
    fn collect<'a, C: Number>(
        &self,
        start: usize,
        length: usize,
        buffer: &'a mut Buffer<C>,
    ) -> &'a [C] {
        let is_constant = self.inner.stride == 0 && self.outer.is_empty();
        if is_constant && buffer.repeats(self.start, length) {
            return buffer.slice(length);
        }
        let gather = Gather {
            source: self,
            position: start,
            out: buffer.slice_mut(length),
        };
        self.level.run_up_to_avx2(gather);
        if is_constant {
            buffer.constant = (self.start, length);
        }
        buffer.slice(length)
    }

    /// The only element among `start..start + length`, if there is but one and the kernel can read it
    /// where it is.
    #[inline(always)]
    fn repeated<C: Number>(&self, start: usize, length: usize) -> Option<&C> {
        match self.inner {
            Dim { size, stride: 0 } if self.dtype == C::DTYPE && start % size + length <= size => {
                // SAFETY: the operand has the element, of C's representation.
                Some(unsafe { &*self.start.cast::<C>().offset(self.offset(start)) })
            }
            _ => None,
        }
    }

    /// The first `count` elements, if they are truth values in one run.
    pub(crate) fn truths(&self, count: usize) -> Option<&[bool]> {
        let lends = self.dtype == DType::Bool && count > 0 && self.is_run(0, count);
        // SAFETY: the operand has as many elements.
        lends.then(|| unsafe { std::slice::from_raw_parts(self.start.cast(), count) })
    }

    /// The elements `start..start + length` where they lie, if the kernel can read them there.
    #[inline(always)]
    pub(crate) fn lend<C: Number>(&self, start: usize, length: usize) -> Option<&[C]> {
        let lends = self.dtype == C::DTYPE
            && self.is_run(start, length)
            && !self.output.contains(&(self.start as usize));
        // SAFETY: the operand has `start + length` elements of C's representation, these of them in
        // one run, and does not overlap the output.
        lends.then(|| unsafe {
            let first = self.start.cast::<C>().offset(self.offset(start));
            std::slice::from_raw_parts(first, length)
        })
    }

    /// How many of `length` elements from `start` on a block should have: no more than lie in one run, if
    /// runs are long enough to be worth it.
    #[inline(always)]
    pub(crate) fn cut(&self, start: usize, length: usize) -> usize {
        let size = self.inner.size;
        match self.outer.is_empty() {
            false if size >= LONG_RUN => length.min(size - start % size),
            _ => length,
        }
    }

    /// How many elements a block may have: more where all of them are lent.
    #[inline]
    pub(crate) fn reach<C: Number>(&self) -> usize {
        match self.lends_all::<C>() {
            true => LENT_BLOCK,
            false => BLOCK,
        }
    }

    /// Whether all elements lie in one run that the kernel can read where it is.
    #[inline(always)]
    fn lends_all<C: Number>(&self) -> bool {
        self.dtype == C::DTYPE && self.is_one_run() && !self.output.contains(&(self.start as usize))
    }

    /// Whether all elements lie next to each other.
    #[inline(always)]
    fn is_one_run(&self) -> bool {
        self.inner.stride == 1 && self.outer.is_empty()
    }

    /// Whether the elements `start..start + length` lie next to each other.
    #[inline(always)]
    fn is_run(&self, start: usize, length: usize) -> bool {
        match self.inner {
            _ if self.is_one_run() => true,
            Dim { size, stride: 1 } => start % size + length <= size,
            _ => length == 1,
        }
    }

    /// Where the element at `position` lies, from the first one on.
    #[inline(always)]
    fn offset(&self, position: usize) -> isize {
        let Dim { size, stride } = self.inner;
        let Some((outermost, between)) = self.outer.split_first() else {
            return position as isize * stride;
        };
        let mut offset = (position % size) as isize * stride;
        let mut line = position / size;
        for &Dim { size, stride } in between.iter().rev() {
            offset += (line % size) as isize * stride;
            line /= size;
        }
        offset + line as isize * outermost.stride
    }

    /// # Safety
    /// `self.dtype` is T's, and the operand has at least `position + out.len()` elements.
    #[inline(always)]
    unsafe fn gather<T: Element, C: Number>(&self, position: usize, out: &mut [C]) {
        let data = self.start.cast::<T>();
        let inner = self.inner;
        let mut start = position % inner.size;
        let mut lines = LinesFrom::new(&self.outer, position / inner.size);
        let mut rest = out;
        loop {
            let (run, later) = rest.split_at_mut(rest.len().min(inner.size - start));
            let first = lines.offset + start as isize * inner.stride;
            // SAFETY: the offsets of valid positions stay inside the storage.
            unsafe { load_run(data.offset(first), inner.stride, run) };
            if later.is_empty() {
                return;
            }
            (start, rest) = (0, later);
            lines.advance();
        }
    }
}

/// Where one line after the other starts.
struct LinesFrom<'a> {
    dims: &'a [Dim],
    /// The line's place in each dimension.
    place: SmallVec<[usize; 3]>,
    offset: isize,
}

impl LinesFrom<'_> {
    #[inline(always)]
    fn new(dims: &[Dim], mut line: usize) -> LinesFrom<'_> {
        let mut place: SmallVec<[usize; 3]> = SmallVec::from_elem(0, dims.len());
        let mut offset = 0;
        for (place, dim) in place.iter_mut().zip(dims).rev() {
            *place = line % dim.size;
            line /= dim.size;
            offset += *place as isize * dim.stride;
        }
        LinesFrom {
            dims,
            place,
            offset,
        }
    }

    #[inline(always)]
    fn advance(&mut self) {
        for (place, dim) in self.place.iter_mut().zip(self.dims).rev() {
            *place += 1;
            self.offset += dim.stride;
            if *place < dim.size {
                return;
            }
            *place = 0;
            self.offset -= dim.size as isize * dim.stride;
        }
    }
}

/// Brings a block together and converts it.
struct Gather<'a, C> {
    source: &'a Source,
    position: usize,
    out: &'a mut [C],
}

impl<C: Number> Task for Gather<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: positions below the operand's number of elements lie inside its storage.
        with_dtype!(self.source.dtype, T => unsafe {
            self.source.gather::<T, C>(self.position, self.out)
        });
    }
}

/// # Safety
/// `data + i * stride` is readable for every index of `out`.
#[inline(always)]
unsafe fn load_run<T: Element, C: Number>(data: *const T, stride: isize, out: &mut [C]) {
    match stride {
        1 => {
            // SAFETY: by the caller's promise the run is readable.
            let run = unsafe { std::slice::from_raw_parts(data, out.len()) };
            for (target, &x) in out.iter_mut().zip(run) {
                *target = C::load(x);
            }
        }
        // SAFETY: the first element is readable.
        0 => out.fill(C::load(unsafe { *data })),
        -1 => {
            // SAFETY: by the caller's promise the run that ends at `data` is readable.
            let run = unsafe {
                let first = data.offset(1 - out.len() as isize);
                std::slice::from_raw_parts(first, out.len())
            };
            for (target, &x) in out.iter_mut().zip(run.iter().rev()) {
                *target = C::load(x);
            }
        }
        _ => {
            for (i, target) in out.iter_mut().enumerate() {
                // SAFETY: by the caller's promise.
                *target = C::load(unsafe { *data.offset(i as isize * stride) });
            }
        }
    }
}

/// Room for one block.
pub(crate) struct Buffer<C> {
    place: [MaybeUninit<C>; BLOCK],
    /// Which element has been repeated here, and how often, if nothing was written since.
    constant: (*const u8, usize),
}

impl<C: Number> Buffer<C> {
    #[inline(always)]
    pub(crate) fn new() -> Buffer<C> {
        Buffer {
            place: [const { MaybeUninit::uninit() }; BLOCK],
            constant: (std::ptr::null(), 0),
        }
    }

    /// Scratch to be written before it is read.
    #[inline(always)]
    pub(crate) fn slice_mut(&mut self, length: usize) -> &mut [C] {
        self.constant = (std::ptr::null(), 0);
        // SAFETY: every bit pattern is a valid number, and callers write before they read.
        unsafe { std::slice::from_raw_parts_mut(self.place.as_mut_ptr().cast(), length) }
    }

    /// Whether at least `length` repetitions of the element at `place` are here.
    #[inline(always)]
    fn repeats(&self, place: *const u8, length: usize) -> bool {
        self.constant.0 == place && self.constant.1 >= length
    }

    /// An element as often as asked for.
    #[inline(always)]
    fn repeat(&mut self, element: &C, length: usize) -> &[C] {
        let place = std::ptr::from_ref(element).cast();
        if !self.repeats(place, length) {
            self.slice_mut(length).fill(*element);
            self.constant = (place, length);
        }
        self.slice(length)
    }

    /// What has been written.
    #[inline(always)]
    fn slice(&self, length: usize) -> &[C] {
        // SAFETY: as above.
        unsafe { std::slice::from_raw_parts(self.place.as_ptr().cast(), length) }
    }
}

/// The dense output of a kernel, written in blocks by several threads.
pub(crate) struct Target {
    start: *mut u8,
    dtype: DType,
    /// Whether the output is so large that it is written past the caches, which it would only flush.
    streams: bool,
    level: Level,
}

/// Outputs of at least this many bytes are streamed.
const STREAMED_FROM: usize = 1 << 25;

// SAFETY: threads write disjoint blocks.
unsafe impl Send for Target {}
// SAFETY: as above.
unsafe impl Sync for Target {}

impl Target {
    pub(crate) fn new(out: &mut Array) -> Target {
        Target {
            start: out.cpu_ptr_mut(),
            dtype: out.dtype(),
            streams: out.numel() * out.dtype().size_in_bytes() >= STREAMED_FROM,
            level: Level::current(),
        }
    }

    /// Where to put the elements `start..start + length`: the output itself, or `buffer`, from which
    /// [`Target::put`] then moves them.
    ///
    /// # Safety
    /// The block lies inside the output and no other thread writes it.
    #[inline(always)]
    #[allow(
        clippy::mut_from_ref,
        reason = "blocks are disjoint by the caller's promise"
    )]
    pub(crate) unsafe fn lend<'a, C: Number>(
        &'a self,
        start: usize,
        length: usize,
        buffer: &'a mut Buffer<C>,
    ) -> &'a mut [C] {
        // SAFETY: by the caller's promise.
        match unsafe { self.lend_own(start, length) } {
            Some(place) => place,
            None => buffer.slice_mut(length),
        }
    }

    /// The elements `start..start + length` of the output itself, if kernels can write there.
    ///
    /// # Safety
    /// As for [`Target::lend`].
    #[inline(always)]
    #[allow(
        clippy::mut_from_ref,
        reason = "blocks are disjoint by the caller's promise"
    )]
    pub(crate) unsafe fn lend_own<C: Number>(
        &self,
        start: usize,
        length: usize,
    ) -> Option<&mut [C]> {
        // SAFETY: by the caller's promise; the output has C's representation.
        self.lends::<C>().then(|| unsafe {
            std::slice::from_raw_parts_mut(self.start.cast::<C>().add(start), length)
        })
    }

    /// Where the element `start` lies, if kernels can write there.
    #[inline(always)]
    pub(crate) fn place<C: Number>(&self, start: usize) -> Option<*mut C> {
        let place = self.start.cast::<C>().wrapping_add(start);
        self.lends::<C>().then_some(place)
    }

    #[inline(always)]
    fn lends<C: Number>(&self) -> bool {
        self.dtype == C::DTYPE && !self.streams
    }

    /// How many elements a block may have, as [`Source::reach`].
    #[inline(always)]
    pub(crate) fn reach<C: Number>(&self) -> usize {
        match self.lends::<C>() {
            true => LENT_BLOCK,
            false => BLOCK,
        }
    }

    /// Moves a block that [`Target::lend`] had a place for to the output, unless it is there.
    ///
    /// # Safety
    /// As for [`Target::lend`].
    #[inline(always)]
    pub(crate) unsafe fn put<C: Number>(&self, start: usize, block: &[C]) {
        if !self.lends::<C>() {
            self.level.run_up_to_avx2(Put {
                target: self,
                start,
                block,
            });
        }
    }

    /// Ends what a thread writes, before other threads read it.
    #[inline(always)]
    pub(crate) fn finish(&self) {
        if self.streams {
            stream::finish();
        }
    }

    /// Lets `write` fill the elements `start..start + length`, converting them where needed.
    ///
    /// # Safety
    /// The block lies inside the output and no other thread writes it.
    #[inline]
    pub(crate) unsafe fn write<C: Number>(
        &self,
        start: usize,
        length: usize,
        write: impl FnOnce(&mut [C]),
    ) {
        let mut buffer = Buffer::<C>::new();
        // SAFETY: by the caller's promise.
        unsafe {
            let block = self.lend(start, length, &mut buffer);
            write(block);
            self.put(start, block);
        }
        self.finish();
    }

    /// Lets `change` rewrite the elements `start..start + length`, converting them where needed.
    ///
    /// # Safety
    /// As for [`Target::write`].
    #[inline]
    pub(crate) unsafe fn modify<C: Number>(
        &self,
        start: usize,
        length: usize,
        change: impl FnOnce(&mut [C]),
    ) {
        // SAFETY: by the caller's promise.
        unsafe {
            self.write(start, length, |out: &mut [C]| {
                if !self.lends::<C>() {
                    with_dtype!(self.dtype, T => load_run(self.start.cast::<T>().add(start), 1, out));
                }
                change(out);
            });
        }
    }

    /// The elements `start..start + length` themselves, of type T.
    ///
    /// # Safety
    /// As for [`Target::write`], and the output's dtype is T's.
    #[inline]
    #[allow(
        clippy::mut_from_ref,
        reason = "blocks are disjoint by the caller's promise"
    )]
    pub(crate) unsafe fn slice_mut<T: Element>(&self, start: usize, length: usize) -> &mut [T] {
        debug_assert_eq!(self.dtype, T::DTYPE);
        // SAFETY: by the caller's promise.
        unsafe { std::slice::from_raw_parts_mut(self.start.cast::<T>().add(start), length) }
    }
}

/// Moves a block to an output that has another type, or is streamed.
struct Put<'a, C> {
    target: &'a Target,
    start: usize,
    block: &'a [C],
}

impl<C: Number> Task for Put<'_, C> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        let Put {
            target,
            start,
            block,
        } = self;
        if target.dtype == C::DTYPE {
            // SAFETY: the caller of `put` vouches for the place, which has C's representation.
            unsafe { stream::copy(block, target.start.cast::<C>().add(start)) };
            return;
        }
        if (C::DTYPE, target.dtype) == (DType::F32, DType::F16) {
            // SAFETY: as above, of half precision; C is `f32`, and the task runs where S may.
            unsafe {
                let block = std::slice::from_raw_parts(block.as_ptr().cast(), block.len());
                S::to_half(block, target.slice_mut(start, block.len()));
            }
            return;
        }
        with_dtype!(target.dtype, T => {
            // SAFETY: as above, of type T.
            let out = unsafe { target.slice_mut::<T>(start, block.len()) };
            for (place, &x) in out.iter_mut().zip(block) {
                *place = x.store();
            }
        });
    }
}

/// Stores that bypass the caches.
mod stream {
    #[cfg(target_arch = "x86_64")]
    use std::arch::x86_64::{__m128i, _mm_loadu_si128, _mm_sfence, _mm_stream_si128};

    /// # Safety
    /// `to` is valid for writes of all elements of `from`, which have no padding.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) unsafe fn copy<T: Copy>(from: &[T], to: *mut T) {
        let vectors = size_of_val(from) / 16;
        if !to.cast::<__m128i>().is_aligned() || !size_of_val(from).is_multiple_of(16) {
            // SAFETY: by the caller's promise.
            return unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
        }
        let (from, to) = (from.as_ptr().cast::<__m128i>(), to.cast::<__m128i>());
        for i in 0..vectors {
            // SAFETY: by the caller's promise, and `to` is aligned; every x86-64 has the instruction.
            unsafe { _mm_stream_si128(to.add(i), _mm_loadu_si128(from.add(i))) };
        }
    }

    /// # Safety
    /// `to` is valid for writes of all elements of `from`.
    #[cfg(not(target_arch = "x86_64"))]
    pub(super) unsafe fn copy<T: Copy>(from: &[T], to: *mut T) {
        // SAFETY: by the caller's promise.
        unsafe { to.copy_from_nonoverlapping(from.as_ptr(), from.len()) };
    }

    /// Orders the stores before all later ones.
    pub(super) fn finish() {
        // SAFETY: every x86-64 has the instruction.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            _mm_sfence()
        };
    }
}
