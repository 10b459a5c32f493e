//! Products of matrices and vectors.

use rushlight_autograd::{Result, Tensor, gradcheck, gradgradcheck};

fn ramp(shape: &[usize], phase: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let values = (0..count).map(|i| (i as f64 * 0.7 + phase).sin()).collect();
    Tensor::from_vec(values, shape)
        .unwrap()
        .requires_grad_(true)
        .unwrap()
}

fn check(f: impl Fn(&[Tensor]) -> Result<Tensor>, inputs: &[Tensor]) {
    gradcheck(&f, inputs, Default::default()).unwrap();
    gradgradcheck(&f, inputs, Default::default()).unwrap();
}

#[test]
fn gradients_of_every_combination_of_ranks_hold_to_second_order() {
    let shapes: [(&[usize], &[usize]); 8] = [
        (&[3], &[3]),
        (&[2, 3], &[3]),
        (&[3], &[3, 2]),
        (&[2, 3], &[3, 4]),
        (&[2, 2, 3], &[3, 2]),
        (&[2, 2, 3], &[2, 3, 2]),
        (&[1, 2, 3], &[2, 3, 2]),
        (&[0, 3], &[3, 2]),
    ];
    for (a, b) in shapes {
        check(|x| x[0].matmul(&x[1]), &[ramp(a, 0.1), ramp(b, 0.9)]);
    }
}

#[test]
fn a_transposed_operand_gives_what_its_copy_gives() {
    let a = ramp(&[4, 3], 0.2);
    let b = ramp(&[4, 5], 0.4);
    let view = a.transpose(0, 1).unwrap();
    let copy = Tensor::from_vec(view.to_vec::<f64>().unwrap(), &[3, 4]).unwrap();
    let (by_view, by_copy) = (view.matmul(&b).unwrap(), copy.matmul(&b).unwrap());
    assert_eq!(
        by_view.to_vec::<f64>().unwrap(),
        by_copy.to_vec::<f64>().unwrap()
    );
}

#[test]
fn shapes_that_do_not_multiply_are_refused() {
    let (a, b) = (ramp(&[2, 3], 0.0), ramp(&[2, 3], 0.0));
    assert!(a.matmul(&b).is_err() && a.mm(&b).is_err() && a.bmm(&b).is_err());
    assert!(ramp(&[], 0.0).matmul(&b).is_err());
}
