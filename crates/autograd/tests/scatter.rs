//! Writing to elements by index.

use crate::gradients::{check, leaf, numbers};
use rushlight_autograd::{DType, ScatterReduce, Tensor, tensor};

#[test]
fn gradients_of_written_elements_hold_to_second_order() {
    let index = tensor([[0, 2, 1], [2, 0, 0]]).unwrap();
    let list = tensor([2, 0]).unwrap();
    check(
        "scatter",
        |x| x[0].scatter(0, &index, &x[1]),
        &[&[3, 4], &[2, 3]],
    );
    check(
        "scatter of part",
        |x| x[0].scatter(0, &index, &x[1]),
        &[&[3, 4], &[4, 3]],
    );
    check(
        "scatter of a number",
        |x| x[0].scatter(1, &index, 2.5),
        &[&[2, 3]],
    );
    check(
        "scatter_add",
        |x| x[0].scatter_add(1, &index, &x[1]),
        &[&[2, 3], &[2, 3]],
    );
    check(
        "index_add",
        |x| x[0].index_add(0, &list, &x[1], 0.5),
        &[&[3, 2], &[2, 2]],
    );
    check(
        "index_copy",
        |x| x[0].index_copy(-1, &list, &x[1]),
        &[&[2, 3], &[2, 2]],
    );
    check(
        "index_fill",
        |x| x[0].index_fill(1, &tensor([1, -2])?, &x[1]),
        &[&[2, 3], &[]],
    );
    check(
        "put",
        |x| x[0].put(&tensor([[1, -1]])?, &x[1], false),
        &[&[2, 3], &[1, 2]],
    );
    check(
        "put added",
        |x| x[0].put(&tensor([1, 1])?, &x[1], true),
        &[&[2, 3], &[2]],
    );
    check(
        "put nothing",
        |x| x[0].put(&tensor([1])?.narrow(0, 0, 0)?, &x[1], true),
        &[&[2], &[0]],
    );
}

#[test]
fn gradients_of_combined_elements_hold_to_second_order() {
    use ScatterReduce::*;
    let index = tensor([[0, 2, 1], [2, 0, 0]]).unwrap();
    for reduce in [Sum, Prod, Mean, Amax, Amin] {
        for include_self in [true, false] {
            let name = format!("{reduce:?}, {include_self}");
            check(
                &name,
                |x| x[0].scatter_reduce(1, &index, &x[1], reduce, include_self),
                &[&[2, 4], &[2, 3]],
            );
            check(
                &name,
                |x| x[0].index_reduce(0, &tensor([1, 1, 0])?, &x[1], reduce, include_self),
                &[&[2, 2], &[3, 2]],
            );
        }
    }
}

#[test]
fn a_product_with_one_zero_has_a_gradient_there() {
    let source = Tensor::from_vec(vec![0.0, 2.0, 3.0], &[3]).unwrap();
    let source = source.requires_grad_(true).unwrap();
    let x = leaf(&[2]).detach().ones_like().unwrap();
    let index = tensor([0, 0, 1]).unwrap();
    let y = x
        .scatter_reduce(0, &index, &source, ScatterReduce::Prod, true)
        .unwrap();
    y.sum().unwrap().backward().unwrap();
    assert_eq!(numbers(&source.grad().unwrap()), [2.0, 0.0, 1.0]);
}

#[test]
fn the_last_of_several_values_stays() {
    let x = Tensor::zeros(&[2]).unwrap();
    let y = x.scatter(
        0,
        &tensor([1, 1, 1]).unwrap(),
        tensor([5.0, 6.0, 7.0]).unwrap(),
    );
    assert_eq!(numbers(&y.unwrap()), [0.0, 7.0]);
}

