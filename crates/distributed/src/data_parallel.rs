//! A model that several processes train together.

use crate::bucket::{Bucket, buckets};
use crate::{Communicator, Result};
use rushlight_autograd::{DType, Tensor, no_grad};
use rushlight_nn::Module;
use std::fmt;
use std::ops::Deref;

/// Settings of [`DistributedDataParallel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataParallelOptions {
    /// Bytes of gradients that travel together. Default: 25 MiB.
    pub bucket_cap: usize,
    /// Bytes of those that travel first. Default: 1 MiB.
    pub first_bucket_cap: usize,
    /// Whether buffers, such as running statistics, become those of rank 0 after each backward pass.
    /// Default: yes.
    pub broadcast_buffers: bool,
}

impl Default for DataParallelOptions {
    fn default() -> DataParallelOptions {
        DataParallelOptions {
            bucket_cap: 25 << 20,
            first_bucket_cap: 1 << 20,
            broadcast_buffers: true,
        }
    }
}

/// A model of which every process has a copy: [`backward`](DistributedDataParallel::backward) averages
/// the gradients over all of them, so the copies stay alike.
///
/// With a loss that is a mean, and as many examples in each process, the gradients are those of one
/// process with all examples. Parameters without a gradient in any process keep none.
///
/// ```
/// # use rushlight_autograd::{Tensor, manual_seed};
/// # use rushlight_distributed::{DistributedDataParallel, Result, thread_group};
/// # use rushlight_nn::{Forward, Linear};
/// # use rushlight_optim::{Optimizer, SGD};
/// let ranks: Vec<_> = thread_group(2).into_iter().map(|rank| {
///     std::thread::spawn(move || -> Result<f64> {
///         let model = DistributedDataParallel::new(Linear::new(3, 1)?, rank)?;
///         let mut optimizer = SGD::new(model.parameters(), 0.1);
///         let loss = model.forward(&Tensor::ones(&[4, 3])?)?.square()?.mean()?;
///         model.backward(&loss)?;
///         optimizer.step().expect("parameters with gradients");
///         Ok(model.weight.sum()?.item()?)
///     })
/// }).collect();
/// let sums: Vec<f64> = ranks.into_iter().map(|rank| rank.join().unwrap()).collect::<Result<_>>()?;
/// assert_eq!(sums[0], sums[1]);
/// # use rushlight_nn::Module;
/// # Ok::<(), rushlight_distributed::Error>(())
/// ```
pub struct DistributedDataParallel<M> {
    module: M,
    communicator: Box<dyn Communicator>,
    buckets: Vec<Bucket>,
    options: DataParallelOptions,
}

impl<M: Module> DistributedDataParallel<M> {
    /// Takes over the parameters and buffers of rank 0.
    ///
    /// # Errors
    /// If the models of the ranks differ, or one has left.
    pub fn new(module: M, communicator: impl Communicator + 'static) -> Result<Self> {
        Self::with_options(module, communicator, DataParallelOptions::default())
    }

    /// As [`DistributedDataParallel::new`], with other settings.
    ///
    /// # Errors
    /// As [`DistributedDataParallel::new`].
    pub fn with_options(
        module: M,
        communicator: impl Communicator + 'static,
        options: DataParallelOptions,
    ) -> Result<Self> {
        let params: Vec<Tensor> = module.parameters().into_iter().map(Tensor::from).collect();
        for parameter in &params {
            let value = communicator.broadcast(&parameter.detach(), 0)?;
            parameter.set_data(&value)?;
        }
        let trained: Vec<Tensor> = params.into_iter().filter(Tensor::requires_grad).collect();
        let parallel = DistributedDataParallel {
            buckets: buckets(&trained, options.first_bucket_cap, options.bucket_cap),
            module,
            communicator: Box::new(communicator),
            options,
        };
        parallel.broadcast_buffers()?;
        Ok(parallel)
    }

    /// The gradients of a loss, averaged over all ranks: in place of PyTorch's `loss.backward()`, and of
    /// its `no_sync`, for which `loss.backward()` accumulates gradients of this rank alone.
    ///
    /// Buckets are exchanged in the order in which their gradients come, last parameters first.
    ///
    /// # Errors
    /// If the backward pass fails, if ranks differ, or if one has left.
    pub fn backward(&self, loss: &Tensor) -> Result<()> {
        loss.backward()?;
        self.average_gradients()
    }

    /// Averages the gradients that are there, after several backward passes perhaps.
    ///
    /// # Errors
    /// As [`DistributedDataParallel::backward`].
    pub fn average_gradients(&self) -> Result<()> {
        no_grad(|| {
            let used = self.used()?;
            let mut used = &used[..];
            for bucket in &self.buckets {
                let (own, rest) = used.split_at(bucket.params().len());
                bucket.average(&*self.communicator, own)?;
                used = rest;
            }
            match self.options.broadcast_buffers {
                true => self.broadcast_buffers(),
                false => Ok(()),
            }
        })
    }

    /// For which parameters, in the order of the buckets, any rank has a gradient.
    fn used(&self) -> Result<Vec<bool>> {
        let params = self.buckets.iter().flat_map(Bucket::params);
        let own: Vec<i64> = params.map(|p| p.grad().is_some().into()).collect();
        let counts = Tensor::from_slice(&own, &[own.len()])?;
        let counts = self.communicator.all_reduce(&counts)?.to_vec::<i64>()?;
        Ok(counts.into_iter().map(|count| count > 0).collect())
    }

    fn broadcast_buffers(&self) -> Result<()> {
        for (_, buffer) in self.module.named_buffers() {
            let value = self.communicator.broadcast(&buffer.detach(), 0)?;
            buffer.set_data(&value)?;
        }
        Ok(())
    }

    /// The model.
    pub fn module(&self) -> &M {
        &self.module
    }

    /// The model without the others.
    pub fn into_module(self) -> M {
        self.module
    }

    /// For each bucket, in the order of their exchange, the dtype and the number of elements.
    pub fn bucket_sizes(&self) -> Vec<(DType, usize)> {
        let size = |bucket: &Bucket| {
            let dtype = bucket.params()[0].dtype();
            (dtype, bucket.params().iter().map(Tensor::numel).sum())
        };
        self.buckets.iter().map(size).collect()
    }
}

impl<M> Deref for DistributedDataParallel<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.module
    }
}

impl<M: fmt::Debug> fmt::Debug for DistributedDataParallel<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DistributedDataParallel")
            .field("module", &self.module)
            .field("rank", &self.communicator.rank())
            .field("world_size", &self.communicator.world_size())
            .finish_non_exhaustive()
    }
}
