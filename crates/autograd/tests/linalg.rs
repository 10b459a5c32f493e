//! Linear algebra.

use crate::gradients::{Row, check_rows, leaf, numbers, scrambled};
use rushlight_autograd::linalg::{self, Driver, QrMode, RankOptions, Triangle};
use rushlight_autograd::{DType, Norm, Result, Tensor, TensorOptions, tensor};

/// Symmetric, with eigenvalues that are apart and positive.
fn symmetric(x: &Tensor) -> Result<Tensor> {
    let n = x.size(-1)?;
    let steps = TensorOptions::new()
        .dtype(DType::F64)
        .arange(2, n as i64 + 2, 1)?;
    (x.matmul(&x.mt()?)? * 0.1)? + steps.diag(0)?
}

/// Far from singular, with the largest elements on the diagonal.
fn regular(x: &Tensor) -> Result<Tensor> {
    let eye = TensorOptions::new()
        .dtype(DType::F64)
        .eye(x.size(-2)?, x.size(-1)?)?;
    (x * 0.5)? + (eye * 3.0)?
}

/// The sum of what does not depend on the signs of vectors.
fn signless(values: &Tensor, vectors: &Tensor) -> Result<Tensor> {
    vectors.square()?.matmul(&values.unsqueeze(-1)?)
}

