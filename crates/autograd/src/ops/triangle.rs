//! Triangles and diagonals of matrices.

use crate::{Device, Result, Tensor, TensorOptions};
use rushlight_tensor::Shape;
use rushlight_tensor::ops::rules;

impl Tensor {
    /// The lower triangles of a batch of matrices, up to the diagonal `diagonal` above the main one;
    /// zero elsewhere.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::ones(&[2, 3])?.tril(0)?;
    /// assert_eq!(x.to_vec::<f32>()?, [1.0, 0.0, 0.0, 1.0, 1.0, 0.0]);
    /// # Ok(()) }
    /// ```
    pub fn tril(&self, diagonal: i64) -> Result<Tensor> {
        let (columns, crossings) = self.crossings("tril", diagonal)?;
        self.masked_where(&columns.le(crossings)?)
    }

    /// The upper triangles of a batch of matrices, from the diagonal `diagonal` above the main one on;
    /// zero elsewhere.
    pub fn triu(&self, diagonal: i64) -> Result<Tensor> {
        let (columns, crossings) = self.crossings("triu", diagonal)?;
        self.masked_where(&columns.ge(crossings)?)
    }

    /// In-place form of [`tril`](Tensor::tril).
    pub fn tril_(&mut self, diagonal: i64) -> Result<()> {
        self.assign("tril_", self.tril(diagonal)?)
    }

    /// In-place form of [`triu`](Tensor::triu).
    pub fn triu_(&mut self, diagonal: i64) -> Result<()> {
        self.assign("triu_", self.triu(diagonal)?)
    }

    /// Coordinates of the lower triangle of a matrix, row by row.
    ///
    /// Shape: `[2, count]`, of type `i64`.
    pub fn tril_indices(row: usize, col: usize, offset: i64) -> Result<Tensor> {
        let (columns, crossings) = crossings(row, col, offset, Device::Cpu)?;
        columns.le(crossings)?.nonzero()?.t()?.contiguous()
    }

    /// Coordinates of the upper triangle of a matrix, row by row.
    ///
    /// Shape: `[2, count]`, of type `i64`.
    pub fn triu_indices(row: usize, col: usize, offset: i64) -> Result<Tensor> {
        let (columns, crossings) = crossings(row, col, offset, Device::Cpu)?;
        columns.ge(crossings)?.nonzero()?.t()?.contiguous()
    }

    /// The diagonal of a matrix, or the matrix with a vector as its diagonal.
    pub fn diag(&self, diagonal: isize) -> Result<Tensor> {
        match self.dim() {
            1 => self.diag_embed(diagonal, 0, 1),
            2 => self.diagonal(diagonal, 0, 1),
            _ => {
                let expected = "one or two dimensions";
                Err(rushlight_tensor::Error::shape("diag", self.shape(), expected).into())
            }
        }
    }

    /// The matrix with all elements along its diagonal.
    pub fn diagflat(&self, offset: isize) -> Result<Tensor> {
        self.flatten(0, -1)?.diag_embed(offset, 0, 1)
    }

    /// The sum of the diagonal of a matrix.
    pub fn trace(&self) -> Result<Tensor> {
        match self.dim() {
            2 => self.diagonal(0, 0, 1)?.sum(),
            _ => {
                let expected = "two dimensions";
                Err(rushlight_tensor::Error::shape("trace", self.shape(), expected).into())
            }
        }
    }

    /// As [`crossings`], for a batch of matrices.
    fn crossings(&self, op: &'static str, diagonal: i64) -> Result<(Tensor, Tensor)> {
        let shape = self.shape();
        let [.., row, col] = shape[..] else {
            let expected = "at least two dimensions";
            return Err(rushlight_tensor::Error::shape(op, shape, expected).into());
        };
        crossings(row, col, diagonal, self.device())
    }
}

/// The numbers of a matrix's columns, `[col]`, and in which column a diagonal crosses each row,
/// `[row, 1]`.
fn crossings(row: usize, col: usize, diagonal: i64, device: Device) -> Result<(Tensor, Tensor)> {
    rules::numel("triangle", &Shape::from([row, col]))?;
    let options = TensorOptions::new().device(device);
    let positions = |size: usize| options.arange(0, size as i64, 1);
    // Diagonals that miss the matrix are all alike.
    let diagonal = diagonal.clamp(-(row as i64), col as i64);
    let crossings = positions(row)?.unsqueeze(1)?.add(diagonal)?;
    Ok((positions(col)?, crossings))
}
