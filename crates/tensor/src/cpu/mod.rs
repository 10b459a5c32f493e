//! The CPU backend: kernels over main memory.

mod attention;
pub(crate) mod conv;
mod copy;
pub(crate) mod ctc;
mod distance;
mod elementary;
mod elementwise;
mod extreme;
pub(crate) mod finish;
mod fold;
mod fourier;
mod gather;
mod gemm;
mod grid_sample;
mod histogram;
mod lanes;
mod layer_norm;
mod linalg;
mod lines;
mod matmul;
mod max_pool;
mod nonzero;
mod number;
pub(crate) mod parallel;
mod patches;
mod planes;
mod pool;
#[cfg(test)]
mod random_inputs;
pub(crate) mod range;
mod rare;
mod recurrent;
mod reduce;
mod resample;
mod scan;
mod scatter;
mod scratch;
mod search;
pub(crate) mod simd;
mod softmax;
mod sort;
mod special;
mod tiles;
mod unique;
mod update;
mod walk;

use crate::backend::Backend;
use crate::ops::attention::{Attention, AttentionGradients, AttentionOperands, AttentionSizes};
use crate::ops::conv::ConvShape;
use crate::ops::fourier::FourierTransform;
use crate::ops::grid_sample::GridSampleOptions;
use crate::ops::layer_norm::{LayerNorm, LayerNormGradients};
use crate::ops::linalg::{Factorization, System};
use crate::ops::patches::PatchShape;
use crate::ops::pool::{AverageCount, PoolShape};
use crate::ops::recurrent::{Recurrent, RecurrentGradients, RecurrentOperands, RecurrentSizes};
use crate::ops::reduce::{ExtremeOp, ReduceOp, SpreadOp};
use crate::ops::resample::ResampleShape;
use crate::ops::scan::{Direction, ScanOp};
use crate::ops::scatter::ScatterOp;
use crate::ops::search::Side;
use crate::ops::softmax::SoftmaxOp;
use crate::ops::sort::StatisticOp;
use crate::ops::table::{BinaryOp, CompareOp, ParametricOp, PredicateOp, TernaryOp, UnaryOp};
use crate::ops::unique::Unique;
use crate::ops::update::{HYPERPARAMETERS, UpdateOp};
use crate::{Array, DType, Device, Result, Scalar, Storage};

/// Main memory and the processor's cores.
#[derive(Debug)]
pub(crate) struct Cpu;

