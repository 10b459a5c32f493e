//! Gradient checkpointing: what a part of a model saves for backward is forgotten, and computed again
//! when backward needs it.
//!
//! While the function runs the first time, its rules save empty places in a [`Frame`]; when the walk
//! meets the first of its nodes, the function runs once more and fills them. The graph is that of the
//! first run.

use crate::graph::{Saved, lock};
use crate::substitute::{self, StandIn};
use crate::{
    Error, Result, Tensor, autocast_dtype, autocast_guard, enable_grad, is_grad_enabled, rng_state,
    set_rng_state,
};
use rushlight_tensor::{Array, DType, Shape};
use std::cell::{Cell, RefCell};
use std::sync::{Arc, Mutex};

const OP: &str = "checkpoint";

/// Runs `f` and forgets what its operations save for backward; backward runs `f` again to have it.
/// Memory for time: PyTorch's `torch.utils.checkpoint.checkpoint` with `use_reentrant=False`.
///
/// Gradients are those without checkpointing, also second ones. Random numbers are the same in both
/// runs, and so are the precision of [`autocast`](crate::autocast) and parameters that others stand
/// for. What else `f` does happens twice: a batch norm moves its running statistics twice, as in
/// PyTorch. Further operands are what `f` captures; a model is shared with it in an `Arc`.
///
/// Backward errors if `f` saves other values when it runs again.
///
/// ```
/// # use rushlight_autograd::{checkpoint, tensor, Result};
/// # fn main() -> Result<()> {
/// let x = tensor([0.5, 2.0])?.requires_grad_(true)?;
/// let y = checkpoint(|x| x.exp()?.sin(), &x)?;
/// y.sum()?.backward()?;
/// let expected = (x.exp()?.cos()? * x.exp()?)?;
/// assert_eq!(x.grad().unwrap().to_vec::<f32>()?, expected.to_vec::<f32>()?);
/// # Ok(()) }
/// ```
pub fn checkpoint<T: 'static>(
    f: impl Fn(&Tensor) -> Result<T> + Send + Sync + 'static,
    x: &Tensor,
) -> Result<T> {
    if !is_grad_enabled() {
        return f(x);
    }
    let f = Arc::new(f);
    let again = Arc::clone(&f);
    let outer = match RECORDER.with_borrow(Option::clone) {
        Some(Recorder::First(outer)) => Some(outer),
        _ => None,
    };
    let frame = Arc::new(Frame {
        function: Box::new(move |x| again(x).map(drop)),
        input: building(|| x.save()),
        outer,
        rng: rng_state(),
        precision: autocast_dtype().unwrap_or(DType::F32),
        stand_ins: substitute::current(),
        expected: Mutex::default(),
        running: Mutex::default(),
        values: Mutex::default(),
    });
    let _recording = Recording::start(Recorder::First(frame));
    f(x)
}

/// What is run again, for what it saves.
type Function = Box<dyn Fn(&Tensor) -> Result<()> + Send + Sync>;

/// A checkpointed call.
pub(crate) struct Frame {
    function: Function,
    input: Saved,
    /// The call that this one is part of, which has to run again first.
    outer: Option<Arc<Frame>>,
    rng: Vec<u8>,
    precision: DType,
    stand_ins: Vec<StandIn>,
    /// What the first run saved, in order.
    expected: Mutex<Vec<(Shape, DType)>>,
    /// Held while the function runs again.
    running: Mutex<()>,
    /// What the second run saved, until nobody needs it any more.
    values: Mutex<Option<Vec<Option<Array>>>>,
}

impl Frame {
    /// Computes what the first run saved, unless that is done.
    pub(crate) fn ensure_values(&self) -> Result<()> {
        let _running = lock(&self.running);
        if lock(&self.values).is_some() {
            return Ok(());
        }
        if let Some(outer) = &self.outer {
            outer.ensure_values()?;
        }
        let saved = self.run_again()?;
        let expected = lock(&self.expected);
        let form = |array: &Array| (array.shape().clone(), array.dtype());
        if saved.len() < expected.len()
            || !saved.iter().map(form).zip(&*expected).all(|(a, b)| a == *b)
        {
            let got = format!("one that saved {} other values than at first", saved.len());
            let function = "a function that computes the same again";
            return Err(Error::argument(OP, "function", got, function));
        }
        *lock(&self.values) = Some(saved.into_iter().map(Some).collect());
        Ok(())
    }

