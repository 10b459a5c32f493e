//! The mapping of PyTorch's optimizers and schedulers: one row per class.
//!
//! An optimizer's options have PyTorch's names, so its row is only its type. A scheduler's row
//! constructs it from the optimizer and the arguments that follow.

use std::fmt::Display;

use rushlight_optim::{
    Adam, AdamW, Algorithm, CosineAnnealingLR, LRScheduler, Optimizer, OptimizerOf, OptionValue,
    ParamGroup, SGD, StepLR, clip_grad_norm_,
};

use crate::argument::{Argument, Arguments};
use crate::call::Call;
use crate::container::Container;
use crate::outcome::Failure;
use crate::tensor::Tensor;
use crate::tensors::Tensors;

/// An optimizer that also prints.
pub trait Printed: Optimizer + Display {}

impl<T: Optimizer + Display> Printed for T {}

/// How a row constructs an optimizer.
type Constructor = fn(Vec<ParamGroup>, Options) -> Result<Box<dyn Printed>, Failure>;

/// How a row constructs a scheduler of an optimizer.
type Scheduler = fn(&dyn Optimizer, &Call) -> Result<Box<dyn LRScheduler>, Failure>;

/// Options by PyTorch's names.
type Options = Vec<(String, OptionValue)>;

const OPTIMIZERS: &[(&str, Constructor)] = &[
    ("SGD", optimizer::<SGD>),
    ("Adam", optimizer::<Adam>),
    ("AdamW", optimizer::<AdamW>),
];

macro_rules! schedulers {
    ($($name:literal => |$optimizer:ident, $call:ident| $scheduler:expr;)*) => {
        const SCHEDULERS: &[(&str, Scheduler)] = &[
            $(($name, |$optimizer, $call| Ok(Box::new($scheduler)))),*
        ];
    };
}

schedulers! {
    "StepLR" => |optimizer, c| StepLR::new(optimizer, c.int("step_size", 1)?)?.gamma(c.float_or("gamma", 2, 0.1)?);
    "CosineAnnealingLR" => |optimizer, c| CosineAnnealingLR::new(optimizer, c.int("T_max", 1)?)?.eta_min(c.float_or("eta_min", 2, 0.0)?);
}

/// An optimizer type that a row may name.
trait Rule: Sized + Printed + 'static {
    fn with_groups(groups: Vec<ParamGroup>) -> Self;
    fn set(self, name: &str, value: OptionValue) -> rushlight_optim::Result<Self>;
    fn checked(self) -> rushlight_optim::Result<Self>;
}

impl<A: Algorithm> Rule for OptimizerOf<A> {
    fn with_groups(groups: Vec<ParamGroup>) -> Self {
        OptimizerOf::with_groups(groups)
    }

    fn set(self, name: &str, value: OptionValue) -> rushlight_optim::Result<Self> {
        self.set_option(name, value)
    }

    fn checked(mut self) -> rushlight_optim::Result<Self> {
        self.check()?;
        Ok(self)
    }
}

fn optimizer<O: Rule>(
    groups: Vec<ParamGroup>,
    options: Options,
) -> Result<Box<dyn Printed>, Failure> {
    let mut optimizer = O::with_groups(groups);
    for (name, value) in options {
        optimizer = optimizer.set(&name, value)?;
    }
    Ok(Box::new(optimizer.checked()?))
}

/// Constructs the optimizer of a name with `options` for all groups.
pub fn construct(
    name: &str,
    groups: Vec<ParamGroup>,
    options: &Arguments,
    tensors: &Tensors,
) -> Result<Box<dyn Printed>, Failure> {
    let Some((_, constructor)) = OPTIMIZERS.iter().find(|(known, _)| *known == name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    constructor(groups, self::options(options, tensors)?)
}

/// Constructs the scheduler of a name over an optimizer.
pub fn schedule(
    name: &str,
    optimizer: &dyn Optimizer,
    options: &Arguments,
) -> Result<Box<dyn LRScheduler>, Failure> {
    let Some((_, constructor)) = SCHEDULERS.iter().find(|(known, _)| *known == name) else {
        return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
    };
    let no_tensors = Container::default();
    let tensors = Tensors::of(&no_tensors);
    let call = Call::new(options, &tensors);
    call.complete(constructor(optimizer, &call))
}

/// A group with options of its own.
pub fn group(
    parameters: Vec<Tensor>,
    options: &Arguments,
    tensors: &Tensors,
) -> Result<ParamGroup, Failure> {
    with_options(ParamGroup::new(parameters), options, tensors)
}

/// Gives a group options of its own.
pub fn with_options(
    group: ParamGroup,
    options: &Arguments,
    tensors: &Tensors,
) -> Result<ParamGroup, Failure> {
    let options = self::options(options, tensors)?.into_iter();
    Ok(options.fold(group, |group, (name, value)| group.set(&name, value)))
}

/// Scales gradients so that their total norm is at most `limit`; returns the norm before.
pub fn clip_grad_norm(parameters: &[Tensor], limit: f64) -> Result<f64, Failure> {
    Ok(clip_grad_norm_(parameters.iter().cloned(), limit)?)
}

fn options(arguments: &Arguments, tensors: &Tensors) -> Result<Options, Failure> {
    let read = |(name, argument): &(String, Argument)| {
        Ok((name.clone(), option(name, argument, tensors)?))
    };
    arguments.keyword.iter().map(read).collect()
}

fn option(name: &str, argument: &Argument, tensors: &Tensors) -> Result<OptionValue, Failure> {
    Ok(match argument {
        Argument::None => OptionValue::None,
        Argument::Bool(value) => OptionValue::Bool(*value),
        Argument::Int(value) => OptionValue::Int(*value),
        Argument::Float(value) => OptionValue::Float(*value),
        // PyTorch also takes a learning rate as a tensor of one element.
        Argument::Tensor(value) => OptionValue::Float(tensors.get(value)?.item()?),
        Argument::Tuple(items) | Argument::List(items) => match items.as_slice() {
            [Argument::Float(first), Argument::Float(second)] => OptionValue::Pair(*first, *second),
            _ => return Err(Failure::Kind(format!("`{name}` is {}", argument.kind()))),
        },
        _ => return Err(Failure::Kind(format!("`{name}` is {}", argument.kind()))),
    })
}