const ROWS: &[Row] = &[
    (
        "cholesky",
        |x| linalg::cholesky(&symmetric(&x[0])?, Triangle::Lower),
        &[&[2, 3, 3]],
    ),
    (
        "upper cholesky",
        |x| linalg::cholesky(&symmetric(&x[0])?, Triangle::Upper),
        &[&[3, 3]],
    ),
    (
        "cholesky_solve",
        |x| {
            let factor = linalg::cholesky(&symmetric(&x[0])?, Triangle::Lower)?;
            x[1].cholesky_solve(&factor, Triangle::Lower)
        },
        &[&[3, 3], &[2, 3, 2]],
    ),
    (
        "cholesky_inverse",
        |x| {
            linalg::cholesky(&symmetric(&x[0])?, Triangle::Upper)?.cholesky_inverse(Triangle::Upper)
        },
        &[&[3, 3]],
    ),
    (
        "lu of a square",
        |x| Ok(linalg::lu_factor(&regular(&x[0])?, true)?.0),
        &[&[2, 3, 3]],
    ),
    (
        "lu of a wide",
        |x| Ok(regular(&x[0])?.lu(true)?.0),
        &[&[2, 4]],
    ),
    (
        "lu of a tall",
        |x| Ok(linalg::lu(&regular(&x[0])?, true)?.1),
        &[&[4, 2]],
    ),
    (
        "lu_solve",
        |x| {
            let (lu, pivots) = linalg::lu_factor(&regular(&x[0])?, true)?;
            linalg::lu_solve(&lu, &pivots, &x[1], false, true)
        },
        &[&[3, 3], &[2, 2, 3]],
    ),
    (
        "solve",
        |x| linalg::solve(&regular(&x[0])?, &x[1]),
        &[&[2, 3, 3], &[3, 2]],
    ),
    (
        "solve from the right",
        |x| linalg::solve_right(&regular(&x[0])?, &x[1]),
        &[&[3, 3], &[2, 3]],
    ),
    ("inv", |x| linalg::inv(&regular(&x[0])?), &[&[2, 3, 3]]),
    ("det", |x| linalg::det(&regular(&x[0])?), &[&[2, 3, 3]]),
    (
        "slogdet",
        |x| Ok(linalg::slogdet(&regular(&x[0])?)?.1),
        &[&[3, 3]],
    ),
    (
        "solve_triangular",
        |x| linalg::solve_triangular(&regular(&x[0])?, &x[1], Triangle::Upper, true, false),
        &[&[3, 3], &[2, 3, 2]],
    ),
    (
        "solve_triangular of ones from the right",
        |x| linalg::solve_triangular(&x[0], &x[1], Triangle::Lower, false, true),
        &[&[3, 3], &[2, 3]],
    ),
    (
        "q of a tall",
        |x| Ok(linalg::qr(&x[0], QrMode::Reduced)?.0),
        &[&[2, 4, 2]],
    ),
    (
        "r of a tall",
        |x| Ok(linalg::qr(&x[0], QrMode::Reduced)?.1),
        &[&[4, 2]],
    ),
    (
        "r of a wide",
        |x| Ok(linalg::qr(&x[0], QrMode::Complete)?.1),
        &[&[2, 4]],
    ),
    (
        "householder_product",
        |x| linalg::householder_product(&x[0], &x[1]),
        &[&[4, 3], &[2]],
    ),
    (
        "ormqr",
        |x| x[0].ormqr(&x[1], &x[2], false, true),
        &[&[4, 2], &[2], &[3, 4]],
    ),
    (
        "eigh",
        |x| {
            let (values, vectors) = linalg::eigh(&symmetric(&x[0])?, Triangle::Upper)?;
            signless(&values, &vectors)
        },
        &[&[2, 3, 3]],
    ),
    (
        "eigvalsh",
        |x| linalg::eigvalsh(&symmetric(&x[0])?, Triangle::Lower),
        &[&[3, 3]],
    ),
    (
        "matrix_sqrth",
        |x| linalg::matrix_sqrth(&symmetric(&x[0])?),
        &[&[3, 3]],
    ),
    (
        "left singular vectors",
        |x| {
            let (u, s, _) = linalg::svd(&x[0], false)?;
            signless(&s, &u)
        },
        &[&[2, 4, 2]],
    ),
    (
        "right singular vectors",
        |x| {
            let (_, s, vt) = linalg::svd(&x[0], false)?;
            signless(&s, &vt.mt()?)
        },
        &[&[2, 4]],
    ),
    ("polar", |x| Ok(linalg::polar(&x[0])?.0), &[&[3, 2]]),
    ("svdvals", |x| linalg::svdvals(&x[0]), &[&[2, 3, 2]]),
    (
        "nuclear norm",
        |x| x[0].matrix_norm(Norm::Nuclear, [0, -1], true),
        &[&[3, 2, 2]],
    ),
    (
        "spectral norm",
        |x| x[0].matrix_norm(2.0, [-2, -1], false),
        &[&[2, 3]],
    ),
    ("cond", |x| linalg::cond(&x[0], None), &[&[3, 2]]),
    (
        "pinv of a tall",
        |x| linalg::pinv(&x[0], &RankOptions::default()),
        &[&[2, 4, 2]],
    ),
    ("pinv of a wide", |x| x[0].pinverse(1e-15), &[&[2, 3]]),
    (
        "lstsq",
        |x| Ok(linalg::lstsq(&x[0], &x[1], None, Driver::Gelsy)?.solution),
        &[&[4, 2], &[2, 4, 3]],
    ),
    (
        "residuals",
        |x| Ok(linalg::lstsq(&x[0], &x[1], None, Driver::Gels)?.residuals),
        &[&[4, 2], &[4, 1]],
    ),
    ("matrix_power", |x| x[0].matrix_power(5), &[&[2, 2]]),
    (
        "negative power",
        |x| regular(&x[0])?.matrix_power(-2),
        &[&[2, 2]],
    ),
    ("matrix_exp", |x| x[0].matrix_exp(), &[&[2, 3, 3]]),
    (
        "multi_dot",
        |x| linalg::multi_dot(&[&x[0], &x[1], &x[2]]),
        &[&[2], &[2, 3], &[3, 2]],
    ),
    ("vander", |x| linalg::vander(&x[0], Some(4)), &[&[3]]),
    (
        "vecdot",
        |x| linalg::vecdot(&x[0], &x[1], 0),
        &[&[3, 2], &[3, 1]],
    ),
    (
        "tensorsolve",
        |x| {
            let a = regular(&x[0])?.reshape(&[2, 2, 4])?;
            linalg::tensorsolve(&a, &x[1], &[])
        },
        &[&[4, 4], &[2, 2]],
    ),
    (
        "tensorinv",
        |x| linalg::tensorinv(&regular(&x[0])?.reshape(&[4, 2, 2])?, 1),
        &[&[4, 4]],
    ),
];

#[test]
fn gradients_of_linear_algebra_hold_to_second_order() {
    check_rows(ROWS);
}

fn assert_near(got: &Tensor, expected: &Tensor, tolerance: f64) {
    let error = (got - expected).unwrap().abs().unwrap();
    let error = numbers(&error).into_iter().fold(0.0, f64::max);
    assert!(error <= tolerance, "off by {error}");
}