impl Backend for Cpu {
    fn name(&self) -> &'static str {
        "cpu"
    }

    fn allocate(&self, op: &'static str, bytes: usize, _: Device) -> Result<Storage> {
        Storage::cpu(op, bytes)
    }

    fn upload(&self, bytes: &[u8], storage: &mut Storage) -> Result<()> {
        storage.cpu_bytes_mut()[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn download(&self, storage: &Storage) -> Result<Vec<u8>> {
        Ok(storage.cpu_bytes().to_vec())
    }

    fn fill(&self, value: Scalar, out: &mut Array) -> Result<()> {
        copy::fill(value, out);
        Ok(())
    }

    fn ramp(&self, start: Scalar, step: Scalar, out: &mut Array) -> Result<()> {
        range::ramp(start, step, out);
        Ok(())
    }

    fn copy(&self, x: &Array, out: &mut Array) -> Result<()> {
        copy::copy(x, out);
        Ok(())
    }

    fn unary(&self, op: UnaryOp, x: &Array, out: &mut Array) -> Result<()> {
        elementwise::unary(op, x, out);
        Ok(())
    }

    fn parametric(
        &self,
        op: ParametricOp,
        parameters: [Scalar; 3],
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        elementwise::parametric(op, parameters, x, out);
        Ok(())
    }

    fn binary(&self, op: BinaryOp, a: &Array, b: &Array, out: &mut Array) -> Result<()> {
        elementwise::binary(op, a, b, out);
        Ok(())
    }

    fn compare(
        &self,
        op: CompareOp,
        common: DType,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()> {
        elementwise::compare(op, common, a, b, out);
        Ok(())
    }

    fn predicate(&self, op: PredicateOp, x: &Array, out: &mut Array) -> Result<()> {
        elementwise::predicate(op, x, out);
        Ok(())
    }

    fn ternary(
        &self,
        op: TernaryOp,
        value: Scalar,
        operands: [&Array; 3],
        out: &mut Array,
    ) -> Result<()> {
        elementwise::ternary(op, value, operands, out);
        Ok(())
    }

    fn bounds(&self, index: &Array) -> Result<(i64, i64)> {
        Ok(gather::bounds(index))
    }

    fn gather(&self, dim: usize, x: &Array, index: &Array, out: &mut Array) -> Result<()> {
        gather::gather(dim, x, index, out);
        Ok(())
    }

    fn scatter(
        &self,
        op: ScatterOp,
        dim: usize,
        index: &Array,
        source: &Array,
        out: &mut Array,
    ) -> Result<()> {
        scatter::scatter(op, dim, index, source, out);
        Ok(())
    }

    fn count_nonzero(&self, x: &Array) -> Result<usize> {
        Ok(nonzero::count(x))
    }

    fn nonzero(&self, x: &Array, out: &mut Array) -> Result<()> {
        nonzero::positions(x, out);
        Ok(())
    }

    fn reduce(&self, op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) -> Result<()> {
        reduce::reduce(op, reduced, x, out);
        Ok(())
    }

    fn extreme(
        &self,
        op: ExtremeOp,
        reduced: &[bool],
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        extreme::extreme(op, reduced, x, values, indices);
        Ok(())
    }

    fn spread(
        &self,
        op: SpreadOp,
        correction: f64,
        reduced: &[bool],
        x: &Array,
        spread: &mut Array,
        mean: &mut Array,
    ) -> Result<()> {
        reduce::spread(op, correction, reduced, x, spread, mean);
        Ok(())
    }

    fn update(
        &self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        parameter: &mut Array,
        states: &mut [Array],
    ) -> Result<()> {
        update::update(op, hyperparameters, gradient, parameter, states);
        Ok(())
    }

    fn matmul(&self, a: &Array, b: &Array, out: &mut Array) -> Result<()> {
        matmul::matmul(a, b, out);
        Ok(())
    }

    fn factorize(
        &self,
        factorization: Factorization,
        x: &Array,
        outputs: &mut [Array],
    ) -> Result<()> {
        linalg::factorize(factorization, x, outputs);
        Ok(())
    }

    fn solve(
        &self,
        system: System,
        factors: &Array,
        pivots: Option<&Array>,
        out: &mut Array,
    ) -> Result<()> {
        linalg::solve(system, factors, pivots, out);
        Ok(())
    }

    fn fourier(&self, transform: &FourierTransform, x: &Array, out: &mut Array) -> Result<()> {
        fourier::fourier(transform, x, out);
        Ok(())
    }

    fn distances(
        &self,
        p: f64,
        is_pairs: bool,
        x: &Array,
        others: &Array,
        out: &mut Array,
    ) -> Result<()> {
        distance::distances(p, is_pairs, x, others, out);
        Ok(())
    }

    fn distances_backward(
        &self,
        p: f64,
        is_pairs: bool,
        operands: [&Array; 4],
        out: &mut Array,
    ) -> Result<()> {
        distance::distances_backward(p, is_pairs, operands, out);
        Ok(())
    }

    fn conv(
        &self,
        shape: &ConvShape,
        x: &Array,
        weight: &Array,
        bias: Option<&Array>,
        out: &mut Array,
    ) -> Result<()> {
        conv::conv(shape, x, weight, bias, out)
    }

    fn conv_backward_input(
        &self,
        shape: &ConvShape,
        g: &Array,
        weight: &Array,
        out: &mut Array,
    ) -> Result<()> {
        conv::conv_backward_input(shape, g, weight, out)
    }

    fn conv_backward_weight(
        &self,
        shape: &ConvShape,
        g: &Array,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        conv::conv_backward_weight(shape, g, x, out)
    }

    fn max_pool(
        &self,
        shape: &PoolShape,
        x: &Array,
        out: &mut Array,
        indices: Option<&mut Array>,
    ) -> Result<()> {
        max_pool::max_pool(shape, x, out, indices);
        Ok(())
    }

    fn avg_pool(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        pool::avg_pool(shape, count, x, out)
    }

    fn avg_pool_backward(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        g: &Array,
        out: &mut Array,
    ) -> Result<()> {
        pool::avg_pool_backward(shape, count, g, out)
    }

    fn resample(&self, shape: &ResampleShape<'_>, x: &Array, out: &mut Array) -> Result<()> {
        resample::resample(shape, x, out);
        Ok(())
    }

    fn grid_sample(
        &self,
        options: GridSampleOptions,
        x: &Array,
        grid: &Array,
        out: &mut Array,
    ) -> Result<()> {
        grid_sample::grid_sample(options, x, grid, out);
        Ok(())
    }

    fn grid_sample_backward(
        &self,
        options: GridSampleOptions,
        operands: [&Array; 3],
        out: &mut [Array; 2],
    ) -> Result<()> {
        grid_sample::grid_sample_backward(options, operands, out);
        Ok(())
    }

    fn im2col(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()> {
        patches::im2col(shape, x, out);
        Ok(())
    }

    fn col2im(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()> {
        patches::col2im(shape, x, out);
        Ok(())
    }

    fn scan(
        &self,
        op: ScanOp,
        dim: usize,
        direction: Direction,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        scan::scan(op, dim, direction, x, out);
        Ok(())
    }

    fn scan_extreme(
        &self,
        op: ExtremeOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        scan::scan_extreme(op, dim, x, values, indices);
        Ok(())
    }

    fn recurrence(
        &self,
        dim: usize,
        direction: Direction,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()> {
        scan::recurrence(dim, direction, a, b, out);
        Ok(())
    }

    fn softmax(&self, op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) -> Result<()> {
        softmax::softmax(op, dim, x, out);
        Ok(())
    }

    fn softmax_backward(
        &self,
        op: SoftmaxOp,
        dim: usize,
        g: &Array,
        y: &Array,
        out: &mut Array,
    ) -> Result<()> {
        softmax::softmax_backward(op, dim, g, y, out);
        Ok(())
    }

    fn attention(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        out: &mut Attention,
    ) -> Result<()> {
        attention::attention(sizes, operands, out);
        Ok(())
    }

    fn attention_backward(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        done: &Attention,
        g: &Array,
        out: &mut AttentionGradients,
    ) -> Result<()> {
        attention::attention_backward(sizes, operands, done, g, out);
        Ok(())
    }

    fn layer_norm(
        &self,
        eps: f64,
        x: &Array,
        weight: Option<&Array>,
        bias: Option<&Array>,
        out: &mut LayerNorm,
    ) -> Result<()> {
        layer_norm::layer_norm(eps, x, weight, bias, out);
        Ok(())
    }

    fn layer_norm_backward(
        &self,
        operands: [&Array; 4],
        weight: Option<&Array>,
        out: &mut LayerNormGradients,
    ) -> Result<()> {
        layer_norm::layer_norm_backward(operands, weight, out);
        Ok(())
    }

    fn recurrent(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        out: &mut Recurrent,
    ) -> Result<()> {
        recurrent::recurrent(sizes, operands, out);
        Ok(())
    }

    fn recurrent_backward(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        done: &Recurrent,
        g: &[Array],
        out: &mut RecurrentGradients,
    ) -> Result<()> {
        recurrent::recurrent_backward(sizes, operands, done, g, out);
        Ok(())
    }

    fn sort(
        &self,
        dim: usize,
        descending: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        sort::sort(dim, descending, x, values, indices);
        Ok(())
    }

    fn topk(
        &self,
        dim: usize,
        largest: bool,
        sorted: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        sort::topk(dim, largest, sorted, x, values, indices);
        Ok(())
    }

    fn statistic(
        &self,
        op: StatisticOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        sort::statistic(op, dim, x, values, indices);
        Ok(())
    }

    fn search(&self, side: Side, sorted: &Array, x: &Array, out: &mut Array) -> Result<()> {
        search::search(side, sorted, x, out);
        Ok(())
    }

    fn unique(&self, neighbours: bool, x: &Array) -> Result<Unique> {
        unique::unique(neighbours, x)
    }

    fn unique_values(&self, neighbours: bool, x: &Array) -> Result<Array> {
        unique::unique_values(neighbours, x)
    }

    fn count(&self, bins: &Array, weights: Option<&Array>, out: &mut Array) -> Result<()> {
        histogram::count(bins, weights, out);
        Ok(())
    }
}
