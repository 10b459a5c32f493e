//! The innermost kernel: a tile of the product, kept in registers over the whole depth.

use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::slice;

use crate::cpu::simd::{Level, MOST_LANES, Real, Simd, Task, Vector};

/// The most vectors side by side in a tile.
const MAX_VECTORS: usize = 2;
/// The largest tile of any level.
pub(crate) const MOST_ROWS: usize = 14;
pub(crate) const MOST_COLUMNS: usize = MAX_VECTORS * MOST_LANES;

/// One tile, `rows x columns`, of `C (+)= A B`.
///
/// How many rows, and how many vectors the columns fill, is fixed in the kernel that computes it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tile<T> {
    pub rows: usize,
    pub columns: usize,
    pub depth: usize,
    pub a: *const T,
    pub b: *const T,
    /// Distances of rows and of depths in `a`, and of depths in `b`; packed kernels know theirs.
    pub a_row: usize,
    pub a_depth: usize,
    pub b_depth: usize,
    pub c: *mut T,
    pub c_row: usize,
    /// Whether to add to what `c` holds.
    pub accumulate: bool,
    pub finish: Finish<T>,
}

/// What happens to a sum before it is stored, in this order.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finish<T> {
    /// One addend for each row, or null.
    pub row_bias: *const T,
    /// One addend for each column, or null.
    pub column_bias: *const T,
    pub relu: bool,
}

impl<T> Finish<T> {
    /// Stores sums as they are.
    pub(crate) const NONE: Self = Self {
        row_bias: std::ptr::null(),
        column_bias: std::ptr::null(),
        relu: false,
    };

    fn is_none(&self) -> bool {
        self.row_bias.is_null() && self.column_bias.is_null() && !self.relu
    }

    /// Returns what is stored for `sum` at a place.
    ///
    /// # Safety
    ///
    /// The biases have elements for that place.
    pub(super) unsafe fn apply(&self, mut sum: T, row: usize, column: usize) -> T
    where
        T: Real,
    {
        // SAFETY: the caller vouches for biases that are not null.
        unsafe {
            if !self.row_bias.is_null() {
                sum = sum + *self.row_bias.add(row);
            }
            if !self.column_bias.is_null() {
                sum = sum + *self.column_bias.add(column);
            }
        }
        if self.relu && sum < T::zero() {
            T::zero()
        } else {
            sum
        }
    }

    /// The same for the part of the product that starts at `row` and `column`.
    pub(super) fn at(self, row: usize, column: usize) -> Self {
        let skip = |bias: *const T, count| match bias.is_null() {
            true => bias,
            false => bias.wrapping_add(count),
        };
        Self {
            row_bias: skip(self.row_bias, row),
            column_bias: skip(self.column_bias, column),
            relu: self.relu,
        }
    }
}

/// A compiled kernel.
///
/// # Safety
///
/// The processor has the kernel's level; the tile's pointers are valid for its sizes, where `b` is
/// read in whole vectors.
type Kernel<T> = unsafe fn(&Tile<T>);

