//! Which dtype and shape meet in which. The tables are what PyTorch answers for every pair.

use rushlight_autograd::{DType, Operand, Result, Scalar, Tensor, TensorOptions};

const DTYPES: [(&str, DType); 10] = [
    ("bool", DType::Bool),
    ("u8", DType::U8),
    ("i8", DType::I8),
    ("i16", DType::I16),
    ("i32", DType::I32),
    ("i64", DType::I64),
    ("f16", DType::F16),
    ("bf16", DType::BF16),
    ("f32", DType::F32),
    ("f64", DType::F64),
];

/// The dtype in which two tensors meet, both with dimensions or both without: one row for each dtype of
/// the first, in the order of `DTYPES`.
const OF_EQUALS: &str = "
    bool   u8   i8  i16  i32  i64  f16 bf16  f32  f64
      u8   u8  i16  i16  i32  i64  f16 bf16  f32  f64
      i8  i16   i8  i16  i32  i64  f16 bf16  f32  f64
     i16  i16  i16  i16  i32  i64  f16 bf16  f32  f64
     i32  i32  i32  i32  i32  i64  f16 bf16  f32  f64
     i64  i64  i64  i64  i64  i64  f16 bf16  f32  f64
     f16  f16  f16  f16  f16  f16  f16  f32  f32  f64
    bf16 bf16 bf16 bf16 bf16 bf16  f32 bf16  f32  f64
     f32  f32  f32  f32  f32  f32  f32  f32  f32  f64
     f64  f64  f64  f64  f64  f64  f64  f64  f64  f64";

/// That in which a tensor with dimensions meets one without.
const BESIDE_NO_DIMENSIONS: &str = "
    bool   u8   i8  i16  i32  i64  f16 bf16  f32  f64
      u8   u8   u8   u8   u8   u8  f16 bf16  f32  f64
      i8   i8   i8   i8   i8   i8  f16 bf16  f32  f64
     i16  i16  i16  i16  i16  i16  f16 bf16  f32  f64
     i32  i32  i32  i32  i32  i32  f16 bf16  f32  f64
     i64  i64  i64  i64  i64  i64  f16 bf16  f32  f64
     f16  f16  f16  f16  f16  f16  f16  f16  f16  f16
    bf16 bf16 bf16 bf16 bf16 bf16 bf16 bf16 bf16 bf16
     f32  f32  f32  f32  f32  f32  f32  f32  f32  f32
     f64  f64  f64  f64  f64  f64  f64  f64  f64  f64";

/// That in which a tensor meets `true`, an integer and a real number.
const BESIDE_NUMBERS: &str = "
    bool  i64  f32
      u8   u8  f32
      i8   i8  f32
     i16  i16  f32
     i32  i32  f32
     i64  i64  f32
     f16  f16  f16
    bf16 bf16 bf16
     f32  f32  f32
     f64  f64  f64";

fn numbers() -> [Scalar; 3] {
    [true.into(), 2i64.into(), 2.0f64.into()]
}

fn cell(table: &str, row: usize, column: usize) -> DType {
    let name = table.trim().lines().nth(row).unwrap();
    let name = name.split_whitespace().nth(column).unwrap();
    DTYPES.iter().find(|entry| entry.0 == name).unwrap().1
}

/// The dtype of the result for that in which operands meet; `None` where PyTorch refuses them.
type Outcome = fn(DType, [DType; 2]) -> Option<DType>;

const MEETS: Outcome = |met, _| Some(met);
const NUMBERS: Outcome = |met, given| (!given.contains(&DType::Bool)).then_some(met);
const NOT_BOTH_BOOL: Outcome = |met, _| (met != DType::Bool).then_some(met);
const REAL: Outcome = |met, _| match met.is_floating_point() {
    true => Some(met),
    false => Some(DType::F32),
};
const GIVEN_REAL: Outcome = |met, _| met.is_floating_point().then_some(met);
const BITS: Outcome = |met, _| (!met.is_floating_point()).then_some(met);
const INTEGERS: Outcome = |met, given| BITS(met, given).and(NOT_BOTH_BOOL(met, given));
const BOOL: Outcome = |_, _| Some(DType::Bool);
const DOUBLE: Outcome = |_, _| Some(DType::F64);

struct Operation {
    name: &'static str,
    call: fn(&Tensor, Operand) -> Result<Tensor>,
    in_place: fn(&mut Tensor, Operand) -> Result<()>,
    of_tensors: Outcome,
    /// `None` where PyTorch's function takes no number.
    of_number: Option<Outcome>,
}

