//! Batched matrix products over the matrix kernel.

use super::number::{Int, Number};
use crate::dtype::with_dtype;
use crate::{Array, DType, Element, Result};

/// `a` is `[..., m, k]`, `b` `[..., k, n]`, `out` contiguous `[..., m, n]`.
pub(crate) fn matmul(a: &Array, b: &Array, out: &mut Array) -> Result<()> {
    let dtype = out.dtype();
    if dtype.to_accumulate() != dtype {
        let (a, b) = (a.to_dtype(DType::F32)?, b.to_dtype(DType::F32)?);
        let mut wide = out.uninit_like("matmul", DType::F32)?;
        matmul(&a, &b, &mut wide)?;
        super::copy::copy(&wide, out);
        return Ok(());
    }
    match dtype {
        DType::F32 => products::<f32, f32>(a, b, out),
        DType::F64 => products::<f64, f64>(a, b, out),
        dtype => with_dtype!(dtype, T => products::<T, Int>(a, b, out)),
    }
    Ok(())
}

fn products<T: Element, C: Number>(a: &Array, b: &Array, out: &mut Array) {
    let rank = out.rank();
    let (m, n, k) = (
        out.shape()[rank - 2],
        out.shape()[rank - 1],
        a.shape()[rank - 1],
    );
    let batch_of =
        |x: &Array| x.with_layout(x.layout().permute(&(0..rank - 2).collect::<Vec<_>>()));
    let (a_starts, b_starts) = (offsets(&batch_of(a)), offsets(&batch_of(b)));
    let (a_data, b_data) = (a.cpu_ptr().cast::<T>(), b.cpu_ptr().cast::<T>());
    let (sa, sb) = (&a.strides()[rank - 2..], &b.strides()[rank - 2..]);
    let result = out.dense_slice_mut::<T>();
    for (batch, (&a0, &b0)) in a_starts.iter().zip(&b_starts).enumerate() {
        for i in 0..m {
            for j in 0..n {
                let mut total = C::from_f64(0.0);
                for p in 0..k {
                    // SAFETY: i, j and p are inside the matrices, whose offsets are in the storage.
                    let (x, y) = unsafe {
                        (
                            *a_data.offset(a0 + i as isize * sa[0] + p as isize * sa[1]),
                            *b_data.offset(b0 + p as isize * sb[0] + j as isize * sb[1]),
                        )
                    };
                    total = total + C::load(x) * C::load(y);
                }
                result[(batch * m + i) * n + j] = total.store();
            }
        }
    }
}

/// The offset of every element, relative to the first, in row-major order.
fn offsets(x: &Array) -> Vec<isize> {
    let mut offsets = vec![0isize];
    for (&size, &stride) in x.shape().iter().zip(x.strides()) {
        offsets = offsets
            .iter()
            .flat_map(|&offset| (0..size as isize).map(move |i| offset + i * stride))
            .collect();
    }
    offsets
}