/// The kernels of one level for one element type.
#[derive(Debug)]
pub(crate) struct Kernels<T: 'static> {
    pub lanes: usize,
    /// For operands packed into panels: `packed[vectors - 1][rows - 1]`.
    packed: [&'static [Kernel<T>]; MAX_VECTORS],
    /// For operands where they lie, `b` with unit column stride: `strided[vectors - 1][rows - 1]`.
    strided: [&'static [Kernel<T>]; MAX_VECTORS],
    /// Applies the tile's [`Finish`] to what has been stored.
    finish: Kernel<T>,
}

impl<T: Real> Kernels<T> {
    /// Returns the kernels of `level`.
    pub(crate) fn of(level: Level) -> &'static Self {
        struct Pick<T>(PhantomData<T>);
        impl<T: Real> Task for Pick<T> {
            type Output = &'static Kernels<T>;
            #[inline(always)]
            fn run<S: Simd>(self) -> Self::Output {
                Table::<S, T>::KERNELS
            }
        }
        level.run(Pick(PhantomData))
    }

    /// The most rows of a tile.
    pub(crate) fn rows(&self) -> usize {
        self.packed[0].len()
    }

    /// The most columns of a tile.
    pub(crate) fn columns(&self) -> usize {
        MAX_VECTORS * self.lanes
    }

    /// Computes a tile of packed operands.
    ///
    /// # Safety
    ///
    /// As for a [`Kernel`].
    pub(super) unsafe fn multiply_packed(&self, tile: &Tile<T>) {
        // SAFETY: the caller vouches for the tile.
        unsafe { self.multiply(&self.packed, tile) }
    }

    /// Computes a tile of operands where they lie.
    ///
    /// # Safety
    ///
    /// As for a [`Kernel`].
    pub(crate) unsafe fn multiply_strided(&self, tile: &Tile<T>) {
        // SAFETY: the caller vouches for the tile.
        unsafe { self.multiply(&self.strided, tile) }
    }

    #[inline(always)]
    unsafe fn multiply(&self, kernels: &[&'static [Kernel<T>]; MAX_VECTORS], tile: &Tile<T>) {
        let kernel = kernels[tile.columns.div_ceil(self.lanes) - 1][tile.rows - 1];
        // SAFETY: the caller vouches for the tile.
        unsafe {
            kernel(tile);
            if !tile.finish.is_none() {
                (self.finish)(tile);
            }
        }
    }
}

struct Table<S, T>(PhantomData<(S, T)>);

macro_rules! kernels {
    ($vectors:literal, $packed:literal, $($rows:literal)*) => {
        &[$(run_tile::<S, T, $rows, $vectors, $packed>),*]
    };
}

/// Tiles use all registers: 16 vectors, or 32 at AVX-512, of which `MAX_VECTORS` hold a row of `B`
/// and one an element of `A`.
macro_rules! kernels_up_to_all_rows {
    ($vectors:literal, $packed:literal) => {
        match S::LEVEL {
            Level::Avx512 => kernels!($vectors, $packed, 1 2 3 4 5 6 7 8 9 10 11 12 13 14),
            Level::Avx2 | Level::Portable => kernels!($vectors, $packed, 1 2 3 4 5 6),
        }
    };
}

impl<S: Simd, T: Real> Table<S, T> {
    const KERNELS: &'static Kernels<T> = &Kernels {
        lanes: <T::Vector<S> as Vector>::LANES,
        packed: [
            kernels_up_to_all_rows!(1, true),
            kernels_up_to_all_rows!(2, true),
        ],
        strided: [
            kernels_up_to_all_rows!(1, false),
            kernels_up_to_all_rows!(2, false),
        ],
        finish: run_finish::<S, T>,
    };
}

struct TileTask<'a, T, const ROWS: usize, const VECTORS: usize, const PACKED: bool>(&'a Tile<T>);

impl<T: Real, const ROWS: usize, const VECTORS: usize, const PACKED: bool> Task
    for TileTask<'_, T, ROWS, VECTORS, PACKED>
{
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: tasks are made by `run_tile`, whose caller vouches for the tile.
        unsafe { multiply::<T::Vector<S>, ROWS, VECTORS, PACKED>(self.0) }
    }
}

unsafe fn run_tile<S, T, const ROWS: usize, const VECTORS: usize, const PACKED: bool>(
    tile: &Tile<T>,
) where
    S: Simd,
    T: Real,
{
    // SAFETY: the caller vouches for the level and the tile.
    unsafe { S::run(TileTask::<T, ROWS, VECTORS, PACKED>(tile)) }
}

#[inline(always)]
unsafe fn multiply<V, const ROWS: usize, const VECTORS: usize, const PACKED: bool>(
    tile: &Tile<V::Element>,
) where
    V: Vector<Element: Real>,
{
    // SAFETY: the caller vouches for the level and for the memory of the tile.
    unsafe {
        let sums = sum::<V, ROWS, VECTORS, PACKED>(tile);
        let width = VECTORS * V::LANES;
        // One loop for each case: anything larger keeps LLVM from holding the sums in registers.
        if tile.columns < width {
            let mut whole = MaybeUninit::<[V; MAX_VECTORS * MOST_ROWS]>::uninit();
            let start: *mut V::Element = whole.as_mut_ptr().cast();
            for_each_vector(&sums, start, width, |c, sum| sum.store(c));
            store_part::<V>(tile, ROWS, start, width);
        } else if tile.accumulate {
            for_each_vector(&sums, tile.c, tile.c_row, |c, sum| {
                V::load(c).add(sum).store(c)
            });
        } else {
            for_each_vector(&sums, tile.c, tile.c_row, |c, sum| sum.store(c));
        }
    }
}

