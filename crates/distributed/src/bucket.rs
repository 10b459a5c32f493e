//! Parameters whose gradients travel together.

use crate::{Communicator, Result};
use rushlight_autograd::{DType, Device, Tensor};

/// Parameters of one dtype and device.
#[derive(Debug)]
pub(crate) struct Bucket {
    params: Vec<Tensor>,
    bytes: usize,
}

/// Puts parameters into buckets, last ones first: their gradients are there first. A bucket is full once
/// it holds `capacity` bytes; the very first is full earlier, so that the exchange begins soon.
pub(crate) fn buckets(params: &[Tensor], first: usize, capacity: usize) -> Vec<Bucket> {
    let mut full: Vec<Bucket> = Vec::new();
    let mut open: Vec<((DType, Device), Bucket)> = Vec::new();
    for parameter in params.iter().rev() {
        let kind = (parameter.dtype(), parameter.device());
        let place = match open.iter().position(|(known, _)| *known == kind) {
            Some(place) => place,
            None => {
                let (params, bytes) = (Vec::new(), 0);
                open.push((kind, Bucket { params, bytes }));
                open.len() - 1
            }
        };
        let bucket = &mut open[place].1;
        bucket.params.push(parameter.clone());
        bucket.bytes += parameter.numel() * parameter.dtype().size_in_bytes();
        let capacity = if full.is_empty() { first } else { capacity };
        if bucket.bytes >= capacity {
            full.push(open.remove(place).1);
        }
    }
    full.extend(open.into_iter().map(|(_, bucket)| bucket));
    full
}

impl Bucket {
    /// The parameters, last ones first.
    pub(crate) fn params(&self) -> &[Tensor] {
        &self.params
    }

    /// Replaces the gradients by their averages over all ranks. `used` says for which parameters any
    /// rank has one; a rank without it counts as one of zeros.
    pub(crate) fn average(&self, communicator: &dyn Communicator, used: &[bool]) -> Result<()> {
        let members = self.params.iter().zip(used);
        let members = members.filter_map(|(parameter, used)| used.then_some(parameter));
        let members: Vec<&Tensor> = members.collect();
        if members.is_empty() {
            return Ok(());
        }
        let flat = |parameter: &&Tensor| match parameter.grad() {
            Some(gradient) => gradient.detach().flatten(0, -1),
            None => parameter.new_zeros(&[parameter.numel()]),
        };
        let parts: Vec<Tensor> = members.iter().map(flat).collect::<Result<_, _>>()?;
        let whole = Tensor::cat(&parts.iter().collect::<Vec<_>>(), 0)?;
        let sum = communicator.all_reduce(&whole)?;
        let average = sum.div(communicator.world_size() as f64)?;
        let mut start = 0;
        for parameter in members {
            let length = parameter.numel();
            let part = average.narrow(0, start, length)?.view_as(parameter)?;
            parameter.set_grad(Some(part))?;
            start += length as i64;
        }
        Ok(())
    }
}
