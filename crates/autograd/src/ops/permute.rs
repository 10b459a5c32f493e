//! Reordering dimensions, and elements along them.

use crate::{Error, Result, Tensor};
use rushlight_tensor::ops::rules;

/// Reordering dimensions.
impl Tensor {
    /// Reorders dimensions: dimension `i` of the result is dimension `order[i]` of `self`.
    pub fn permute(&self, order: &[isize]) -> Result<Tensor> {
        let y = self.array().permute(order)?;
        let order = rules::permutation("permute", order, &self.shape())?;
        let mut inverse = vec![0isize; order.len()];
        order
            .iter()
            .enumerate()
            .for_each(|(to, &from)| inverse[from] = to as isize);
        Ok(self.moved("permute", y, move |g| g.permute(&inverse)))
    }

    /// Exchanges two dimensions.
    pub fn transpose(&self, a: isize, b: isize) -> Result<Tensor> {
        let y = self.array().transpose(a, b)?;
        Ok(self.moved("transpose", y, move |g| g.transpose(a, b)))
    }

    /// PyTorch's other name for [`Tensor::transpose`].
    pub fn swapaxes(&self, a: isize, b: isize) -> Result<Tensor> {
        self.transpose(a, b)
    }

    /// PyTorch's other name for [`Tensor::transpose`].
    pub fn swapdims(&self, a: isize, b: isize) -> Result<Tensor> {
        self.transpose(a, b)
    }

    /// The transpose of a matrix; a tensor of fewer dimensions stays as it is.
    pub fn t(&self) -> Result<Tensor> {
        match self.dim() {
            0 | 1 => Ok(self.clone()),
            2 => self.transpose(0, 1),
            _ => {
                let expected = "at most two dimensions; use `mt`";
                Err(rushlight_tensor::Error::shape("t", self.shape(), expected).into())
            }
        }
    }

    /// The transposes of a batch of matrices: PyTorch's `x.mT`.
    pub fn mt(&self) -> Result<Tensor> {
        match self.dim() {
            0 | 1 => {
                let expected = "at least two dimensions";
                Err(rushlight_tensor::Error::shape("mt", self.shape(), expected).into())
            }
            _ => self.transpose(-2, -1),
        }
    }

    /// Moves dimensions to other positions; the others keep their order.
    ///
    /// ```
    /// # use rushlight_autograd::{Result, Tensor};
    /// # fn main() -> Result<()> {
    /// let x = Tensor::zeros(&[2, 3, 4])?;
    /// assert_eq!(x.movedim(&[0], &[-1])?.shape(), [3, 4, 2]);
    /// # Ok(()) }
    /// ```
    pub fn movedim(&self, source: &[isize], destination: &[isize]) -> Result<Tensor> {
        const OP: &str = "movedim";
        let shape = self.shape();
        if source.len() != destination.len() {
            let got = format!("{source:?} and {destination:?}");
            let expected = "as many sources as destinations";
            return Err(Error::argument(OP, "dims", got, expected));
        }
        if source.is_empty() {
            return Ok(self.clone());
        }
        let moved = rules::dim_mask(OP, source, &shape)?;
        rules::dim_mask(OP, destination, &shape)?;
        if shape.is_empty() {
            return Ok(self.clone());
        }
        let mut order = vec![None; shape.len()];
        for (&from, &to) in source.iter().zip(destination) {
            order[rules::dim(OP, to, &shape)?] = Some(rules::dim(OP, from, &shape)?);
        }
        let mut rest = (0..shape.len()).filter(|&dim| !moved[dim]);
        let order = order
            .into_iter()
            .filter_map(|dim| dim.or_else(|| rest.next()));
        self.permute(&order.map(|dim| dim as isize).collect::<Vec<_>>())
    }

    /// PyTorch's other name for [`Tensor::movedim`].
    pub fn moveaxis(&self, source: &[isize], destination: &[isize]) -> Result<Tensor> {
        self.movedim(source, destination)
    }
}

/// Reordering elements along dimensions.
impl Tensor {
    /// The elements in reverse order along the given dimensions.
    pub fn flip(&self, dims: &[isize]) -> Result<Tensor> {
        if dims.is_empty() {
            return Ok(self.clone());
        }
        let y = self.array().flip(dims)?;
        let dims = dims.to_vec();
        Ok(self.moved("flip", y, move |g| g.flip(&dims)))
    }

    /// The elements in reverse order along dimension 1: left becomes right.
    pub fn fliplr(&self) -> Result<Tensor> {
        if self.dim() < 2 {
            let expected = "at least two dimensions";
            return Err(rushlight_tensor::Error::shape("fliplr", self.shape(), expected).into());
        }
        self.flip(&[1])
    }

    /// The elements in reverse order along dimension 0: up becomes down.
    pub fn flipud(&self) -> Result<Tensor> {
        if self.dim() < 1 {
            let expected = "at least one dimension";
            return Err(rushlight_tensor::Error::shape("flipud", self.shape(), expected).into());
        }
        self.flip(&[0])
    }

    /// Shifts elements along dimensions; what leaves at one end comes back at the other. Without
    /// dimensions, shifts the flattened tensor.
    pub fn roll(&self, shifts: &[i64], dims: &[isize]) -> Result<Tensor> {
        const OP: &str = "roll";
        if let ([shift], []) = (shifts, dims) {
            return self
                .flatten(0, -1)?
                .roll(&[*shift], &[0])?
                .reshape_to(&self.shape());
        }
        if shifts.len() != dims.len() || shifts.is_empty() {
            let got = format!("{shifts:?} along {dims:?}");
            return Err(Error::argument(OP, "shifts", got, "one for each dimension"));
        }
        let mut rolled = self.clone();
        for (&shift, &dim) in shifts.iter().zip(dims) {
            let size = rolled.size_along(OP, dim)?;
            if size == 0 {
                continue;
            }
            let ahead = shift.rem_euclid(size as i64) as usize;
            let parts = rolled.split_with_sizes(&[size - ahead, ahead], dim)?;
            rolled = Tensor::cat(&[&parts[1], &parts[0]], dim)?;
        }
        Ok(rolled)
    }

    /// Turns the plane of two dimensions by `k` quarter turns, from the first towards the second.
    pub fn rot90(&self, k: i64, dims: &[isize]) -> Result<Tensor> {
        const OP: &str = "rot90";
        let &[first, second] = dims else {
            return Err(Error::argument(
                OP,
                "dims",
                format!("{dims:?}"),
                "two dimensions",
            ));
        };
        rules::dim_mask(OP, dims, &self.shape())?;
        match k.rem_euclid(4) {
            1 => self.flip(&[second])?.transpose(first, second),
            2 => self.flip(dims),
            3 => self.flip(&[first])?.transpose(first, second),
            _ => Ok(self.clone()),
        }
    }
}
