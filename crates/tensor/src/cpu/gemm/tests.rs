//! Products of random sizes and strides against three plain loops in `f64`.

use std::fmt::Debug;

use num_traits::AsPrimitive;

use super::*;
use crate::cpu::finish::Tail;
use crate::cpu::parallel::with_threads;
use crate::cpu::random_inputs::RandomInputs;
use crate::cpu::simd::each_level;

/// A batch of matrices with some strides, and what they hold.
struct Matrices<T> {
    data: Vec<T>,
    batch: usize,
    row: usize,
    column: usize,
}

impl<T: Copy + 'static> Matrices<T>
where
    f64: AsPrimitive<T>,
{
    fn random(
        inputs: &mut RandomInputs,
        [batch, rows, columns]: [usize; 3],
        may_transpose: bool,
        number: impl Fn(&mut RandomInputs) -> f64,
    ) -> Self {
        let padding = inputs.pick(&[0, 0, 1, 5]);
        let step = if may_transpose {
            inputs.pick(&[1, 1, 1, 2])
        } else {
            1
        };
        let (row, column) = match may_transpose && inputs.flip() {
            true => (step, rows * step + padding),
            false => (columns * step + padding, step),
        };
        let matrix = (rows * row).max(columns * column);
        let shared = may_transpose && inputs.below(5) == 0;
        let data = (0..batch * matrix + 1)
            .map(|_| number(inputs).as_())
            .collect();
        Self {
            data,
            batch: if shared { 0 } else { matrix },
            row,
            column,
        }
    }

    fn operand(&self) -> Operand<T> {
        let Self {
            batch, row, column, ..
        } = *self;
        Operand {
            start: self.data.as_ptr(),
            batch,
            row,
            column,
        }
    }

    fn output(&mut self) -> Output<T> {
        Output {
            start: self.data.as_mut_ptr(),
            batch: self.batch,
            row: self.row,
        }
    }

    fn place(&self, matrix: usize, row: usize, column: usize) -> usize {
        matrix * self.batch + row * self.row + column * self.column
    }
}

/// Multiplies random matrices and compares each element with its sum in `f64`.
fn check<T>(
    shape: Shape,
    inputs: &mut RandomInputs,
    number: impl Fn(&mut RandomInputs) -> f64,
    is_close: impl Fn(T, f64, f64) -> bool,
) where
    T: Multiply + AsPrimitive<f64> + PartialEq + Debug,
    f64: AsPrimitive<T>,
{
    let Shape { batch, m, n, k } = shape;
    let a = Matrices::<T>::random(inputs, [batch, m, k], true, &number);
    let b = Matrices::<T>::random(inputs, [batch, k, n], true, &number);
    let mut c = Matrices::<T>::random(inputs, [batch, m, n], false, &number);
    let (before, accumulate) = (c.data.clone(), inputs.flip());
    // SAFETY: the matrices have the sizes of the product.
    unsafe { T::multiply(shape, a.operand(), b.operand(), c.output(), accumulate) };
    let mut is_written = vec![false; before.len()];
    for matrix in 0..batch {
        for (i, j) in (0..m).flat_map(|i| (0..n).map(move |j| (i, j))) {
            let place = c.place(matrix, i, j);
            is_written[place] = true;
            let mut sum = if accumulate { before[place].as_() } else { 0.0 };
            let mut size = sum.abs();
            for depth in 0..k {
                let left: f64 = a.data[a.place(matrix, i, depth)].as_();
                let right: f64 = b.data[b.place(matrix, depth, j)].as_();
                sum += left * right;
                size += (left * right).abs();
            }
            let got = c.data[place];
            assert!(
                is_close(got, sum, size),
                "{shape:?} at {matrix}, {i}, {j}: {got:?} is not {sum}; strides of a {} {}, of b {} {}",
                a.row,
                a.column,
                b.row,
                b.column,
            );
        }
    }
    for (place, is_written) in is_written.into_iter().enumerate() {
        assert!(
            is_written || c.data[place] == before[place],
            "{shape:?} wrote beyond a matrix"
        );
    }
}

fn float_number(inputs: &mut RandomInputs) -> f64 {
    inputs.number()
}

/// Compares within `units` roundings of a sum of that size.
fn within<T: AsPrimitive<f64>>(units: f64) -> impl Fn(T, f64, f64) -> bool {
    move |got, sum, size| (got.as_() - sum).abs() <= units * size
}

fn random_shape(inputs: &mut RandomInputs) -> Shape {
    let sizes: &[usize] = if cfg!(miri) {
        &[0, 1, 2, 5, 9]
    } else {
        &[0, 1, 1, 2, 3, 5, 8, 16, 17, 31, 33, 50, 65]
    };
    let batch = inputs.pick(&[1, 1, 1, 2, 5]);
    let [m, n, k] = [(); 3].map(|()| inputs.pick(sizes));
    Shape { batch, m, n, k }
}

const CASES: usize = if cfg!(miri) { 12 } else { 400 };

#[test]
fn products_of_floats_equal_plain_sums_at_every_level() {
    each_level(|_| {
        let mut inputs = RandomInputs::new(1);
        for _ in 0..CASES {
            check::<f32>(
                random_shape(&mut inputs),
                &mut inputs,
                float_number,
                within(2e-7),
            );
            check::<f64>(
                random_shape(&mut inputs),
                &mut inputs,
                float_number,
                within(4e-16),
            );
        }
    });
}

