//! The backend of one device: what it offers, by the files that compute it.

use super::device::Cuda;
use super::missing::missing;
use super::runtime;
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

impl Backend for Cuda {
    fn name(&self) -> &'static str {
        "cuda"
    }

    fn allocate(&self, op: &'static str, bytes: usize, device: Device) -> Result<Storage> {
        debug_assert_eq!(device, Device::Cuda(self.index));
        runtime::backend(op, self.index)?.allocate_block(op, bytes)
    }

    fn upload(&self, bytes: &[u8], storage: &mut Storage) -> Result<()> {
        self.upload_bytes(bytes, storage)
    }

    fn download(&self, storage: &Storage) -> Result<Vec<u8>> {
        self.download_bytes(storage)
    }

    fn fill(&self, value: Scalar, out: &mut Array) -> Result<()> {
        self.fill_with(value, out)
    }

    fn ramp(&self, start: Scalar, step: Scalar, out: &mut Array) -> Result<()> {
        self.fill_with_ramp(start, step, out)
    }

    fn copy(&self, x: &Array, out: &mut Array) -> Result<()> {
        self.copy_elements(x, out)
    }

    fn unary(&self, op: UnaryOp, x: &Array, out: &mut Array) -> Result<()> {
        self.map_unary(op, x, out)
    }

    fn parametric(
        &self,
        op: ParametricOp,
        parameters: [Scalar; 3],
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.map_parametric(op, parameters, x, out)
    }

    fn binary(&self, op: BinaryOp, a: &Array, b: &Array, out: &mut Array) -> Result<()> {
        self.map_binary(op, a, b, out)
    }

    fn compare(
        &self,
        op: CompareOp,
        common: DType,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.map_compare(op, common, a, b, out)
    }

    fn predicate(&self, op: PredicateOp, x: &Array, out: &mut Array) -> Result<()> {
        self.map_predicate(op, x, out)
    }

    fn ternary(
        &self,
        op: TernaryOp,
        value: Scalar,
        operands: [&Array; 3],
        out: &mut Array,
    ) -> Result<()> {
        self.map_ternary(op, value, operands, out)
    }

    fn bounds(&self, index: &Array) -> Result<(i64, i64)> {
        self.bounds_of(index)
    }

    fn gather(&self, dim: usize, x: &Array, index: &Array, out: &mut Array) -> Result<()> {
        self.pick(dim, x, index, out)
    }

    fn scatter(
        &self,
        op: ScatterOp,
        dim: usize,
        index: &Array,
        source: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.scatter_along(op, dim, index, source, out)
    }

    fn count_nonzero(&self, x: &Array) -> Result<usize> {
        self.count_of_nonzero(x)
    }

    fn reduce(&self, op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) -> Result<()> {
        self.reduce_to(op, reduced, x, out)
    }

    fn extreme(
        &self,
        op: ExtremeOp,
        reduced: &[bool],
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        self.reduce_to_extreme(op, reduced, x, values, indices)
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
        self.reduce_to_spread(op, correction, reduced, x, [spread, mean])
    }

    fn matmul(&self, a: &Array, b: &Array, out: &mut Array) -> Result<()> {
        self.multiply(a, b, out)
    }

    fn softmax(&self, op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) -> Result<()> {
        self.softmax_along(op, dim, x, out)
    }

    fn softmax_backward(
        &self,
        op: SoftmaxOp,
        dim: usize,
        g: &Array,
        y: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.softmax_backward_along(op, dim, g, y, out)
    }

    fn scan(
        &self,
        op: ScanOp,
        dim: usize,
        direction: Direction,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.scan_along(op, dim, direction, x, out)
    }

    fn recurrence(
        &self,
        dim: usize,
        direction: Direction,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.recur(dim, direction, a, b, out)
    }

    fn update(
        &self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        parameter: &mut Array,
        states: &mut [Array],
    ) -> Result<()> {
        self.step(op, hyperparameters, gradient, parameter, states)
    }

    fn prepare_update(&self, op: UpdateOp, dtype: DType) -> Result<()> {
        self.prepare_step(op, dtype)
    }

    fn nonzero(&self, x: &Array, out: &mut Array) -> Result<()> {
        self.positions_of_nonzero(x, out)
    }

    fn factorize(
        &self,
        factorization: Factorization,
        x: &Array,
        outputs: &mut [Array],
    ) -> Result<()> {
        self.factorize_on_host(factorization, x, outputs)
    }

    fn solve(
        &self,
        system: System,
        factors: &Array,
        pivots: Option<&Array>,
        out: &mut Array,
    ) -> Result<()> {
        self.solve_on_host(system, factors, pivots, out)
    }

    fn fourier(&self, transform: &FourierTransform, x: &Array, out: &mut Array) -> Result<()> {
        self.fourier_on_host(transform, x, out)
    }

    fn scan_extreme(
        &self,
        op: ExtremeOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        self.scan_extremes(op, dim, x, values, indices)
    }

    fn layer_norm(
        &self,
        eps: f64,
        x: &Array,
        weight: Option<&Array>,
        bias: Option<&Array>,
        out: &mut LayerNorm,
    ) -> Result<()> {
        self.normalise(eps, x, weight, bias, out)
    }

    fn layer_norm_backward(
        &self,
        operands: [&Array; 4],
        weight: Option<&Array>,
        out: &mut LayerNormGradients,
    ) -> Result<()> {
        self.normalise_backward(operands, weight, out)
    }

    fn sort(
        &self,
        dim: usize,
        descending: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        self.sort_along("sort", dim, descending, x, [values, indices])
    }

    /// In order whether asked for or not.
    fn topk(
        &self,
        dim: usize,
        largest: bool,
        _sorted: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        self.sort_along("topk", dim, largest, x, [values, indices])
    }

    fn statistic(
        &self,
        op: StatisticOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()> {
        self.pick_statistic(op, dim, x, [values, indices])
    }

    fn search(&self, side: Side, sorted: &Array, x: &Array, out: &mut Array) -> Result<()> {
        self.search_rows(side, sorted, x, out)
    }

    fn unique(&self, neighbours: bool, x: &Array) -> Result<Unique> {
        self.group_rows(neighbours, x)
    }

    fn count(&self, bins: &Array, weights: Option<&Array>, out: &mut Array) -> Result<()> {
        self.count_bins(bins, weights, out)
    }

    fn conv(
        &self,
        shape: &ConvShape,
        x: &Array,
        weight: &Array,
        bias: Option<&Array>,
        out: &mut Array,
    ) -> Result<()> {
        self.convolve(shape, x, weight, bias, out)
    }

    fn conv_backward_input(
        &self,
        shape: &ConvShape,
        g: &Array,
        weight: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.convolve_backward_input(shape, g, weight, out)
    }

    fn conv_backward_weight(
        &self,
        shape: &ConvShape,
        g: &Array,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.convolve_backward_weight(shape, g, x, out)
    }

    fn max_pool(
        &self,
        shape: &PoolShape,
        x: &Array,
        out: &mut Array,
        indices: Option<&mut Array>,
    ) -> Result<()> {
        self.pool_maxima(shape, x, out, indices.as_deref())
    }

    fn avg_pool(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        x: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.pool_averages(shape, count, x, out)
    }

    fn avg_pool_backward(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        g: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.pool_averages_backward(shape, count, g, out)
    }

    fn resample(&self, shape: &ResampleShape<'_>, x: &Array, out: &mut Array) -> Result<()> {
        self.map_lines(shape, x, out)
    }

    fn im2col(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()> {
        self.take_patches(shape, x, out)
    }

    fn col2im(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()> {
        self.add_patches(shape, x, out)
    }

    fn attention(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        out: &mut Attention,
    ) -> Result<()> {
        self.attend(sizes, operands, out)
    }

    fn attention_backward(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        done: &Attention,
        g: &Array,
        out: &mut AttentionGradients,
    ) -> Result<()> {
        self.attend_backward(sizes, operands, done, g, out)
    }

    fn distances(
        &self,
        p: f64,
        is_pairs: bool,
        x: &Array,
        others: &Array,
        out: &mut Array,
    ) -> Result<()> {
        self.measure(p, is_pairs, x, others, out)
    }

    fn recurrent(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        out: &mut Recurrent,
    ) -> Result<()> {
        self.recur_through(sizes, operands, out)
    }

    fn recurrent_backward(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        done: &Recurrent,
        g: &[Array],
        out: &mut RecurrentGradients,
    ) -> Result<()> {
        self.recur_backward(sizes, operands, done, g, out)
    }

    missing! {
        distances_backward(f64, bool, [&Array; 4], &mut Array) -> ();
        grid_sample(GridSampleOptions, &Array, &Array, &mut Array) -> ();
        grid_sample_backward(GridSampleOptions, [&Array; 3], &mut [Array; 2]) -> ();
    }
}
