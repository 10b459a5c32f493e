//! Linear algebra.

use rushlight_autograd::linalg::{self, Driver, LeastSquares, QrMode, RankOptions, Triangle};

use super::ops;
use crate::argument::Argument;
use crate::call::{Call, Given, KEYWORD};
use crate::tensor::{Norm, Tensor};

fn triangle(c: &Call, name: &str, position: usize, default: bool) -> Given<Triangle> {
    Ok(match c.bool_or(name, position, default)? {
        true => Triangle::Upper,
        false => Triangle::Lower,
    })
}

/// `UPLO`.
fn named_triangle(c: &Call) -> Given<Triangle> {
    Ok(match c.text_or("UPLO", 1, "L")?.as_str() {
        "L" => Triangle::Lower,
        "U" => Triangle::Upper,
        other => return c.unsupported(other),
    })
}

/// Which of two results an operation with reports returns is the business of the caller here.
fn unchecked(c: &Call, position: usize) -> Given<()> {
    c.only("check_errors", position, &Argument::Bool(false))
}

/// What hermitian matrices differ in only where they are complex.
fn hermitian(c: &Call) -> Given<()> {
    c.bool_or("hermitian", KEYWORD, false).map(drop)
}

fn rank_options(c: &Call) -> Given<RankOptions> {
    Ok(RankOptions {
        atol: c.opt("atol", KEYWORD)?,
        rtol: c.opt("rtol", KEYWORD)?,
        hermitian: c.bool_or("hermitian", KEYWORD, false)?,
    })
}

/// The pseudoinverse, of a product where the database multiplies first.
fn pinv(c: &Call) -> Given<Tensor> {
    let a = match c.positional() {
        2 => c.input()?.matmul(&c.tensor("b", 1)?.mt()?)?,
        _ => c.input()?,
    };
    Ok(linalg::pinv(&a, &rank_options(c)?)?)
}

fn lstsq(c: &Call) -> Given<LeastSquares> {
    let driver = match c
        .text_or(
            "driver",
            if c.positional() > 2 { 2 } else { KEYWORD },
            "gelsy",
        )?
        .as_str()
    {
        "gels" => Driver::Gels,
        "gelsy" => Driver::Gelsy,
        "gelsd" => Driver::Gelsd,
        "gelss" => Driver::Gelss,
        other => return c.unsupported(other),
    };
    let rcond = c.opt_float("rcond", KEYWORD)?;
    Ok(linalg::lstsq(
        &c.input()?,
        &c.tensor("b", 1)?,
        rcond,
        driver,
    )?)
}

fn qr_mode(c: &Call) -> Given<QrMode> {
    Ok(match c.text_or("mode", 1, "reduced")?.as_str() {
        "reduced" => QrMode::Reduced,
        "complete" => QrMode::Complete,
        "r" => QrMode::R,
        other => return c.unsupported(other),
    })
}

fn norm(c: &Call) -> Given<Option<Norm>> {
    match c.argument("p", 1) {
        None => Ok(None),
        Some(Argument::Text(name)) if name == "fro" => Ok(Some(Norm::Frobenius)),
        Some(Argument::Text(name)) if name == "nuc" => Ok(Some(Norm::Nuclear)),
        Some(_) => Ok(Some(Norm::P(c.float("p", 1)?))),
    }
}

/// A product whose decomposition is asked for.
fn product(c: &Call) -> Given<Tensor> {
    Ok(c.input()?.matmul(&c.tensor("b", 1)?.mt()?)?)
}