    fn run_again(&self) -> Result<Vec<Array>> {
        let _precision = autocast_guard(self.precision);
        let _stand_ins = substitute::start(self.stand_ins.clone());
        let _rng = Rewound::to(&self.rng)?;
        let recording = Recording::start(Recorder::Again(Arc::default()));
        enable_grad(|| (self.function)(&self.input.get()))?;
        Ok(recording.into_saved())
    }
}

/// Random numbers of earlier, until dropped.
struct Rewound(Vec<u8>);

impl Rewound {
    fn to(earlier: &[u8]) -> Result<Rewound> {
        let now = Rewound(rng_state());
        set_rng_state(earlier)?;
        Ok(now)
    }
}

impl Drop for Rewound {
    fn drop(&mut self) {
        let restored = set_rng_state(&self.0);
        debug_assert!(restored.is_ok(), "it is a state of the generator");
    }
}

/// What happens to values that rules save.
#[derive(Clone)]
enum Recorder {
    /// Only their place is kept.
    First(Arc<Frame>),
    /// They are kept, and collected here.
    Again(Arc<Mutex<Vec<Array>>>),
}

thread_local! {
    static RECORDER: RefCell<Option<Recorder>> = const { RefCell::new(None) };
    /// Whether there is a recorder; this is all that other code pays for.
    static IS_RECORDING: Cell<bool> = const { Cell::new(false) };
    /// Whether a rule is being built, which alone the walk finds again.
    static IS_BUILDING: Cell<bool> = const { Cell::new(false) };
}

/// A stretch with a recorder; ends when dropped.
struct Recording {
    earlier: Option<Recorder>,
}

impl Recording {
    fn start(recorder: Recorder) -> Recording {
        IS_RECORDING.set(true);
        let earlier = RECORDER.with_borrow_mut(|place| place.replace(recorder));
        Recording { earlier }
    }

    fn into_saved(self) -> Vec<Array> {
        match RECORDER.with_borrow(Option::clone) {
            Some(Recorder::Again(saved)) => std::mem::take(&mut *lock(&saved)),
            _ => Vec::new(),
        }
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let earlier = self.earlier.take();
        IS_RECORDING.set(earlier.is_some());
        let ended = RECORDER.with_borrow_mut(|place| std::mem::replace(place, earlier));
        drop(ended);
    }
}

/// Builds a rule, whose saved values the recorder may take.
#[inline]
pub(crate) fn building<T>(build: impl FnOnce() -> T) -> T {
    /// Ends the building, also by a panic.
    struct Built(bool);
    impl Drop for Built {
        fn drop(&mut self) {
            IS_BUILDING.set(self.0);
        }
    }
    if !IS_RECORDING.get() {
        return build();
    }
    let _built = Built(IS_BUILDING.replace(true));
    build()
}

/// The call that an operation is part of, if it is to be run again.
#[inline]
pub(crate) fn frame() -> Option<Arc<Frame>> {
    if !IS_RECORDING.get() {
        return None;
    }
    match RECORDER.with_borrow(Option::clone) {
        Some(Recorder::First(frame)) => Some(frame),
        _ => None,
    }
}

/// A value that a rule saved.
pub(crate) enum Value {
    /// It is kept.
    Kept(Array),
    /// It is computed again.
    Again(Place),
}

/// The place of a value in a frame.
pub(crate) struct Place {
    frame: Arc<Frame>,
    index: usize,
}

impl Value {
    pub(crate) fn new(array: Array) -> Value {
        if !IS_BUILDING.get() {
            return Value::Kept(array);
        }
        match RECORDER.with_borrow(Option::clone) {
            Some(Recorder::First(frame)) => {
                let mut expected = lock(&frame.expected);
                let index = expected.len();
                expected.push((array.shape().clone(), array.dtype()));
                drop(expected);
                Value::Again(Place { frame, index })
            }
            Some(Recorder::Again(saved)) => {
                lock(&saved).push(array.clone());
                Value::Kept(array)
            }
            None => Value::Kept(array),
        }
    }

    pub(crate) fn get(&self) -> Array {
        match self {
            Value::Kept(array) => array.clone(),
            Value::Again(Place { frame, index }) => {
                let values = lock(&frame.values);
                let value = values.as_ref().and_then(|values| values[*index].clone());
                value.expect("the walk has the frame's values computed before it calls a rule")
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Freed after the lock: it may be the last handle to more.
        let freed = lock(&self.frame.values)
            .as_mut()
            .and_then(|values| values[self.index].take());
        drop(freed);
    }
}
