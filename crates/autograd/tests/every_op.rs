//! Checks that hold for every row of the op table; a new row is tested the day it is added.

use rushlight_autograd::{DType, Error, Result, Tensor, gradcheck, gradgradcheck};
use rushlight_tensor::ops::table::{
    BinaryOp, Class, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp,
};
use rushlight_tensor::{for_each_binary_op, for_each_compare_op};
use rushlight_tensor::{for_each_predicate_op, for_each_unary_op};
use std::ops::Range;

macro_rules! call_unary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$x:ident| $formula:expr, $domain:expr;)*) => {
        fn unary(op: UnaryOp, x: &Tensor) -> Result<Tensor> {
            match op { $(UnaryOp::$Variant => x.$name()),* }
        }
        fn unary_in_place(op: UnaryOp, x: &mut Tensor) -> Result<()> {
            match op { $(UnaryOp::$Variant => x.$name_()),* }
        }
    };
}
for_each_unary_op!(call_unary);

macro_rules! call_binary {
    ($($(#[$doc:meta])* $name:ident, $name_:ident, $Variant:ident, $Class:ident, |$a:ident, $b:ident| $formula:expr, $domain:expr;)*) => {
        fn binary(op: BinaryOp, a: &Tensor, b: &Tensor) -> Result<Tensor> {
            match op { $(BinaryOp::$Variant => a.$name(b)),* }
        }
        fn binary_in_place(op: BinaryOp, a: &mut Tensor, b: &Tensor) -> Result<()> {
            match op { $(BinaryOp::$Variant => a.$name_(b)),* }
        }
    };
}
for_each_binary_op!(call_binary);

macro_rules! call_compare {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$a:ident, $b:ident| $formula:expr;)*) => {
        fn compare(op: CompareOp, a: &Tensor, b: &Tensor) -> Result<Tensor> {
            match op { $(CompareOp::$Variant => a.$name(b)),* }
        }
    };
}
for_each_compare_op!(call_compare);

