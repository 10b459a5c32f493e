//! What a device has to offer: one method per kernel family.
//!
//! Everything that arrives here is checked: operands share the device, are broadcast to the shape of
//! the output, and the output is dense, unshared and of the right dtype.

use crate::cpu::Cpu;
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
use crate::{Array, DType, Result, Scalar, Storage};

/// The kernels of one kind of device.
pub trait Backend: Send + Sync + std::fmt::Debug {
    /// A name for messages.
    fn name(&self) -> &'static str;

    /// Uninitialised memory on a device of this kind.
    fn allocate(&self, op: &'static str, bytes: usize, device: crate::Device) -> Result<Storage>;

    /// Copies bytes from main memory to the start of a storage.
    fn upload(&self, bytes: &[u8], storage: &mut Storage) -> Result<()>;

    /// Copies a storage to main memory.
    fn download(&self, storage: &Storage) -> Result<Vec<u8>>;

    /// Writes one number everywhere.
    fn fill(&self, value: Scalar, out: &mut Array) -> Result<()>;

    /// Writes `start + i * step` to element `i`.
    fn ramp(&self, start: Scalar, step: Scalar, out: &mut Array) -> Result<()>;

    /// Copies between any two layouts, converting the dtype.
    fn copy(&self, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies a unary operation. `out` may lie exactly on `x`.
    fn unary(&self, op: UnaryOp, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies a unary operation with parameters. `out` may lie exactly on `x`.
    fn parametric(
        &self,
        op: ParametricOp,
        parameters: [Scalar; 3],
        x: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Applies a binary operation. `out` may lie exactly on `a` or `b`.
    fn binary(&self, op: BinaryOp, a: &Array, b: &Array, out: &mut Array) -> Result<()>;

    /// Compares in dtype `common`.
    fn compare(
        &self,
        op: CompareOp,
        common: DType,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Tests each element.
    fn predicate(&self, op: PredicateOp, x: &Array, out: &mut Array) -> Result<()>;

    /// Applies an operation on three operands and a number, which some ignore.
    fn ternary(
        &self,
        op: TernaryOp,
        value: Scalar,
        operands: [&Array; 3],
        out: &mut Array,
    ) -> Result<()>;

    /// The lowest and the highest of some `i64` indices.
    fn bounds(&self, index: &Array) -> Result<(i64, i64)>;

    /// Picks along `dim` by `i64` indices of the shape of `out`, all of them valid for `x`.
    fn gather(&self, dim: usize, x: &Array, index: &Array, out: &mut Array) -> Result<()>;

    /// Lets `source` meet `out` along `dim` at `i64` indices of the shape of `source`. All but
    /// replacing happens in `f32`, `f64` or `i64`, which is the dtype of both.
    fn scatter(
        &self,
        op: ScatterOp,
        dim: usize,
        index: &Array,
        source: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// How many elements are not zero.
    fn count_nonzero(&self, x: &Array) -> Result<usize>;

    /// The row-major positions of the elements that are not zero, which `out` has room for.
    fn nonzero(&self, x: &Array, out: &mut Array) -> Result<()>;

    /// Reduces the marked dimensions, which have size 1 in `out`.
    fn reduce(&self, op: ReduceOp, reduced: &[bool], x: &Array, out: &mut Array) -> Result<()>;

    /// Multiplies the matrices in the last two dimensions; leading dimensions are equal.
    fn matmul(&self, a: &Array, b: &Array, out: &mut Array) -> Result<()>;

    /// Takes matrices of `f64` in the last two dimensions apart.
    fn factorize(
        &self,
        factorization: Factorization,
        x: &Array,
        outputs: &mut [Array],
    ) -> Result<()>;

    /// Solves systems of `f64` in place, with what a factorization made.
    fn solve(
        &self,
        system: System,
        factors: &Array,
        pivots: Option<&Array>,
        out: &mut Array,
    ) -> Result<()>;

    /// Transforms lines of `f32` or `f64`; both arrays are contiguous.
    fn fourier(&self, transform: &FourierTransform, x: &Array, out: &mut Array) -> Result<()>;

    /// Measures the distances of points, `[..., points, m]`, from others, `[..., m, others]`, or of the
    /// pairs of a point with a later one. All arrays are contiguous, of `f32` or `f64`.
    fn distances(
        &self,
        p: f64,
        is_pairs: bool,
        x: &Array,
        others: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Computes the gradients of points from points and others, as above, their distances and the gradients
    /// of those.
    fn distances_backward(
        &self,
        p: f64,
        is_pairs: bool,
        operands: [&Array; 4],
        out: &mut Array,
    ) -> Result<()>;

    /// Takes one step of an optimizer, in place; parameter and states share one dense layout.
    fn update(
        &self,
        op: UpdateOp,
        hyperparameters: &[f64; HYPERPARAMETERS],
        gradient: &Array,
        parameter: &mut Array,
        states: &mut [Array],
    ) -> Result<()>;

    /// Makes ready what a step needs besides its operands, so that nothing is left to fail.
    fn prepare_update(&self, op: UpdateOp, dtype: DType) -> Result<()> {
        let _nothing_needed = (op, dtype);
        Ok(())
    }

    /// Finds extreme elements along the one marked dimension, and where they are.
    fn extreme(
        &self,
        op: ExtremeOp,
        reduced: &[bool],
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Computes variances or standard deviations over the marked dimensions, and means.
    fn spread(
        &self,
        op: SpreadOp,
        correction: f64,
        reduced: &[bool],
        x: &Array,
        spread: &mut Array,
        mean: &mut Array,
    ) -> Result<()>;

    /// Scans a dimension.
    fn scan(
        &self,
        op: ScanOp,
        dim: usize,
        direction: Direction,
        x: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Finds the extreme elements so far along a dimension, and where they are.
    fn scan_extreme(
        &self,
        op: ExtremeOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Computes a linear recurrence along a dimension.
    fn recurrence(
        &self,
        dim: usize,
        direction: Direction,
        a: &Array,
        b: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Applies softmax along a dimension.
    fn softmax(&self, op: SoftmaxOp, dim: usize, x: &Array, out: &mut Array) -> Result<()>;

    /// Computes the gradient of softmax from its output and the gradient of that.
    fn softmax_backward(
        &self,
        op: SoftmaxOp,
        dim: usize,
        g: &Array,
        y: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Computes attention; a mask that is given has the shape of the scores.
    fn attention(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        out: &mut Attention,
    ) -> Result<()>;

    /// Computes the gradients of attention from its result and the gradient `g` of that.
    fn attention_backward(
        &self,
        sizes: &AttentionSizes,
        operands: &AttentionOperands<'_>,
        done: &Attention,
        g: &Array,
        out: &mut AttentionGradients,
    ) -> Result<()>;

    /// Normalises rows, which all operands hold densely one after another.
    fn layer_norm(
        &self,
        eps: f64,
        x: &Array,
        weight: Option<&Array>,
        bias: Option<&Array>,
        out: &mut LayerNorm,
    ) -> Result<()>;

    /// Computes the gradients of `layer_norm` from that of its result, the operand and the statistics;
    /// those of weight and bias are zero before.
    fn layer_norm_backward(
        &self,
        operands: [&Array; 4],
        weight: Option<&Array>,
        out: &mut LayerNormGradients,
    ) -> Result<()>;

    /// Runs a recurrent layer; the states of `out` hold those to start from. Operands are contiguous, as
    /// those of the next.
    fn recurrent(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        out: &mut Recurrent,
    ) -> Result<()>;

    /// Computes the gradients of a recurrent layer from its result and the gradients `g` of that.
    fn recurrent_backward(
        &self,
        sizes: &RecurrentSizes,
        operands: &RecurrentOperands<'_>,
        done: &Recurrent,
        g: &[Array],
        out: &mut RecurrentGradients,
    ) -> Result<()>;

    /// Sorts along a dimension: the elements, and where they were; equal ones keep their order.
    fn sort(
        &self,
        dim: usize,
        descending: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Finds the largest or smallest elements along a dimension, as many as the outputs hold, and
    /// where they are; in order if `sorted`.
    fn topk(
        &self,
        dim: usize,
        largest: bool,
        sorted: bool,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Picks one element of each row along a dimension, and says where it is.
    fn statistic(
        &self,
        op: StatisticOp,
        dim: usize,
        x: &Array,
        values: &mut Array,
        indices: &mut Array,
    ) -> Result<()>;

    /// Finds where values belong in sorted rows: rows are the last dimension of both.
    fn search(&self, side: Side, sorted: &Array, x: &Array, out: &mut Array) -> Result<()>;

    /// Groups equal rows of a matrix, or only equal neighbours.
    fn unique(&self, neighbours: bool, x: &Array) -> Result<Unique>;

    /// The rows of [`Backend::unique`] alone.
    fn unique_values(&self, neighbours: bool, x: &Array) -> Result<Array> {
        Ok(self.unique(neighbours, x)?.values)
    }

    /// Adds weights, or ones, to the bins of `out` that the indices name.
    fn count(&self, bins: &Array, weights: Option<&Array>, out: &mut Array) -> Result<()>;

    /// Convolves `x` with `weight` and adds a bias.
    fn conv(
        &self,
        shape: &ConvShape,
        x: &Array,
        weight: &Array,
        bias: Option<&Array>,
        out: &mut Array,
    ) -> Result<()>;

    /// Computes the gradient of a convolution's input from that of its output.
    fn conv_backward_input(
        &self,
        shape: &ConvShape,
        g: &Array,
        weight: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Computes the gradient of a convolution's weight from that of its output.
    fn conv_backward_weight(
        &self,
        shape: &ConvShape,
        g: &Array,
        x: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Takes the maximum of each window, and where it is if that is wanted.
    fn max_pool(
        &self,
        shape: &PoolShape,
        x: &Array,
        out: &mut Array,
        indices: Option<&mut Array>,
    ) -> Result<()>;

    /// Takes the mean of each window.
    fn avg_pool(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        x: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Spreads the gradient of each window's mean over the window.
    fn avg_pool_backward(
        &self,
        shape: &PoolShape,
        count: AverageCount,
        g: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Applies linear maps along the last dimensions.
    fn resample(&self, shape: &ResampleShape<'_>, x: &Array, out: &mut Array) -> Result<()>;

    /// Samples `x`, `[n, .., c]` as `out`, at the places of `grid`; all are contiguous, of `f32` or `f64`.
    fn grid_sample(
        &self,
        options: GridSampleOptions,
        x: &Array,
        grid: &Array,
        out: &mut Array,
    ) -> Result<()>;

    /// Adds up the gradients by the input and by the grid, which are zeros before, from the input, the
    /// grid and the gradient of the samples.
    fn grid_sample_backward(
        &self,
        options: GridSampleOptions,
        operands: [&Array; 3],
        out: &mut [Array; 2],
    ) -> Result<()>;

    /// Copies the windows of images into columns.
    fn im2col(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()>;

    /// Adds columns up where their elements came from.
    fn col2im(&self, shape: &PatchShape, x: &Array, out: &mut Array) -> Result<()>;
}

/// The backend that is always there.
pub(crate) static CPU: Cpu = Cpu;