#[test]
fn products_of_many_blocks_equal_plain_sums() {
    let shapes: &[[usize; 3]] = if cfg!(miri) {
        &[[50, 34, 3], [15, 3, 300]]
    } else {
        &[
            [130, 70, 520],
            [49, 300, 257],
            [5, 600, 1000],
            [200, 40, 40],
            [97, 513, 129],
        ]
    };
    each_level(|_| {
        let mut inputs = RandomInputs::new(2);
        for &[m, n, k] in shapes {
            for _ in 0..4 {
                let shape = Shape { batch: 1, m, n, k };
                check::<f32>(shape, &mut inputs, float_number, within(4e-7));
                check::<f64>(shape, &mut inputs, float_number, within(8e-16));
            }
        }
    });
}

#[test]
fn products_beyond_the_packed_sizes_equal_plain_sums() {
    let shapes = [[4200, 40, 20], [40, 4200, 20]];
    let mut inputs = RandomInputs::new(3);
    for [m, n, k] in shapes.into_iter().take(if cfg!(miri) { 0 } else { 2 }) {
        check::<f32>(
            Shape { batch: 1, m, n, k },
            &mut inputs,
            float_number,
            within(2e-7),
        );
    }
}

#[test]
fn products_of_half_floats_are_rounded_once() {
    let mut inputs = RandomInputs::new(4);
    for _ in 0..CASES / 4 {
        let shape = random_shape(&mut inputs);
        check::<f16>(shape, &mut inputs, float_number, |got, sum, size| {
            (got.to_f64() - sum).abs() <= sum.abs() / 2048.0 + 2e-7 * size + 1e-7
        });
        check::<bf16>(shape, &mut inputs, float_number, |got, sum, size| {
            (got.to_f64() - sum).abs() <= sum.abs() / 256.0 + 2e-7 * size
        });
    }
}

#[test]
fn products_of_integers_wrap_around() {
    fn whole(inputs: &mut RandomInputs) -> f64 {
        inputs.below(100) as f64
    }
    let mut inputs = RandomInputs::new(5);
    for _ in 0..CASES / 4 {
        let shape = random_shape(&mut inputs);
        check::<i64>(shape, &mut inputs, whole, |got, sum, _| got == sum as i64);
        check::<i32>(shape, &mut inputs, whole, |got, sum, _| got == sum as i32);
        check::<i16>(shape, &mut inputs, whole, |got, sum, _| {
            got == sum as i64 as i16
        });
        check::<i8>(shape, &mut inputs, whole, |got, sum, _| {
            got == sum as i64 as i8
        });
        check::<u8>(shape, &mut inputs, whole, |got, sum, _| {
            got == sum as i64 as u8
        });
    }
}

#[test]
fn finishing_adds_biases_and_then_clips_at_zero() {
    each_level(|_| {
        let mut inputs = RandomInputs::new(6);
        for [m, n, k] in [[1, 9, 4], [7, 1, 4], [3, 5, 0], [7, 20, 300], [70, 90, 60]] {
            let numbers = |inputs: &mut RandomInputs, count| -> Vec<f32> {
                inputs
                    .numbers(count)
                    .into_iter()
                    .map(|x| x as f32)
                    .collect()
            };
            let (a, b) = (numbers(&mut inputs, m * k), numbers(&mut inputs, k * n));
            let (rows, columns) = (numbers(&mut inputs, m), numbers(&mut inputs, n));
            let product = |finish| {
                let mut c = vec![f32::NAN; m * n];
                let a = Operand {
                    start: a.as_ptr(),
                    batch: 0,
                    row: k,
                    column: 1,
                };
                let b = Operand {
                    start: b.as_ptr(),
                    batch: 0,
                    row: n,
                    column: 1,
                };
                let output = Output {
                    start: c.as_mut_ptr(),
                    batch: 0,
                    row: n,
                };
                // SAFETY: the matrices have the sizes of the product.
                unsafe {
                    let shape = Shape { batch: 1, m, n, k };
                    multiply_finished(shape, a, b, output, false, finish, Tail::NONE);
                }
                c
            };
            let plain = product(Finish::NONE);
            let (row_bias, column_bias) = (rows.as_ptr(), columns.as_ptr());
            let finished = product(Finish {
                row_bias,
                column_bias,
                relu: true,
            });
            for (i, (&got, &sum)) in finished.iter().zip(&plain).enumerate() {
                let expected = (sum + rows[i / n] + columns[i % n]).max(0.0);
                assert!(
                    (got - expected).abs() < 1e-4,
                    "{m} {n} {k}: {got} is not {expected}"
                );
            }
        }
    });
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let sizes: &[[usize; 4]] = if cfg!(miri) {
        &[[3, 5, 6, 7]]
    } else {
        &[
            [1, 300, 310, 600],
            [9, 70, 60, 50],
            [1, 1, 2000, 700],
            [1, 3000, 8, 64],
        ]
    };
    for &[batch, m, n, k] in sizes {
        let mut inputs = RandomInputs::new(7);
        let a: Vec<f32> = inputs
            .numbers(batch * m * k)
            .iter()
            .map(|x| x.sin() as f32)
            .collect();
        let b: Vec<f32> = inputs
            .numbers(batch * k * n)
            .iter()
            .map(|x| x.sin() as f32)
            .collect();
        let mut results = Vec::new();
        for threads in [1, 2, 5] {
            let mut c = vec![0.0; batch * m * n];
            with_threads(threads, || {
                let a = Operand {
                    start: a.as_ptr(),
                    batch: m * k,
                    row: k,
                    column: 1,
                };
                let b = Operand {
                    start: b.as_ptr(),
                    batch: k * n,
                    row: n,
                    column: 1,
                };
                let output = Output {
                    start: c.as_mut_ptr(),
                    batch: m * n,
                    row: n,
                };
                // SAFETY: the matrices have the sizes of the product.
                unsafe { f32::multiply(Shape { batch, m, n, k }, a, b, output, false) };
            });
            results.push(c);
        }
        assert!(results.iter().all(|result| *result == results[0]));
    }
}
