//! Arithmetic that takes numbers apart and puts them together.

use crate::gradients::{check, numbers};
use rushlight_autograd::{DType, Tensor, tensor};

#[test]
fn gradients_of_scaled_numbers_hold_to_second_order() {
    let exponents = tensor([[3, -2], [0, 1]]).unwrap();
    check("ldexp", |x| x[0].ldexp(&exponents)?.exp(), &[&[2, 2]]);
    check("ldexp of a number", |x| x[0].ldexp(2)?.exp(), &[&[3]]);
    check("frexp", |x| Ok(x[0].frexp()?.0), &[&[2, 2]]);
}

#[test]
fn powers_of_two_round_once() {
    let mantissas = [
        1.0f32,
        -1.5,
        2.5,
        0.999_999_94,
        1.000_000_1,
        1e-45,
        -3e-39,
        f32::MAX,
    ];
    let exponents: Vec<i64> = (-400..400).collect();
    for x in mantissas {
        let y = tensor(x).unwrap().broadcast_to(&[800]).unwrap();
        let y = y
            .ldexp(Tensor::from_slice(&exponents, &[800]).unwrap())
            .unwrap();
        let exact = |&e: &i64| (f64::from(x) * 2f64.powi(e as i32)) as f32;
        let expected: Vec<f32> = exponents.iter().map(exact).collect();
        assert_eq!(y.to_vec::<f32>().unwrap(), expected);
    }
    let half = tensor([1.0f32, 3.0, 0.3])
        .unwrap()
        .to_dtype(DType::F16)
        .unwrap();
    assert_eq!(
        numbers(&half.ldexp(-24).unwrap()),
        [2f64.powi(-24), 3.0 * 2f64.powi(-24), 0.0]
    );
    let power = |e| 2f64.powi(e);
    for (x, e, y) in [
        (power(1000), -2000i64, power(-1000)),
        (power(-1022), 2045, power(1023)),
        (1.5, -1074, power(-1022) * power(-51)),
        (-1.0, 1 << 40, f64::NEG_INFINITY),
        (1.0, -(1 << 40), 0.0),
    ] {
        let x = Tensor::from_vec(vec![x], &[1]).unwrap();
        assert_eq!(numbers(&x.ldexp(e).unwrap()), [y]);
    }
    let unlimited = tensor([f32::NAN, f32::INFINITY, 0.0]).unwrap();
    let scaled = unlimited.ldexp(-500).unwrap().to_vec::<f32>().unwrap();
    assert!(scaled[0].is_nan());
    assert_eq!(scaled[1..], [f32::INFINITY, 0.0]);
}

#[test]
fn mantissas_and_exponents_make_the_number() {
    let numbers = [0.75f32, -6.0, 1e-45, 0.0, f32::INFINITY, f32::MIN_POSITIVE];
    let (mantissas, exponents) = tensor(numbers).unwrap().frexp().unwrap();
    let infinite = f32::INFINITY;
    assert_eq!(
        mantissas.to_vec::<f32>().unwrap(),
        [0.75, -0.75, 0.5, 0.0, infinite, 0.5]
    );
    assert_eq!(exponents.to_vec::<i32>().unwrap(), [0, 3, -148, 0, 0, -125]);
    let none = Tensor::zeros(&[0, 2]).unwrap();
    assert_eq!(none.frexp().unwrap().1.shape(), [0, 2]);
    assert_eq!(none.ldexp(3).unwrap().shape(), [0, 2]);
}

#[test]
fn columns_and_rows_broadcast_over_blocks_of_any_length() {
    for dtype in [DType::F32, DType::F64, DType::F16, DType::I64, DType::U8] {
        for width in [1, 63, 512, 1300] {
            let x = Tensor::arange(0, 3 * width, 1)
                .unwrap()
                .reshape(&[3, -1])
                .unwrap();
            let column = tensor([[5], [7], [9]]).unwrap();
            let [x, column] =
                [x, column].map(|x| x.remainder(100).unwrap().to_dtype(dtype).unwrap());
            let whole = column
                .broadcast_to(&x.shape())
                .unwrap()
                .contiguous()
                .unwrap();
            let expected = x.add(&whole).unwrap();
            assert!(x.add(&column).unwrap().equal(&expected).unwrap());
            assert!(column.add(&x).unwrap().equal(&expected).unwrap());
            let turned = x.t().unwrap().add(column.t().unwrap()).unwrap();
            assert!(turned.t().unwrap().equal(&expected).unwrap());
            let mut changed = x.clone();
            changed.add_(&column).unwrap();
            assert!(changed.equal(&expected).unwrap());
        }
    }
}