macro_rules! call_predicate {
    ($($(#[$doc:meta])* $name:ident, $Variant:ident, |$x:ident| $formula:expr;)*) => {
        fn predicate(op: PredicateOp, x: &Tensor) -> Result<Tensor> {
            match op { $(PredicateOp::$Variant => x.$name()),* }
        }
    };
}
for_each_predicate_op!(call_predicate);

fn parametric(op: ParametricOp, x: &Tensor) -> Result<Tensor> {
    let [p, q, _] = op.test_parameters();
    match op {
        ParametricOp::ClampMin => x.clamp_min(p),
        ParametricOp::ClampMax => x.clamp_max(p),
        ParametricOp::Clamp => x.clamp(p, q),
        ParametricOp::Hardtanh => x.hardtanh(p, q),
        ParametricOp::LeakyRelu => x.leaky_relu(p),
        ParametricOp::Elu => x.elu(p),
        ParametricOp::Softplus => x.softplus(p, q),
        ParametricOp::Threshold => x.threshold(p, q),
        ParametricOp::Hardshrink => x.hardshrink(p),
        ParametricOp::Softshrink => x.softshrink(p),
        ParametricOp::Huber => x.huber(p),
        ParametricOp::PowScalar => x.pow(p),
        ParametricOp::NanToNum => x.nan_to_num(Some(p), Some(q), None),
        ParametricOp::RoundScaled => x.round_decimals(p.log10().round() as i32),
        ParametricOp::Logit => x.logit(Some(p)),
        ParametricOp::Polygamma => x.polygamma(p as i64),
    }
}

fn ternary(op: TernaryOp, a: &Tensor, b: &Tensor, c: &Tensor) -> Result<Tensor> {
    match op {
        TernaryOp::Where => Tensor::select_where(&a.gt(1.5)?, b, c),
        TernaryOp::Clamp => a.clamp(b, c),
        TernaryOp::Lerp => a.lerp(b, c),
        TernaryOp::Addcmul => a.addcmul(b, c, 2),
        TernaryOp::Addcdiv => a.addcdiv(b, c, 2),
    }
}

/// Every row as a function of the operands, with the class and the domain.
fn rows() -> Vec<Row> {
    let mut rows = Vec::new();
    for &op in UnaryOp::ALL {
        rows.push(Row::new(op.name(), 1, op.class(), op.domain(), move |x| {
            unary(op, &x[0])
        }));
    }
    for &op in BinaryOp::ALL {
        let call = move |x: &[Tensor]| binary(op, &x[0], &x[1]);
        rows.push(Row::new(op.name(), 2, op.class(), op.domain(), call));
    }
    for &op in ParametricOp::ALL {
        let call = move |x: &[Tensor]| parametric(op, &x[0]);
        rows.push(Row::new(op.name(), 1, op.class(), op.domain(), call));
    }
    for &op in TernaryOp::ALL {
        let call = move |x: &[Tensor]| ternary(op, &x[0], &x[1], &x[2]);
        rows.push(Row::new(op.name(), 3, op.class(), op.domain(), call));
    }
    for &op in CompareOp::ALL {
        let call = move |x: &[Tensor]| compare(op, &x[0], &x[1]);
        rows.push(Row::new(op.name(), 2, op.class(), op.domain(), call));
    }
    for &op in PredicateOp::ALL {
        rows.push(Row::new(op.name(), 1, op.class(), op.domain(), move |x| {
            predicate(op, &x[0])
        }));
    }
    rows
}

struct Row {
    name: &'static str,
    operands: usize,
    class: Class,
    domain: Range<f64>,
    call: Box<Call>,
}

type Call = dyn Fn(&[Tensor]) -> Result<Tensor>;

impl Row {
    fn new(
        name: &'static str,
        operands: usize,
        class: Class,
        domain: Range<f64>,
        call: impl Fn(&[Tensor]) -> Result<Tensor> + 'static,
    ) -> Row {
        Row {
            name,
            operands,
            class,
            domain,
            call: Box::new(call),
        }
    }

    fn takes(&self, dtype: DType) -> bool {
        match self.class {
            Class::Any | Class::Float => true,
            Class::Number => dtype != DType::Bool,
            Class::Real => dtype.is_floating_point(),
            Class::Integer => dtype.is_integer(),
            Class::Bits => !dtype.is_floating_point(),
        }
    }

    /// Whether floats yield floats.
    fn is_real_function(&self) -> bool {
        let result = || (self.call)(&self.points(&[2])).unwrap();
        self.takes(DType::F64) && result().is_floating_point()
    }

    /// Operands of a shape, each of other values.
    fn points(&self, shape: &[usize]) -> Vec<Tensor> {
        let phases = [0.7, 0.35, 0.15];
        let points = |&phase: &f64| points(self.domain.clone(), shape, phase);
        phases[..self.operands].iter().map(points).collect()
    }

    /// The operands, those that may require a gradient doing so.
    fn differentiable(&self, operands: &[Tensor]) -> Vec<Tensor> {
        let attempt = |index: usize| {
            let operands: Vec<Tensor> = operands.iter().map(Tensor::detach).collect();
            operands[index].requires_grad_(true).unwrap();
            let refused = matches!((self.call)(&operands), Err(Error::NoDerivative { .. }));
            assert_eq!(
                refused,
                HAVE_NONE.contains(&(self.name, index)),
                "{} {index}",
                self.name
            );
            if refused {
                operands[index].detach()
            } else {
                operands[index].clone()
            }
        };
        (0..operands.len()).map(attempt).collect()
    }
}

/// Operands that have no derivative.
const HAVE_NONE: [(&str, usize); 30] = [
    ("airy_ai", 0),
    ("heaviside", 0),
    ("heaviside", 1),
    ("zeta", 0),
    ("igamma", 0),
    ("igammac", 0),
    ("chebyshev_polynomial_t", 0),
    ("chebyshev_polynomial_t", 1),
    ("chebyshev_polynomial_u", 0),
    ("chebyshev_polynomial_u", 1),
    ("chebyshev_polynomial_v", 0),
    ("chebyshev_polynomial_v", 1),
    ("chebyshev_polynomial_w", 0),
    ("chebyshev_polynomial_w", 1),
    ("shifted_chebyshev_polynomial_t", 0),
    ("shifted_chebyshev_polynomial_t", 1),
    ("shifted_chebyshev_polynomial_u", 0),
    ("shifted_chebyshev_polynomial_u", 1),
    ("shifted_chebyshev_polynomial_v", 0),
    ("shifted_chebyshev_polynomial_v", 1),
    ("shifted_chebyshev_polynomial_w", 0),
    ("shifted_chebyshev_polynomial_w", 1),
    ("hermite_polynomial_h", 0),
    ("hermite_polynomial_h", 1),
    ("hermite_polynomial_he", 0),
    ("hermite_polynomial_he", 1),
    ("laguerre_polynomial_l", 0),
    ("laguerre_polynomial_l", 1),
    ("legendre_polynomial_p", 0),
    ("legendre_polynomial_p", 1),
];

/// Points spread over a domain, none at its ends.
fn points(domain: Range<f64>, shape: &[usize], phase: f64) -> Tensor {
    let count: usize = shape.iter().product();
    let width = domain.end - domain.start;
    let at = |i: usize| domain.start + width * (i as f64 + phase) / (count as f64 + 0.9);
    Tensor::from_vec((0..count).map(at).collect(), shape).unwrap()
}

fn check_gradients(row: &Row, operands: &[Tensor]) {
    let (name, f) = (row.name, &row.call);
    let inputs = row.differentiable(operands);
    gradcheck(f, &inputs, Default::default()).unwrap_or_else(|e| panic!("{name}: {e}"));
    gradgradcheck(f, &inputs, Default::default()).unwrap_or_else(|e| panic!("{name}, twice: {e}"));
}

#[test]
fn gradients_hold_to_second_order() {
    for row in rows().iter().filter(|row| row.is_real_function()) {
        check_gradients(row, &row.points(&[2, 3]));
        check_gradients(row, &row.points(&[]));
        check_gradients(row, &row.points(&[0, 2]));
        let strided = row
            .points(&[3, 2])
            .into_iter()
            .map(|x| x.transpose(0, 1).unwrap());
        check_gradients(row, &strided.collect::<Vec<_>>());
    }
}

#[test]
fn gradients_hold_to_second_order_with_broadcasting() {
    let several = |row: &&Row| row.is_real_function() && row.operands > 1;
    for row in rows().iter().filter(several) {
        for shape in [&[3][..], &[2, 1]] {
            for narrow in 0..row.operands {
                let mut operands = row.points(&[2, 3]);
                operands[narrow] = row.points(shape).swap_remove(narrow);
                check_gradients(row, &operands);
            }
        }
    }
}

/// The elements as numbers, whatever the dtype.
fn numbers(x: &Tensor) -> Vec<f64> {
    x.to_dtype(DType::F64).unwrap().to_vec().unwrap()
}

fn assert_same(name: &str, got: &Tensor, want: &Tensor) {
    assert_eq!(got.shape(), want.shape(), "{name}");
    assert_eq!(got.dtype(), want.dtype(), "{name}");
    assert_eq!(got.to_bytes().unwrap(), want.to_bytes().unwrap(), "{name}");
}

/// Small whole numbers, which every dtype holds.
fn whole_numbers(row: &Row, dtype: DType) -> Vec<Tensor> {
    let highest = if dtype == DType::Bool { 2 } else { 4 };
    let operand = |index: usize| {
        let values = (0..24)
            .map(|i| ((i * (index + 3) + index) % highest) as i64)
            .collect();
        let x = Tensor::from_vec::<i64>(values, &[4, 6]).unwrap();
        // No operation divides by zero or has an empty range here.
        let x = if dtype == DType::Bool || index == 0 {
            x
        } else {
            (x + 1).unwrap()
        };
        x.to_dtype(dtype).unwrap()
    };
    (0..row.operands).map(operand).collect()
}

#[test]
fn every_dtype_is_taken_or_refused_by_its_class_and_agrees_with_f64() {
    for row in rows() {
        // Booleans may be divided by false, which only floats can.
        let divides = |dtype| dtype == DType::Bool && row.name.contains("divide");
        for dtype in DType::ALL.into_iter().filter(|&dtype| !divides(dtype)) {
            let name = format!("{} {dtype}", row.name);
            let operands = whole_numbers(&row, dtype);
            let result = (row.call)(&operands);
            // A boolean has a square and a power, which are integers.
            let counts = dtype == DType::Bool && ["square", "pow"].contains(&row.name);
            if counts && row.operands == 1 {
                assert!(result.is_ok_and(|y| y.dtype() != DType::Bool), "{name}");
                continue;
            }
            // Limits that are fractions turn integers into floats.
            let widens = row.class == Class::Number && row.operands == 1 && row.name != "neg";
            let is_refused = result.is_err() || !widens;
            if !row.takes(dtype) && is_refused {
                assert!(matches!(result, Err(Error::Array(_))), "{name}");
                continue;
            }
            let y = result.unwrap_or_else(|e| panic!("{name}: {e}"));
            let reference = match row.takes(DType::F64) {
                true => DType::F64,
                false => DType::I64,
            };
            let wide: Vec<Tensor> = operands
                .iter()
                .map(|x| x.to_dtype(reference).unwrap())
                .collect();
            let want = (row.call)(&wide).unwrap();
            let tolerance = match y.dtype() {
                DType::F64 => 0.0,
                DType::F32 => 1e-5,
                DType::F16 => 2e-3,
                _ => 1e-2,
            };
            for (got, want) in numbers(&y).into_iter().zip(numbers(&want)) {
                let want = match y.dtype() {
                    DType::Bool if row.class == Class::Bits => want.rem_euclid(2.0),
                    DType::Bool => f64::from(want != 0.0),
                    DType::U8 => want.rem_euclid(256.0),
                    _ => want,
                };
                let same = got == want || (got.is_nan() && want.is_nan());
                // The next number up depends on the dtype, and so does what is too large.
                let close = (got - want).abs() <= tolerance * (1.0 + want.abs());
                let exceeds = got.is_infinite() && want.abs() > 6e4;
                assert!(same || close || exceeds, "{name}: {got} {want}");
            }
        }
    }
}

/// Views whose elements are those of `x`, in other places.
fn views(x: &Tensor) -> Vec<(&'static str, Tensor)> {
    let strided = x.t().unwrap().contiguous().unwrap().t().unwrap();
    let both = Tensor::cat(&[x, x], 1).unwrap();
    let offset = both.narrow(1, 6, 6).unwrap();
    vec![("strided", strided), ("offset", offset)]
}

#[test]
fn layouts_do_not_change_values() {
    for row in rows() {
        for dtype in DType::ALL.into_iter().filter(|&dtype| row.takes(dtype)) {
            let dense = whole_numbers(&row, dtype);
            let want = (row.call)(&dense).unwrap();
            for index in 0..row.operands {
                for (layout, view) in views(&dense[index]) {
                    let mut operands = dense.clone();
                    operands[index] = view;
                    let got = (row.call)(&operands).unwrap();
                    assert_same(&format!("{} {dtype} {layout}", row.name), &got, &want);
                }
                let repeated = dense[index]
                    .narrow(0, 1, 1)
                    .unwrap()
                    .expand(&[4, -1])
                    .unwrap();
                let mut operands = dense.clone();
                operands[index] = repeated.contiguous().unwrap();
                let want = (row.call)(&operands).unwrap();
                operands[index] = repeated;
                let got = (row.call)(&operands).unwrap();
                assert_same(&format!("{} {dtype} repeated", row.name), &got, &want);
            }
        }
    }
}

#[test]
fn empty_and_single_elements_keep_their_shape() {
    for row in rows() {
        for dtype in DType::ALL.into_iter().filter(|&dtype| row.takes(dtype)) {
            for shape in [&[][..], &[0], &[3, 0, 2], &[1, 1]] {
                let ones = Tensor::full(shape, 1, dtype, Default::default()).unwrap();
                let operands = vec![ones; row.operands];
                let y = (row.call)(&operands).unwrap_or_else(|e| panic!("{} {e}", row.name));
                assert_eq!(y.shape(), *shape, "{} {dtype}", row.name);
            }
        }
    }
}

/// Whether the tensor was changed as assigning the result would; an error where that has a dtype
/// that does not fit.
fn check_in_place(
    name: &str,
    x: &Tensor,
    y: Result<Tensor>,
    change: impl Fn(&mut Tensor) -> Result<()>,
) {
    let own = x.dtype();
    let mut changed = x.clone();
    let mut unshared = Tensor::from_bytes(&x.to_bytes().unwrap(), &x.shape(), own).unwrap();
    let outcomes = [change(&mut changed), change(&mut unshared)];
    for (outcome, changed) in outcomes.into_iter().zip([changed, unshared]) {
        match &y {
            Ok(y) if y.is_floating_point() <= own.is_floating_point() => {
                outcome.unwrap_or_else(|e| panic!("{name}: {e}"));
                assert_same(name, &changed, &y.to_dtype(own).unwrap());
            }
            _ => assert!(outcome.is_err(), "{name}"),
        }
    }
}

#[test]
fn in_place_forms_equal_the_others() {
    for dtype in DType::ALL {
        for &op in UnaryOp::ALL {
            let row = Row::new(op.name(), 1, op.class(), op.domain(), |x| Ok(x[0].clone()));
            let x = &whole_numbers(&row, dtype)[0];
            let change = |x: &mut Tensor| unary_in_place(op, x);
            // The square of a boolean is an integer, which no boolean holds.
            if (op, dtype) != (UnaryOp::Square, DType::Bool) {
                check_in_place(op.name(), x, unary(op, x), change);
            }
        }
        for &op in BinaryOp::ALL {
            let row = Row::new(op.name(), 2, op.class(), op.domain(), |x| Ok(x[0].clone()));
            let operands = whole_numbers(&row, dtype);
            let [a, b] = [&operands[0], &operands[1]];
            let change = |x: &mut Tensor| binary_in_place(op, x, b);
            check_in_place(op.name(), a, binary(op, a, b), change);
        }
    }
}

#[test]
fn an_operation_in_place_is_differentiated() {
    let x = points(0.5..2.0, &[4], 0.3).requires_grad_(true).unwrap();
    let f = |inputs: &[Tensor]| {
        let mut y = inputs[0].mul(2.0)?;
        y.tanh_()?;
        y.mul_(&inputs[0])?;
        y.addcmul_(&inputs[0], &inputs[0], 0.5)?;
        Ok(y)
    };
    gradcheck(f, &[x], Default::default()).unwrap();
}