/// Sizes around those of blocks, tall and wide.
const SIZES: [(usize, usize); 11] = [
    (1, 1),
    (2, 2),
    (7, 3),
    (3, 7),
    (33, 33),
    (64, 64),
    (65, 65),
    (130, 100),
    (70, 150),
    (193, 65),
    (129, 131),
];

#[test]
fn factors_multiply_to_the_matrix_at_any_size() {
    for (m, n) in SIZES {
        let a = scrambled(&[2, m, n]).detach().sin().unwrap();
        let (p, l, u) = linalg::lu(&a, true).unwrap();
        assert_near(&p.matmul(&l.matmul(&u).unwrap()).unwrap(), &a, 1e-11);
        for mode in [QrMode::Reduced, QrMode::Complete] {
            let (q, r) = linalg::qr(&a, mode).unwrap();
            assert_near(&q.matmul(&r).unwrap(), &a, 1e-11);
            assert_orthonormal(&q);
        }
        for full in [false, true] {
            let (u, s, vt) = linalg::svd(&a, full).unwrap();
            let k = m.min(n);
            let columns = u.narrow(-1, 0, k).unwrap();
            let scaled = (columns * s.unsqueeze(-2).unwrap()).unwrap();
            assert_near(
                &scaled.matmul(&vt.narrow(-2, 0, k).unwrap()).unwrap(),
                &a,
                1e-11,
            );
            assert_orthonormal(&u);
            assert_orthonormal(&vt.mt().unwrap());
        }
        let gram = a.matmul(&a.mt().unwrap()).unwrap();
        let (values, vectors) = linalg::eigh(&gram, Triangle::Lower).unwrap();
        let scaled = (&vectors * values.unsqueeze(-2).unwrap()).unwrap();
        assert_near(
            &scaled.matmul(&vectors.mt().unwrap()).unwrap(),
            &gram,
            1e-10,
        );
        assert_orthonormal(&vectors);
        let positive = (&gram + TensorOptions::new().dtype(DType::F64).eye(m, m).unwrap()).unwrap();
        let l = linalg::cholesky(&positive, Triangle::Lower).unwrap();
        assert_near(&l.matmul(&l.mt().unwrap()).unwrap(), &positive, 1e-11);
        let x = linalg::solve(&positive, &a).unwrap();
        assert_near(&positive.matmul(&x).unwrap(), &a, 1e-10);
        let indefinite = (gram - 3.0).unwrap();
        let (ld, pivots) = linalg::ldl_factor(&indefinite).unwrap();
        let x = linalg::ldl_solve(&ld, &pivots, &a).unwrap();
        assert_near(&indefinite.matmul(&x).unwrap(), &a, 1e-7);
    }
}

fn assert_orthonormal(q: &Tensor) {
    let n = q.size(-1).unwrap();
    let one = TensorOptions::new().dtype(DType::F64).eye(n, n).unwrap();
    assert_near(&q.mt().unwrap().matmul(q).unwrap(), &one, 1e-12);
}

#[test]
fn a_matrix_of_low_rank_has_complete_bases() {
    let a = scrambled(&[6, 2])
        .detach()
        .matmul(&scrambled(&[2, 5]).detach())
        .unwrap();
    let (u, s, vt) = linalg::svd(&a, true).unwrap();
    assert_orthonormal(&u);
    assert_orthonormal(&vt.mt().unwrap());
    assert!(numbers(&s)[2] < 1e-14);
    assert_eq!(
        linalg::matrix_rank(&a, &Default::default())
            .unwrap()
            .item()
            .unwrap(),
        2.0
    );
    let zeros = a.zeros_like().unwrap();
    let (u, s, vt) = linalg::svd(&zeros, true).unwrap();
    assert_orthonormal(&u);
    assert_orthonormal(&vt.mt().unwrap());
    assert_eq!(numbers(&s), [0.0; 5]);
}

