//! Batched matrix products over the matrix kernel.

use super::gemm::{Multiply, Operand, Output, Shape};
use crate::layout::Layout;
use crate::{Array, DType};

/// `a` is `[..., m, k]`, `b` `[..., k, n]`, `out` contiguous `[..., m, n]`.
pub(crate) fn matmul(a: &Array, b: &Array, out: &mut Array) {
    match out.dtype() {
        DType::F32 => products::<f32>(a, b, out),
        DType::F64 => products::<f64>(a, b, out),
        DType::F16 => products::<half::f16>(a, b, out),
        DType::BF16 => products::<half::bf16>(a, b, out),
        DType::I64 => products::<i64>(a, b, out),
        DType::I32 => products::<i32>(a, b, out),
        DType::I16 => products::<i16>(a, b, out),
        DType::I8 => products::<i8>(a, b, out),
        DType::U8 => products::<u8>(a, b, out),
        DType::Bool => unreachable!("the checks refuse booleans"),
    }
}

fn products<T: Multiply>(a: &Array, b: &Array, out: &mut Array) {
    let rank = out.rank();
    let (m, n, k) = (
        out.shape()[rank - 2],
        out.shape()[rank - 1],
        a.shape()[rank - 1],
    );
    let (a_batches, b_batches) = (Batches::of(a), Batches::of(b));
    let total: usize = out.shape()[..rank - 2].iter().product();
    // Where one stride reaches all matrices of both operands, they are one batch for the kernel.
    let (outer, batch) = match (a_batches.single, b_batches.single) {
        (Some(a_stride), Some(b_stride)) => (vec![(0, 0)], (total, a_stride, b_stride)),
        _ => {
            let starts = a_batches.starts.into_iter().zip(b_batches.starts).collect();
            (starts, (1, 0, 0))
        }
    };
    if out.numel() == 0 {
        return;
    }
    let (batch, a_stride, b_stride) = batch;
    let operand = |x: &Array, start: usize, batch: usize| Operand {
        // SAFETY: the start of a matrix lies inside the operand's storage.
        start: unsafe { x.cpu_ptr().cast::<T>().add(start) },
        batch,
        row: x.strides()[rank - 2] as usize,
        column: x.strides()[rank - 1] as usize,
    };
    let result = out.cpu_ptr_mut().cast::<T>();
    for (place, (a_start, b_start)) in outer.into_iter().enumerate() {
        // SAFETY: the layouts of the operands stay inside their storages, and the output is new.
        unsafe {
            let start = result.add(place * batch * m * n);
            T::multiply(
                Shape { batch, m, n, k },
                operand(a, a_start, a_stride),
                operand(b, b_start, b_stride),
                Output {
                    start,
                    batch: m * n,
                    row: n,
                },
                false,
            );
        }
    }
}

/// Where the matrices of an operand start, relative to its first element.
struct Batches {
    /// The distance between them, if it is the same throughout.
    single: Option<usize>,
    starts: Vec<usize>,
}

impl Batches {
    fn of(x: &Array) -> Batches {
        let dims: Vec<usize> = (0..x.rank() - 2).collect();
        let batch = x.layout().permute(&dims);
        let total = batch.numel();
        if let Some(line) = batch.view(&crate::Shape::from([total])) {
            return Batches {
                single: Some(line.strides()[0] as usize),
                starts: starts(&line),
            };
        }
        Batches {
            single: None,
            starts: starts(&batch),
        }
    }
}

/// Where the elements of a layout lie, in row-major order.
pub(super) fn starts(layout: &Layout) -> Vec<usize> {
    let mut starts = vec![0];
    for (&size, &stride) in layout.shape().iter().zip(layout.strides()) {
        let next = |&start: &usize| (0..size).map(move |i| start + i * stride as usize);
        starts = starts.iter().flat_map(next).collect();
    }
    starts
}
