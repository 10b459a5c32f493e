//! What the tests of operations share: inputs, and the check of gradients to second order.

use rushlight_autograd::{DType, Result, Slice, Tensor, gradcheck, gradgradcheck};

/// A leaf of distinct numbers between -2 and 2.
pub fn leaf(shape: &[usize]) -> Tensor {
    wave(shape, 0.4).requires_grad_(true).unwrap()
}

/// A leaf of distinct numbers in no order.
pub fn scrambled(shape: &[usize]) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (i * 37 % (count + 3)) as f64 * 0.3 - 2.0);
    let x = Tensor::from_vec(values.collect(), shape).unwrap();
    x.requires_grad_(true).unwrap()
}

/// Checks the gradients of a linear map, whose second derivative is that of its square.
pub fn check_linear(f: impl Fn(&[Tensor]) -> Result<Tensor>, x: Tensor) {
    let inputs = [x];
    gradcheck(&f, &inputs, Default::default()).unwrap();
    let square = |x: &[Tensor]| f(x)?.square();
    gradgradcheck(square, &inputs, Default::default()).unwrap();
}

pub fn wave(shape: &[usize], phase: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let value = |i: usize| 2.0 * (1.7 * i as f64 + phase).sin();
    Tensor::from_vec((0..count).map(value).collect(), shape).unwrap()
}

/// As [`wave`], with its dimensions in reverse order in memory and every second place unused.
fn strided_wave(shape: &[usize], phase: f64) -> Tensor {
    let mut wide: Vec<usize> = shape.iter().rev().copied().collect();
    let Some(first) = wide.first_mut() else {
        return wave(shape, phase);
    };
    *first *= 2;
    let order: Vec<isize> = (0..shape.len() as isize).rev().collect();
    let gaps = wave(&wide, phase).slice(0, Slice::from(..).step(2));
    gaps.unwrap().permute(&order).unwrap()
}

/// Checks the gradients of an operation on inputs of the given shapes, contiguous and strided.
pub fn check(name: &str, f: impl Fn(&[Tensor]) -> Result<Tensor>, shapes: &[&[usize]]) {
    for make in [wave, strided_wave] {
        let input = |(number, shape): (usize, &&[usize])| {
            let x = make(shape, 0.4 + 0.3 * number as f64);
            x.requires_grad_(true).unwrap()
        };
        let inputs: Vec<Tensor> = shapes.iter().enumerate().map(input).collect();
        gradcheck(&f, &inputs, Default::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
        gradgradcheck(&f, &inputs, Default::default())
            .unwrap_or_else(|e| panic!("{name}, twice: {e}"));
    }
}

/// A name, an operation and the shapes of its inputs.
pub type Row = (
    &'static str,
    fn(&[Tensor]) -> Result<Tensor>,
    &'static [&'static [usize]],
);

/// Runs [`check`] on each row.
pub fn check_rows(rows: &[Row]) {
    for (name, f, shapes) in rows {
        check(name, f, shapes);
    }
}

/// The numbers of a tensor, whatever its dtype.
pub fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_dtype(DType::F64).unwrap().to_vec::<f64>().unwrap()
}