#[test]
fn very_large_and_very_small_matrices_keep_their_singular_values() {
    let a = scrambled(&[4, 3]).detach();
    let expected = linalg::svdvals(&a).unwrap();
    for scale in [1e-290, 1e290] {
        let got = (linalg::svdvals(&(&a * scale).unwrap()).unwrap() / scale).unwrap();
        assert_near(&got, &expected, 1e-13);
        let gram = a.mt().unwrap().matmul(&a).unwrap();
        let values = linalg::eigvalsh(&gram, Triangle::Lower).unwrap();
        let scaled = linalg::eigvalsh(&(gram * scale).unwrap(), Triangle::Lower).unwrap();
        assert_near(&(scaled / scale).unwrap(), &values, 1e-13);
    }
}

#[test]
fn what_has_no_factors_is_refused_by_its_place() {
    let one = tensor([[1.0, 0.0], [0.0, 1.0]]).unwrap();
    let zero = tensor([[1.0, 2.0], [2.0, 4.0]]).unwrap();
    let both = Tensor::stack(&[&one, &zero], 0).unwrap();
    let text = |error: Result<Tensor>| error.unwrap_err().to_string();
    assert!(text(linalg::inv(&both)).contains("linalg.inv: the matrix must be invertible"));
    assert!(text(linalg::inv(&both)).contains("batch element 1, column 2"));
    assert!(text(linalg::cholesky(&both, Triangle::Lower)).contains("batch element 1"));
    assert!(linalg::lu_factor(&both, true).is_err());
    let (_, reports) = linalg::inv_ex(&both).unwrap();
    assert_eq!(reports.to_vec::<i32>().unwrap(), [0, 2]);
    let nan = Tensor::full(&[3, 3], f64::NAN, DType::F64, Default::default()).unwrap();
    assert!(linalg::svd(&nan, true).is_err());
    assert!(linalg::cholesky(&nan, Triangle::Lower).is_err());
    assert!(numbers(&linalg::eigvalsh(&nan, Triangle::Lower).unwrap())[0].is_nan());
    assert!(numbers(&linalg::qr(&nan, QrMode::Reduced).unwrap().1)[0].is_nan());
}

#[test]
fn bad_arguments_are_refused() {
    let (wide, square) = (leaf(&[2, 3]), leaf(&[3, 3]));
    assert!(linalg::inv(&wide).is_err());
    assert!(linalg::det(&leaf(&[3])).is_err());
    assert!(linalg::solve(&square, &leaf(&[2])).is_err());
    assert!(linalg::solve(&square, &Tensor::ones(&[3]).unwrap()).is_err());
    assert!(linalg::eigh(&tensor([[1, 2], [2, 1]]).unwrap(), Triangle::Lower).is_err());
    assert!(linalg::polar(&wide).is_err());
    assert!(linalg::householder_product(&wide, &leaf(&[2])).is_err());
    assert!(linalg::tensorinv(&square, 0).is_err());
    assert!(linalg::tensorinv(&square, 5).is_err());
    assert!(linalg::tensorsolve(&square, &leaf(&[2]), &[]).is_err());
    assert!(linalg::multi_dot(&[&wide]).is_err());
    assert!(linalg::multi_dot(&[&wide, &wide]).is_err());
    assert!(linalg::vander(&square, Some(1)).is_err());
    assert!(wide.svd_lowrank(3, None, None).is_err());
    let fixed = square.detach();
    for pivots in [[0, 1, 2], [1, 2, 4], [-1, 2, 3], [1, 2, -3], [-2, -3, 3]] {
        let pivots = tensor(pivots).unwrap().to_dtype(DType::I32).unwrap();
        assert!(linalg::ldl_solve(&fixed, &pivots, &fixed).is_err());
    }
    for pivots in [[0, 1, 2], [1, 2, 4], [-1, 2, 3]] {
        let pivots = tensor(pivots).unwrap().to_dtype(DType::I32).unwrap();
        assert!(linalg::lu_solve(&fixed, &pivots, &fixed, true, false).is_err());
        assert!(Tensor::lu_unpack(&fixed, &pivots).is_err());
    }
    assert!(linalg::ldl_factor(&square).is_err(), "it has no derivative");
}

#[test]
fn the_gradient_of_a_singular_determinant_is_that_of_the_cofactors() {
    let a = Tensor::from_vec(vec![1.0_f64, 2.0, 2.0, 4.0], &[2, 2]).unwrap();
    let a = a.requires_grad_(true).unwrap();
    linalg::det(&a).unwrap().backward().unwrap();
    let expected = Tensor::from_vec(vec![4.0_f64, -2.0, -2.0, 1.0], &[2, 2]).unwrap();
    assert_near(&a.grad().unwrap(), &expected, 1e-12);
}

