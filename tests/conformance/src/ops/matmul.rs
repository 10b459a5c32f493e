//! Products of matrices and vectors, and distances.

use super::ops;
use crate::call::{Call, Given, KEYWORD};
use crate::outcome::Failure;
use crate::tensor::{Scalar, Tensor};

const ONE: Scalar = Scalar::Int(1);

/// `beta` and `alpha` of the `add..` family.
fn factors(c: &Call) -> Given<(Scalar, Scalar)> {
    Ok((
        c.scalar_or("beta", KEYWORD, ONE)?,
        c.scalar_or("alpha", KEYWORD, ONE)?,
    ))
}

/// The input plus a product of two further operands.
macro_rules! plus {
    ($c:ident, $method:ident, $first:literal, $second:literal) => {{
        let (beta, alpha) = factors($c)?;
        $c.input()?
            .$method(&$c.tensor($first, 1)?, &$c.tensor($second, 2)?, beta, alpha)
    }};
}

fn tensordot(c: &Call) -> Given<Tensor> {
    let (a, b) = (c.input()?, c.tensor("other", 1)?);
    let Ok(count) = c.int_or::<isize>("dims", 2, 2) else {
        let pairs = c.get::<Vec<Vec<i64>>>("dims", 2)?;
        let dims = |list: &[i64]| list.iter().map(|&dim| dim as isize).collect::<Vec<_>>();
        return match &pairs[..] {
            [of_a, of_b] => Ok(a.tensordot(&b, &dims(of_a), &dims(of_b))?),
            _ => c.unsupported("dims other than two lists"),
        };
    };
    let most = a.dim().min(b.dim()) as isize;
    if !(0..=most).contains(&count) {
        return Err(Failure::Range(format!("`dims` cannot be {count}")));
    }
    let of_a: Vec<isize> = (-count..0).collect();
    let of_b: Vec<isize> = (0..count).collect();
    Ok(a.tensordot(&b, &of_a, &of_b)?)
}

/// Without a dimension, the deprecated form takes the first of size 3.
fn cross(c: &Call) -> Given<Tensor> {
    let x = c.input()?;
    let three = x.shape().iter().position(|&size| size == 3);
    let dim = c.int_or("dim", 2, three.map_or(-1, |dim| dim as isize))?;
    Ok(x.cross(&c.tensor("other", 1)?, dim)?)
}

/// How a distance is computed makes no other distance of it.
fn distances(c: &Call) -> Given<Tensor> {
    c.text_or("compute_mode", 3, "")?;
    Ok(c.input()?
        .cdist(&c.tensor("x2", 1)?, c.float_or("p", 2, 2.0)?)?)
}

ops! {
    "addbmm" => |c| plus!(c, addbmm, "batch1", "batch2");
    "addmm" => |c| plus!(c, addmm, "mat1", "mat2");
    "addmv" => |c| plus!(c, addmv, "mat", "vec");
    "addr" => |c| plus!(c, addr, "vec1", "vec2");
    "baddbmm" => |c| plus!(c, baddbmm, "batch1", "batch2");
    "bmm" => |c| c.input()?.bmm(&c.tensor("mat2", 1)?);
    "cdist" => |c| distances(c);
    "cross" => |c| cross(c);
    "linalg.cross" => |c| c.input()?.cross(&c.tensor("other", 1)?, c.int_or("dim", KEYWORD, -1)?);
    "dot" | "vdot" => |c| c.input()?.dot(&c.tensor("tensor", 1)?);
    "einsum" => |c| Tensor::einsum(&c.text("equation", 1)?, &c.tensors("input", 0)?);
    "inner" => |c| c.input()?.inner(&c.tensor("other", 1)?);
    "kron" => |c| c.input()?.kron(&c.tensor("other", 1)?);
    "matmul" => |c| c.input()?.matmul(&c.tensor("other", 1)?);
    "__rmatmul__" => |c| c.tensor("other", 1)?.matmul(&c.input()?);
    "mm" => |c| c.input()?.mm(&c.tensor("mat2", 1)?);
    "mv" => |c| c.input()?.mv(&c.tensor("vec", 1)?);
    "nn.functional.bilinear" => |c| rushlight_nn::functional::bilinear(
        &c.input()?,
        &c.tensor("input2", 1)?,
        &c.tensor("weight", 2)?,
        c.opt_tensor("bias", 3)?.as_ref(),
    );
    "nn.functional.linear" => |c| {
        let bias = c.opt_tensor("bias", 2)?;
        c.input()?.linear(&c.tensor("weight", 1)?, bias.as_ref())
    };
    "outer" | "ger" => |c| c.input()?.outer(&c.tensor("vec2", 1)?);
    "tensordot" => |c| tensordot(c);
}