#[test]
fn half_types_and_small_integers_accumulate_in_wide_ones() {
    let index = Tensor::zeros(&[3000]).unwrap().long().unwrap();
    for dtype in [DType::BF16, DType::F16] {
        let ones = Tensor::ones(&[3000]).unwrap().to_dtype(dtype).unwrap();
        let total = ones
            .new_zeros(&[1])
            .unwrap()
            .scatter_add(0, &index, &ones)
            .unwrap();
        let expected = tensor([3000.0]).unwrap().to_dtype(dtype).unwrap();
        assert_eq!(numbers(&total), numbers(&expected));
    }
    let ones = Tensor::ones(&[3000]).unwrap().byte().unwrap();
    let total = ones
        .new_zeros(&[1])
        .unwrap()
        .scatter_add(0, &index, &ones)
        .unwrap();
    assert_eq!(numbers(&total), [(3000 % 256) as f64]);
}

#[test]
fn a_refused_write_changes_nothing() {
    let mut x = Tensor::zeros(&[2, 2]).unwrap();
    assert!(x.scatter_(0, &tensor([[0, 2]]).unwrap(), 1.0).is_err());
    assert!(
        x.index_add_(0, &tensor([0]).unwrap(), &Tensor::ones(&[1, 3]).unwrap(), 1)
            .is_err()
    );
    assert!(
        x.scatter_(
            0,
            &tensor([[0]]).unwrap(),
            Tensor::ones(&[1, 1]).unwrap().double().unwrap()
        )
        .is_err()
    );
    assert_eq!(numbers(&x), [0.0; 4]);
}

#[test]
fn long_lines_give_the_same_on_any_number_of_threads() {
    let (rows, width) = (300, 2500);
    let index = Tensor::arange(0, rows, 1).unwrap().remainder(7).unwrap();
    let source = Tensor::arange(0, rows * width, 1)
        .unwrap()
        .reshape(&[rows as isize, -1])
        .unwrap();
    let zeros = Tensor::full(&[7, width as usize], 0, DType::I64, source.device()).unwrap();
    let total = zeros.index_add(0, &index, &source, 1).unwrap();
    for column in [0, 1023, 1024, 2499] {
        for row in 0..7 {
            let expected: i64 = (0..rows)
                .filter(|r| r % 7 == row)
                .map(|r| r * width + column)
                .sum();
            let got = total
                .index((row, column))
                .unwrap()
                .item_scalar()
                .unwrap()
                .to_i64();
            assert_eq!(got, expected);
        }
    }
}

#[test]
fn long_lines_meet_their_elements_in_order() {
    let (rows, columns) = (37, 301);
    let place = |i: usize| (i * i * 7 + i / 5) % columns;
    let count = rows * columns;
    let index: Vec<i64> = (0..count).map(|i| place(i) as i64).collect();
    let index = Tensor::from_slice(&index, &[rows, columns]).unwrap();
    let [x, y] = [leaf(&[rows, columns]), leaf(&[rows, columns])];
    let (mut replaced, mut added) = (numbers(&x), numbers(&x));
    for (i, y) in numbers(&y).into_iter().enumerate() {
        let at = i / columns * columns + place(i);
        replaced[at] = y;
        added[at] += y;
    }
    assert_eq!(numbers(&x.scatter(1, &index, &y).unwrap()), replaced);
    assert_eq!(numbers(&x.scatter_add(1, &index, &y).unwrap()), added);
    let flat = |x: &Tensor| x.flatten(0, -1).unwrap();
    let row = (0..rows as i64).map(|row| row * columns as i64).collect();
    let rows = Tensor::from_vec(row, &[rows, 1])
        .unwrap()
        .to_dtype(DType::I64)
        .unwrap();
    let places = flat(&(&index + rows).unwrap());
    let put = x.put(&places, &flat(&y), false).unwrap();
    assert_eq!(numbers(&put), replaced);
    // As columns, and with gaps between the elements of the source.
    let [x, index, y] = [&x, &index, &y].map(|x| x.t().unwrap());
    let sum = x.scatter_add(0, &index, &y).unwrap();
    assert_eq!(numbers(&sum.t().unwrap()), added);
    let gaps = Tensor::stack(&[&y, &y], 2).unwrap().select(2, 0).unwrap();
    let sum = x.scatter_add(0, &index, &gaps).unwrap();
    assert_eq!(numbers(&sum.t().unwrap()), added);
}