/// Matrices that decompositions find hard: singular, graded, with equal values, nearly singular.
fn difficult(n: usize) -> Vec<(&'static str, Tensor)> {
    let of = |f: &dyn Fn(usize, usize) -> f64| {
        let values = (0..n * n).map(|i| f(i / n, i % n)).collect();
        Tensor::from_vec(values, &[n, n]).unwrap()
    };
    vec![
        ("zeros", of(&|_, _| 0.0)),
        ("ones", of(&|_, _| 1.0)),
        ("the identity", of(&|i, j| f64::from(i == j))),
        ("rank one", of(&|i, j| ((i + 1) * (j + 1)) as f64)),
        ("Hilbert", of(&|i, j| 1.0 / (i + j + 1) as f64)),
        ("falling", of(&|i, j| 10.0_f64.powi(-((i + j) as i32)))),
        (
            "rising",
            of(&|i, j| 10.0_f64.powi((i + j) as i32 - 2 * n as i32)),
        ),
        ("a cross", of(&|i, j| f64::from(i == 0 || j == 0))),
        (
            "the second difference",
            of(&|i, j| [2.0, -1.0, 0.0][i.abs_diff(j).min(2)]),
        ),
        ("blocks", of(&|i, j| f64::from(i / 3 == j / 3))),
        (
            "Wilkinson",
            of(&|i, j| match i.abs_diff(j) {
                0 => (i as f64 - (n - 1) as f64 / 2.0).abs(),
                1 => 1.0,
                _ => 0.0,
            }),
        ),
        (
            "Wilkinson's, glued",
            of(&|i, j| match i.abs_diff(j) {
                0 => ((i % 11) as f64 - 5.0).abs(),
                1 if i.max(j) % 11 == 0 => 1e-8,
                1 => 1.0,
                _ => 0.0,
            }),
        ),
        (
            "halving",
            of(&|i, j| f64::from(i == j) * 0.5_f64.powi(i as i32)),
        ),
        (
            "tiny beside one",
            of(&|i, j| if i + j == 0 { 1.0 } else { 1e-200 }),
        ),
    ]
}

#[test]
fn difficult_matrices_are_decomposed() {
    for n in [2, 3, 8, 40, 131] {
        for (name, a) in difficult(n) {
            let scale = a.abs().unwrap().max().unwrap().item().unwrap().max(1e-300) * n as f64;
            let values = linalg::eigh(&a, Triangle::Lower);
            let (values, vectors) = values.unwrap_or_else(|e| panic!("{name} of {n}: {e}"));
            assert_orthonormal(&vectors);
            let back = (&vectors * values)
                .unwrap()
                .matmul(&vectors.mt().unwrap())
                .unwrap();
            assert_near(&back, &a, 1e-14 * scale);
            let factors = linalg::svd(&a, true);
            let (u, s, vt) = factors.unwrap_or_else(|e| panic!("{name} of {n}: {e}"));
            assert_orthonormal(&u);
            assert_orthonormal(&vt.mt().unwrap());
            assert_near(&(u * s).unwrap().matmul(&vt).unwrap(), &a, 1e-14 * scale);
        }
    }
}

#[test]
fn where_there_are_no_numbers_factorizations_end() {
    for n in [5, 40, 70] {
        for bad in [f64::NAN, f64::INFINITY] {
            let mut values: Vec<f64> = (0..n * n).map(|i| (i as f64).sin()).collect();
            values[n * n / 2] = bad;
            let a = Tensor::from_vec(values, &[n, n]).unwrap();
            assert!(linalg::svd(&a, true).is_err());
            let (q, _) = linalg::qr(&a, QrMode::Reduced).unwrap();
            assert!(numbers(&q).iter().any(|x| x.is_nan()));
            let (values, _) = linalg::eigh(&a, Triangle::Lower).unwrap();
            assert!(numbers(&values).iter().all(|x| x.is_nan()));
            assert!(linalg::cholesky(&a, Triangle::Lower).is_err());
            assert!(!linalg::det(&a).unwrap().item().unwrap().is_finite());
        }
    }
}
