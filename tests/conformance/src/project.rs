//! Results that are unique only up to a choice, made comparable as the format says.

use crate::outcome::Failure;
use crate::output::Output;
use crate::tensor::Tensor;

/// Applies the projection of a name to the result of an operation.
pub fn apply(name: &str, operation: &str, output: &Output) -> Result<Output, Failure> {
    let factors = tensors(output)?;
    let projected = match (name, factors.as_slice()) {
        ("svd_S", [_, s, _]) => vec![s.clone()],
        ("svd_U", [u, s, _]) => vec![columns(u, s)?.abs()?],
        ("svd_Vh", [_, s, v]) => vec![s.clone(), rows(v, s, operation)?.abs()?],
        ("svd_UVh", [u, s, v]) => {
            vec![columns(u, s)?.matmul(&rows(v, s, operation)?)?, s.clone()]
        }
        ("lowrank", [u, s, v]) => vec![u.matmul(&v.transpose(-2, -1)?)?, s.clone()],
        ("eigh", [values, vectors]) => vec![values.clone(), vectors.abs()?],
        _ => {
            return Err(Failure::Unsupported(format!(
                "the projection {name} is not mapped"
            )));
        }
    };
    Ok(Output::Sequence(
        projected.into_iter().map(Output::Tensor).collect(),
    ))
}

/// `U[..., :k]`, where `k` is the number of singular values.
fn columns(u: &Tensor, s: &Tensor) -> Result<Tensor, Failure> {
    Ok(u.narrow(-1, 0, s.size(-1)?)?)
}

/// `Vh[..., :k, :]`; `svd` returns `V` where `linalg.svd` returns `Vh`.
fn rows(v: &Tensor, s: &Tensor, operation: &str) -> Result<Tensor, Failure> {
    let transposed = if operation == "svd" {
        v.transpose(-2, -1)?
    } else {
        v.clone()
    };
    Ok(transposed.narrow(-2, 0, s.size(-1)?)?)
}

fn tensors(output: &Output) -> Result<Vec<Tensor>, Failure> {
    let leaves = output.leaves().into_iter();
    let tensors = leaves.map(|leaf| match leaf {
        Output::Tensor(tensor) => Ok(tensor.clone()),
        _ => Err(Failure::Wrong("a result to project is not a tensor".into())),
    });
    tensors.collect()
}