macro_rules! operations {
    ($($call:ident $in_place:ident: $of_tensors:expr, $of_number:expr;)*) => {
        [$(Operation {
            name: stringify!($call),
            call: |x, other| x.$call(other),
            in_place: |x, other| x.$in_place(other),
            of_tensors: $of_tensors,
            of_number: $of_number,
        }),*]
    };
}

fn operations() -> impl Iterator<Item = Operation> {
    operations! {
        add add_:                  MEETS, Some(MEETS);
        sub sub_:                  NUMBERS, Some(NUMBERS);
        mul mul_:                  MEETS, Some(MEETS);
        div div_:                  REAL, Some(REAL);
        floor_divide floor_divide_: NOT_BOTH_BOOL, Some(NOT_BOTH_BOOL);
        trunc_divide trunc_divide_: NOT_BOTH_BOOL, Some(NOT_BOTH_BOOL);
        remainder remainder_:      NOT_BOTH_BOOL, Some(NOT_BOTH_BOOL);
        fmod fmod_:                NOT_BOTH_BOOL, Some(NOT_BOTH_BOOL);
        pow pow_:                  NOT_BOTH_BOOL, Some(MEETS);
        eq eq_:                    BOOL, Some(BOOL);
        ne ne_:                    BOOL, Some(BOOL);
        lt lt_:                    BOOL, Some(BOOL);
        le le_:                    BOOL, Some(BOOL);
        gt gt_:                    BOOL, Some(BOOL);
        ge ge_:                    BOOL, Some(BOOL);
        logical_and logical_and_:  BOOL, None;
        logical_or logical_or_:    BOOL, None;
        logical_xor logical_xor_:  BOOL, None;
        maximum maximum_:          MEETS, None;
        minimum minimum_:          MEETS, None;
        fmax fmax_:                MEETS, None;
        fmin fmin_:                MEETS, None;
        atan2 atan2_:              REAL, None;
        copysign copysign_:        REAL, Some(REAL);
        xlogy xlogy_:              REAL, Some(REAL);
        hypot hypot_:              GIVEN_REAL, None;
        nextafter nextafter_:      GIVEN_REAL, None;
        logaddexp logaddexp_:      GIVEN_REAL, None;
        bitwise_and bitwise_and_:  BITS, Some(BITS);
        bitwise_or bitwise_or_:    BITS, Some(BITS);
        bitwise_xor bitwise_xor_:  BITS, Some(BITS);
        bitwise_left_shift bitwise_left_shift_: INTEGERS, Some(INTEGERS);
        bitwise_right_shift bitwise_right_shift_: INTEGERS, Some(INTEGERS);
        gcd gcd_:                  INTEGERS, None;
        lcm lcm_:                  INTEGERS, None;
        float_power float_power_:  DOUBLE, Some(DOUBLE);
    }
    .into_iter()
}

fn ones(shape: &[usize], dtype: DType) -> Tensor {
    TensorOptions::new().dtype(dtype).ones(shape).unwrap()
}

/// Whether a result can be written back into a dtype: a real number into reals only, an integer into
/// anything but booleans.
fn fits(result: DType, into: DType) -> bool {
    let rank = |dtype: DType| match dtype {
        DType::Bool => 0,
        dtype if dtype.is_floating_point() => 2,
        _ => 1,
    };
    rank(result) <= rank(into)
}

/// Calls an operation out of place and in place, and says what differs from what is expected.
fn compare(
    operation: &Operation,
    x: &Tensor,
    other: Operand,
    expected: Option<DType>,
) -> Vec<String> {
    let Operation {
        name,
        call,
        in_place,
        ..
    } = operation;
    let other_text = format!("{:?} {:?}", other_dtype(&other), x.shape());
    let mut problems = Vec::new();
    let got = call(x, other.clone()).ok().map(|y| y.dtype());
    if got != expected {
        problems.push(format!(
            "{name}({:?}, {other_text}): {got:?}, not {expected:?}",
            x.dtype()
        ));
    }
    // Comparisons write 0 and 1 into any dtype; powers in double precision fit into `f64` alone.
    let written = expected.filter(|&result| match *name {
        "float_power" => x.dtype() == DType::F64,
        _ => fits(result, x.dtype()),
    });
    let mut changed = x.clone();
    let got = in_place(&mut changed, other).ok().map(|()| changed.dtype());
    if got != written.map(|_| x.dtype()) {
        problems.push(format!("{name}_({:?}, {other_text}): {got:?}", x.dtype()));
    }
    problems
}