/// Sums the products over the depth of the tile.
#[inline(always)]
unsafe fn sum<V, const ROWS: usize, const VECTORS: usize, const PACKED: bool>(
    tile: &Tile<V::Element>,
) -> [[V; VECTORS]; ROWS]
where
    V: Vector<Element: Real>,
{
    let (a_row, a_depth, b_depth) = match PACKED {
        true => (1, ROWS, VECTORS * V::LANES),
        false => (tile.a_row, tile.a_depth, tile.b_depth),
    };
    // SAFETY: the caller vouches for the level and for the operands of the tile.
    unsafe {
        let zero = V::splat(num_traits::zero());
        let (mut sums, mut right) = ([[zero; VECTORS]; ROWS], [zero; VECTORS]);
        let (mut a, mut b) = (tile.a, tile.b);
        for _ in 0..tile.depth {
            for (j, vector) in right.iter_mut().enumerate() {
                *vector = V::load(b.add(j * V::LANES));
            }
            for (i, row) in sums.iter_mut().enumerate() {
                let left = V::splat(*a.add(i * a_row));
                for (sum, &right) in row.iter_mut().zip(&right) {
                    *sum = left.mul_add(right, *sum);
                }
            }
            a = a.wrapping_add(a_depth);
            b = b.wrapping_add(b_depth);
        }
        sums
    }
}

/// Calls `f` with each vector of sums and its place in rows that are `c_row` apart.
#[inline(always)]
unsafe fn for_each_vector<V: Vector, const ROWS: usize, const VECTORS: usize>(
    sums: &[[V; VECTORS]; ROWS],
    c: *mut V::Element,
    c_row: usize,
    f: impl Fn(*mut V::Element, V),
) {
    for (i, row) in sums.iter().enumerate() {
        for (j, &sum) in row.iter().enumerate() {
            // SAFETY: the caller vouches for the memory of all rows.
            f(unsafe { c.add(i * c_row + j * V::LANES) }, sum);
        }
    }
}

/// Stores the columns that the tile has of rows of sums that are `width` apart.
#[inline(never)]
unsafe fn store_part<V: Vector<Element: Real>>(
    tile: &Tile<V::Element>,
    rows: usize,
    sums: *const V::Element,
    width: usize,
) {
    for row in 0..rows {
        // SAFETY: the caller vouches for the sums and for the output of the tile.
        let (sums, c) = unsafe {
            let c = tile.c.add(row * tile.c_row);
            let sums = slice::from_raw_parts(sums.add(row * width), tile.columns);
            (sums, slice::from_raw_parts_mut(c, tile.columns))
        };
        for (c, &sum) in c.iter_mut().zip(sums) {
            *c = if tile.accumulate { *c + sum } else { sum };
        }
    }
}

struct FinishTask<'a, T>(&'a Tile<T>);

impl<T: Real> Task for FinishTask<'_, T> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self) {
        // SAFETY: tasks are made by `run_finish`, whose caller vouches for the tile.
        unsafe { finish::<T::Vector<S>>(self.0) }
    }
}

unsafe fn run_finish<S: Simd, T: Real>(tile: &Tile<T>) {
    // SAFETY: the caller vouches for the level and the tile.
    unsafe { S::run(FinishTask(tile)) }
}

#[inline(always)]
unsafe fn finish<V: Vector<Element: Real>>(tile: &Tile<V::Element>) {
    let Finish {
        row_bias,
        column_bias,
        relu,
    } = tile.finish;
    // SAFETY: the caller vouches for the level, for the biases and for the output of the tile.
    unsafe {
        let zero = V::splat(num_traits::zero());
        for row in 0..tile.rows {
            let c = tile.c.add(row * tile.c_row);
            for column in (0..tile.columns).step_by(V::LANES) {
                let count = V::LANES.min(tile.columns - column);
                let mut vector = V::load_first(c.add(column), count);
                if !row_bias.is_null() {
                    vector = vector.add(V::splat(*row_bias.add(row)));
                }
                if !column_bias.is_null() {
                    vector = vector.add(V::load_first(column_bias.add(column), count));
                }
                if relu {
                    vector = zero.max(vector);
                }
                vector.store_first(c.add(column), count);
            }
        }
    }
}
