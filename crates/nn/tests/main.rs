//! Tests of the module tree and the layers.

mod amp;
mod containers;
mod derive;
mod docs;
mod functional_call;
mod fusion;
mod hooks;
mod init;
mod layers;
mod orthogonal;
mod parametrize;
mod printing;
mod sequences;
mod state;
mod tree;
mod vision;

use rushlight_autograd::{DType, Device, Result, Tensor};
use rushlight_nn::{Buffer, Forward, Module, Parameter, Site};

/// A layer with a parameter, an optional one and a setting, whose call needs no kernels.
#[derive(Module, Debug)]
struct Scale {
    size: usize,
    weight: Parameter,
    bias: Option<Parameter>,
    site: Site,
}

impl Scale {
    fn new(size: usize, bias: bool) -> Result<Scale> {
        let parameter = || Parameter::new(Tensor::ones(&[size])?);
        Ok(Scale {
            size,
            weight: parameter()?,
            bias: bias.then(parameter).transpose()?,
            site: Site::default(),
        })
    }
}

impl Forward for Scale {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let y = x.mul(&self.weight)?;
            match &self.bias {
                Some(bias) => y.add(bias),
                None => Ok(y),
            }
        })
    }
}

/// A layer with running statistics, like a batch norm.
#[derive(Module, Debug)]
#[module(version = 2)]
struct Statistics {
    weight: Parameter,
    running_mean: Buffer,
    #[module(since = 2)]
    num_batches_tracked: Buffer,
    cache: Buffer,
    site: Site,
}

impl Statistics {
    fn new(size: usize) -> Result<Statistics> {
        let count = Tensor::full(&[], 0_i64, DType::I64, Device::Cpu)?;
        Ok(Statistics {
            weight: Parameter::new(Tensor::ones(&[size])?)?,
            running_mean: Buffer::new(Tensor::zeros(&[size])?),
            num_batches_tracked: Buffer::new(count),
            cache: Buffer::non_persistent(Tensor::zeros(&[1])?),
            site: Site::default(),
        })
    }
}

/// A block of two layers, one of which may be missing.
#[derive(Module, Debug)]
struct Block {
    stride: usize,
    first: Scale,
    norm: Statistics,
    shortcut: Option<Scale>,
}

impl Block {
    fn new(shortcut: bool) -> Result<Block> {
        Ok(Block {
            stride: 2,
            first: Scale::new(3, true)?,
            norm: Statistics::new(3)?,
            shortcut: shortcut.then(|| Scale::new(3, false)).transpose()?,
        })
    }
}

impl Forward for Block {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.first.forward(x)
    }
}
