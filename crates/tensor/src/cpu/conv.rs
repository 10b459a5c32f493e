//! Convolution by the definition.

use crate::ops::conv::{ConvShape, SPATIAL};
use crate::{Array, DType, Result};

macro_rules! with_real {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            DType::F64 => {
                type $T = f64;
                $body
            }
            _ => {
                type $T = f32;
                $body
            }
        }
    };
}

fn computed(x: &Array, dtype: DType) -> Result<Array> {
    x.to_dtype(if dtype == DType::F64 {
        dtype
    } else {
        DType::F32
    })?
    .contiguous()
}

/// Calls `f(y, x, w)` with the flat positions of everything that is multiplied.
fn each(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    let (cin, cout) = (s.in_channels / s.groups, s.out_channels / s.groups);
    let plane = |d: [usize; SPATIAL]| d[0] * d[1] * d[2];
    for n in 0..s.batch {
        for o in 0..s.out_channels {
            let group = o / cout;
            for c in 0..cin {
                for (place, at) in positions(s.output).into_iter().enumerate() {
                    for (tap, k) in positions(s.kernel).into_iter().enumerate() {
                        let mut inside = Some([0; SPATIAL]);
                        for d in 0..SPATIAL {
                            let p = (at[d] * s.stride[d] + k[d] * s.dilation[d])
                                .wrapping_sub(s.padding[d]);
                            if p < s.input[d] {
                                if let Some(i) = &mut inside {
                                    i[d] = p
                                }
                            } else {
                                inside = None
                            }
                        }
                        let Some(i) = inside else { continue };
                        let x = ((n * s.in_channels + group * cin + c) * plane(s.input))
                            + (i[0] * s.input[1] + i[1]) * s.input[2]
                            + i[2];
                        let y = (n * s.out_channels + o) * plane(s.output) + place;
                        f(y, x, (o * cin + c) * plane(s.kernel) + tap);
                    }
                }
            }
        }
    }
}

fn positions(d: [usize; SPATIAL]) -> Vec<[usize; SPATIAL]> {
    (0..d[0])
        .flat_map(|a| (0..d[1]).flat_map(move |b| (0..d[2]).map(move |c| [a, b, c])))
        .collect()
}

pub(crate) fn conv(
    s: &ConvShape,
    x: &Array,
    w: &Array,
    bias: Option<&Array>,
    out: &mut Array,
) -> Result<()> {
    let dtype = out.dtype();
    let (x, w) = (computed(x, dtype)?, computed(w, dtype)?);
    let bias = bias.map(|b| computed(b, dtype)).transpose()?;
    let mut wide = out.uninit_like("conv", x.dtype())?;
    with_real!(x.dtype(), T => {
        let y = wide.dense_slice_mut::<T>();
        let per = (y.len() / (s.batch * s.out_channels).max(1)).max(1);
        for (i, y) in y.iter_mut().enumerate() {
            *y = bias.as_ref().map_or(0.0, |b| b.dense_slice::<T>()[i / per % s.out_channels]);
        }
        let (x, w) = (x.dense_slice::<T>(), w.dense_slice::<T>());
        each(s, |o, i, k| y[o] += x[i] * w[k]);
    });
    super::copy::copy(&wide, out);
    Ok(())
}

pub(crate) fn backward_input(s: &ConvShape, g: &Array, w: &Array, out: &mut Array) -> Result<()> {
    let (g, w) = (computed(g, out.dtype())?, computed(w, out.dtype())?);
    let mut wide = out.uninit_like("conv", g.dtype())?;
    with_real!(g.dtype(), T => {
        let dx = wide.dense_slice_mut::<T>();
        dx.fill(0.0);
        let (g, w) = (g.dense_slice::<T>(), w.dense_slice::<T>());
        each(s, |o, i, k| dx[i] += g[o] * w[k]);
    });
    super::copy::copy(&wide, out);
    Ok(())
}

pub(crate) fn backward_weight(s: &ConvShape, g: &Array, x: &Array, out: &mut Array) -> Result<()> {
    let (g, x) = (computed(g, out.dtype())?, computed(x, out.dtype())?);
    let mut wide = out.uninit_like("conv", g.dtype())?;
    with_real!(g.dtype(), T => {
        let dw = wide.dense_slice_mut::<T>();
        dw.fill(0.0);
        let (g, x) = (g.dense_slice::<T>(), x.dense_slice::<T>());
        each(s, |o, i, k| dw[k] += g[o] * x[i]);
    });
    super::copy::copy(&wide, out);
    Ok(())
}