ops! {
    "linalg.cholesky" => |c| linalg::cholesky(&c.input()?, triangle(c, "upper", KEYWORD, false)?);
    "linalg.cholesky_ex" => |c| { unchecked(c, KEYWORD)?; linalg::cholesky_ex(&c.input()?, triangle(c, "upper", KEYWORD, false)?) };
    "cholesky" => |c| linalg::cholesky(&c.input()?, triangle(c, "upper", 1, false)?);
    "cholesky_inverse" => |c| c.input()?.cholesky_inverse(triangle(c, "upper", 1, false)?);
    "cholesky_solve" => |c| c.input()?.cholesky_solve(&c.tensor("input2", 1)?, triangle(c, "upper", 2, false)?);

    "linalg.lu" => |c| linalg::lu(&c.input()?, c.bool_or("pivot", KEYWORD, true)?);
    "linalg.lu_factor" => |c| linalg::lu_factor(&c.input()?, c.bool_or("pivot", KEYWORD, true)?);
    "linalg.lu_factor_ex" => |c| { unchecked(c, KEYWORD)?; linalg::lu_factor_ex(&c.input()?, c.bool_or("pivot", KEYWORD, true)?) };
    "linalg.lu_solve" => |c| linalg::lu_solve(
        &c.input()?,
        &c.tensor("pivots", 1)?,
        &c.tensor("B", 2)?,
        c.bool_or("left", KEYWORD, true)?,
        c.bool_or("adjoint", KEYWORD, false)?,
    );
    "lu" => |c| {
        let (lu, pivots, reports) = c.input()?.lu(c.bool_or("pivot", 1, true)?)?;
        let mut parts = vec![lu, pivots];
        if c.bool_or("get_infos", 2, false)? {
            parts.push(reports);
        }
        parts
    };
    "lu_solve" => |c| c.input()?.lu_solve(&c.tensor("LU_data", 1)?, &c.tensor("LU_pivots", 2)?);
    "lu_unpack" => |c| Tensor::lu_unpack(&c.input()?, &c.tensor("LU_pivots", 1)?);

    "linalg.ldl_factor" => |c| { hermitian(c)?; linalg::ldl_factor(&c.input()?) };
    "linalg.ldl_factor_ex" => |c| { hermitian(c)?; unchecked(c, KEYWORD)?; linalg::ldl_factor_ex(&c.input()?) };
    "linalg.ldl_solve" => |c| { hermitian(c)?; linalg::ldl_solve(&c.input()?, &c.tensor("pivots", 1)?, &c.tensor("B", 2)?) };

    "linalg.qr" => |c| linalg::qr(&c.input()?, qr_mode(c)?);
    "linalg.householder_product" => |c| linalg::householder_product(&c.input()?, &c.tensor("tau", 1)?);
    "geqrf" => |c| c.input()?.geqrf();
    "ormqr" => |c| c.input()?.ormqr(
        &c.tensor("tau", 1)?,
        &c.tensor("other", 2)?,
        c.bool_or("left", 3, true)?,
        c.bool_or("transpose", 4, false)?,
    );

    "linalg.eigh" => |c| linalg::eigh(&c.input()?, named_triangle(c)?);
    "linalg.eigvalsh" => |c| linalg::eigvalsh(&c.input()?, named_triangle(c)?);
    "linalg.matrix_sqrth" => |c| linalg::matrix_sqrth(&c.input()?);

    "linalg.svd" => |c| linalg::svd(&c.input()?, c.bool_or("full_matrices", 1, true)?);
    "linalg.svdvals" => |c| linalg::svdvals(&c.input()?);
    "linalg.polar" => |c| linalg::polar(&c.input()?);
    "svd" => |c| c.input()?.svd(c.bool_or("some", 1, true)?);
    "svd_lowrank" => |c| {
        let mean = c.opt_tensor("M", KEYWORD)?;
        product(c)?.svd_lowrank(c.int_or("q", KEYWORD, 6)?, c.opt_int("niter", KEYWORD)?, mean.as_ref())
    };
    "pca_lowrank" => |c| product(c)?.pca_lowrank(c.opt_int("q", KEYWORD)?, c.bool_or("center", KEYWORD, true)?, c.opt_int("niter", KEYWORD)?);

    "linalg.inv" => |c| linalg::inv(&c.input()?);
    "linalg.inv_ex" => |c| { unchecked(c, KEYWORD)?; linalg::inv_ex(&c.input()?) };
    "linalg.solve" => |c| match c.bool_or("left", KEYWORD, true)? {
        true => linalg::solve(&c.input()?, &c.tensor("B", 1)?),
        false => linalg::solve_right(&c.input()?, &c.tensor("B", 1)?),
    };
    "linalg.solve_ex" => |c| {
        unchecked(c, KEYWORD)?;
        c.only("left", KEYWORD, &Argument::Bool(true))?;
        linalg::solve_ex(&c.input()?, &c.tensor("B", 1)?)
    };
    "linalg.solve_triangular" => |c| linalg::solve_triangular(
        &c.input()?,
        &c.tensor("B", 1)?,
        triangle(c, "upper", KEYWORD, false)?,
        c.bool_or("left", KEYWORD, true)?,
        c.bool_or("unitriangular", KEYWORD, false)?,
    );
    "triangular_solve" => |c| c.input()?.triangular_solve(
        &c.tensor("A", 1)?,
        triangle(c, "upper", 2, true)?,
        c.bool_or("transpose", 3, false)?,
        c.bool_or("unitriangular", 4, false)?,
    );
    "linalg.tensorinv" => |c| linalg::tensorinv(&c.input()?, c.int_or("ind", 1, 2)?);
    "linalg.tensorsolve" => |c| linalg::tensorsolve(&c.input()?, &c.tensor("other", 1)?, &c.opt_ints("dims", 2)?.unwrap_or_default());

    "linalg.det" | "det" => |c| linalg::det(&c.input()?);
    "linalg.slogdet" | "slogdet" => |c| linalg::slogdet(&c.input()?);
    "logdet" => |c| c.input()?.logdet();

    "linalg.matrix_rank" => |c| linalg::matrix_rank(&c.input()?, &rank_options(c)?);
    "linalg.cond" => |c| linalg::cond(&c.input()?, norm(c)?);
    "linalg.pinv" => |c| pinv(c);
    "pinverse" => |c| c.input()?.pinverse(c.float_or("rcond", 1, 1e-15)?);
    "linalg.lstsq" => |c| {
        let found = lstsq(c)?;
        (found.solution, found.residuals, found.rank, found.singular_values)
    };
    "linalg.lstsq@grad_oriented" => |c| { let found = lstsq(c)?; (found.solution, found.residuals) };

    "linalg.matrix_power" | "matrix_power" => |c| linalg::matrix_power(&c.input()?, c.int("n", 1)?);
    "matrix_exp" | "linalg.matrix_exp" => |c| linalg::matrix_exp(&c.input()?);
    "linalg.multi_dot" => |c| {
        let factors = c.tensors("tensors", 0)?;
        linalg::multi_dot(&factors.iter().collect::<Vec<_>>())
    };
    "linalg.vecdot" => |c| linalg::vecdot(&c.input()?, &c.tensor("y", 1)?, c.int_or("dim", KEYWORD, -1)?);
    "linalg.vander" => |c| linalg::vander(&c.input()?, c.opt_int("N", KEYWORD)?);
}