fn other_dtype(other: &Operand) -> DType {
    match other {
        Operand::Tensor(tensor) => tensor.dtype(),
        Operand::Scalar(number) => number.dtype(),
    }
}

#[test]
fn any_two_tensors_meet_where_those_of_pytorch_do() {
    let mut problems = Vec::new();
    let forms: [(&[usize], &[usize]); 4] = [(&[2], &[2]), (&[], &[]), (&[2], &[]), (&[], &[2])];
    for (row, (_, lhs)) in DTYPES.into_iter().enumerate() {
        for (column, (_, rhs)) in DTYPES.into_iter().enumerate() {
            for (left_shape, right_shape) in forms {
                let met = match (left_shape, right_shape) {
                    ([_], []) => cell(BESIDE_NO_DIMENSIONS, row, column),
                    ([], [_]) => cell(BESIDE_NO_DIMENSIONS, column, row),
                    _ => cell(OF_EQUALS, row, column),
                };
                let (x, other) = (ones(left_shape, lhs), ones(right_shape, rhs));
                for operation in operations() {
                    let expected = (operation.of_tensors)(met, [lhs, rhs]);
                    if left_shape.len() < right_shape.len() {
                        let got = (operation.call)(&x, (&other).into())
                            .ok()
                            .map(|y| y.dtype());
                        if got != expected {
                            let name = operation.name;
                            problems.push(format!(
                                "{name}(0-d {lhs:?}, {rhs:?}): {got:?}, not {expected:?}"
                            ));
                        }
                        continue;
                    }
                    problems.extend(compare(&operation, &x, (&other).into(), expected));
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} differ:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

#[test]
fn numbers_meet_tensors_where_those_of_pytorch_do() {
    let mut problems = Vec::new();
    for (row, (_, dtype)) in DTYPES.into_iter().enumerate() {
        for (column, number) in numbers().into_iter().enumerate() {
            for shape in [&[][..], &[2]] {
                let x = ones(shape, dtype);
                let given = [dtype, number.dtype()];
                let met = cell(BESIDE_NUMBERS, row, column);
                for operation in operations() {
                    let Some(of_number) = operation.of_number else {
                        continue;
                    };
                    let expected = of_number(met, given);
                    problems.extend(compare(&operation, &x, number.into(), expected));
                }
            }
        }
    }
    assert!(
        problems.is_empty(),
        "{} differ:\n{}",
        problems.len(),
        problems.join("\n")
    );
}

/// Shapes, and the digits of those in which they meet: one row for each of the first; `.` is a shape
/// without dimensions, `-` none.
const SHAPES: [&[usize]; 11] = [
    &[],
    &[0],
    &[1],
    &[3],
    &[1, 3],
    &[2, 1],
    &[2, 3],
    &[0, 3],
    &[2, 0],
    &[4, 1, 1],
    &[4, 2, 3],
];
const MET_SHAPES: &str = "
      .   0   1   3  13  21  23  03  20 411 423
      0   0   0   -   -  20   -   -  20 410   -
      1   0   1   3  13  21  23  03  20 411 423
      3   -   3   3  13  23  23  03   - 413 423
     13   -  13  13  13  23  23  03   - 413 423
     21  20  21  23  23  21  23   -  20 421 423
     23   -  23  23  23  23  23   -   - 423 423
     03   -  03  03  03   -   -  03   - 403   -
     20  20  20   -   -  20   -   -  20 420   -
    411 410 411 413 413 421 423 403 420 411 423
    423   - 423 423 423 423 423   -   - 423 423";

#[test]
fn shapes_meet_where_those_of_pytorch_do() {
    let text = |shape: &[usize]| match shape {
        [] => ".".to_owned(),
        sizes => sizes.iter().map(usize::to_string).collect(),
    };
    for (row, line) in MET_SHAPES.trim().lines().enumerate() {
        for (column, expected) in line.split_whitespace().enumerate() {
            let [a, b] = [row, column].map(|at| ones(SHAPES[at], DType::F32));
            let got = a.add(&b).map_or("-".to_owned(), |sum| text(&sum.shape()));
            assert_eq!(got, expected, "{} and {}", a.shape(), b.shape());
            // In place the shape stays.
            let mut changed = a.clone();
            let fits = changed.add_(&b).is_ok();
            assert_eq!(
                fits,
                expected == text(SHAPES[row]),
                "{} += {}",
                a.shape(),
                b.shape()
            );
        }
    }
}
