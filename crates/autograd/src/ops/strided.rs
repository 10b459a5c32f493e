//! Views by explicit strides, and windows: elements may occur more than once.

use crate::{Backward, Gradients, Result, Tensor, TensorOptions, Wants, gradients};
use rushlight_tensor::{Device, Layout, Shape};

/// The backward of a view by strides: the gradients of a place in memory add up, and the elements of
/// the operand that lie there share them.
struct AsStrided {
    memory: usize,
    operand: Layout,
    view: Layout,
}

impl Backward for AsStrided {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> Result<Gradients> {
        let operand = self.places(&self.operand, g.device())?;
        let flat = operand.flatten(0, -1)?;
        let gradient = || {
            let memory = g.new_zeros(&[self.memory])?;
            let view = self.places(&self.view, g.device())?.flatten(0, -1)?;
            let memory = memory.index_add(0, &view, &g.flatten(0, -1)?, 1)?;
            let gradient = memory.index_select(0, &flat)?;
            let sharing = g.new_zeros(&[self.memory])?;
            let sharing = sharing.index_add(0, &flat, &g.new_ones(&[flat.numel()])?, 1)?;
            (gradient / sharing.index_select(0, &flat)?)?.reshape_to(&operand.shape())
        };
        gradients![wants; gradient()?]
    }
}

impl AsStrided {
    /// Where in memory the elements of a layout lie.
    fn places(&self, layout: &Layout, device: Device) -> Result<Tensor> {
        places(
            self.memory,
            device,
            layout.shape(),
            layout.strides(),
            layout.offset(),
        )
    }
}

/// The storage positions of the elements of a view.
fn places(
    memory: usize,
    device: Device,
    size: &[usize],
    stride: &[isize],
    offset: usize,
) -> Result<Tensor> {
    let all = TensorOptions::new().device(device);
    let all = all.arange(0, memory as i64, 1)?;
    Ok(Tensor::new(all.array().as_strided(size, stride, offset)?))
}

impl Tensor {
    /// A view of the tensor's memory with the given sizes and strides; `storage_offset` is where it
    /// starts, by default where the tensor does.
    ///
    /// The view sees the memory as it is, so its elements depend on the memory format.
    pub fn as_strided(
        &self,
        size: &[usize],
        stride: &[isize],
        storage_offset: Option<usize>,
    ) -> Result<Tensor> {
        let x = self.array();
        let y = x.as_strided(size, stride, storage_offset.unwrap_or(x.offset()))?;
        let rule = || AsStrided {
            memory: x.storage().len_in_bytes() / x.dtype().size_in_bytes(),
            operand: x.layout().clone(),
            view: y.layout().clone(),
        };
        Ok(Tensor::record(y.clone(), "as_strided", &[self], rule))
    }

    /// The tensor with `source` in place of what [`Tensor::as_strided`] shows.
    ///
    /// What is overwritten gets no gradient. PyTorch gives it the gradient of what is there instead,
    /// which its own `gradcheck` refutes.
    pub fn as_strided_scatter(
        &self,
        source: &Tensor,
        size: &[usize],
        stride: &[isize],
        storage_offset: Option<usize>,
    ) -> Result<Tensor> {
        const OP: &str = "as_strided_scatter";
        let x = self.array();
        if source.shape() != *size {
            let expected = format!("the shape {size:?} of the view");
            return Err(rushlight_tensor::Error::shape(OP, source.shape(), expected).into());
        }
        let memory = x.storage().len_in_bytes() / x.dtype().size_in_bytes();
        let places = |size: &[usize], stride: &[isize], offset| {
            places(memory, x.device(), size, stride, offset)?.flatten(0, -1)
        };
        let view = places(size, stride, storage_offset.unwrap_or(x.offset()))?;
        let own = places(x.shape(), x.strides(), x.offset())?;
        self.as_strided(&[memory], &[1], Some(0))?
            .index_copy(0, &view, &source.flatten(0, -1)?)?
            .index_select(0, &own)?
            .reshape_to(x.shape())
    }

    /// All windows of `size` along `dim`, `step` apart, as a new last dimension.
    pub fn unfold(&self, dim: isize, size: usize, step: usize) -> Result<Tensor> {
        let y = self.array().unfold(dim, size, step)?;
        let shape = self.shape();
        Ok(self.moved("unfold", y, move |g| g.folded(&shape, dim, step)))
    }

    /// The transpose of [`Tensor::unfold`]: windows are added up where they overlap.
    pub(super) fn folded(&self, shape: &Shape, dim: isize, step: usize) -> Result<Tensor> {
        if shape.is_empty() {
            return self.sum();
        }
        let dim = dim.rem_euclid(shape.len() as isize);
        let windows = self.movedim(&[-1], &[dim + 1])?;
        let (count, size) = (windows.size(dim)?, windows.size(dim + 1)?);
        let options = TensorOptions::new().device(self.device());
        let starts = (options.arange(0, count as i64, 1)? * step as i64)?.unsqueeze(1)?;
        let index = (starts + options.arange(0, size as i64, 1)?)?.flatten(0, -1)?;
        self.new_zeros(shape)?
            .index_add(dim, &index, &windows.flatten(dim, dim + 1)?, 1)
    }
}
