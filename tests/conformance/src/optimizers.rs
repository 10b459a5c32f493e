//! The mapping of PyTorch's optimizers: one row per class.
//!
//! An optimizer's options have PyTorch's names, so its row is only its type.

use std::fmt::Display;

use rushlight_optim::{
    ASGD, Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Algorithm, LBFGS, Muon, NAdam,
    Optimizer, OptimizerOf, OptionValue, ParamGroup, RAdam, RMSprop, Rprop, SGD, clip_grad_norm_,
};

use crate::argument::{Argument, Arguments};
use crate::outcome::Failure;
use crate::tensor::Tensor;
use crate::tensors::Tensors;

/// An optimizer that also prints.
pub trait Printed: Optimizer + Display {}

impl<T: Optimizer + Display> Printed for T {}

/// How a row constructs an optimizer.
type Constructor = fn(Vec<ParamGroup>, Options) -> Result<Box<dyn Printed>, Failure>;

/// Options by PyTorch's names.
type Options = Vec<(String, OptionValue)>;

const OPTIMIZERS: &[(&str, Constructor)] = &[
    ("ASGD", optimizer::<ASGD>),
    ("Adadelta", optimizer::<Adadelta>),
    ("Adafactor", optimizer::<Adafactor>),
    ("Adagrad", optimizer::<Adagrad>),
    ("Adam", optimizer::<Adam>),
    ("AdamW", optimizer::<AdamW>),
    ("Adamax", optimizer::<Adamax>),
    ("LBFGS", optimizer::<LBFGS>),
    ("Muon", optimizer::<Muon>),
    ("NAdam", optimizer::<NAdam>),
    ("RAdam", optimizer::<RAdam>),
    ("RMSprop", optimizer::<RMSprop>),
    ("Rprop", optimizer::<Rprop>),
    ("SGD", optimizer::<SGD>),
];

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
        Argument::Text(value) => OptionValue::Text(value.clone().into()),
        Argument::Tensor(value) => OptionValue::Tensor(tensors.get(value)?),
        Argument::Tuple(items) | Argument::List(items) => {
            let items = items.iter().map(|item| option(name, item, tensors));
            items.collect::<Result<Vec<_>, _>>()?.into()
        }
        _ => return Err(Failure::Kind(format!("`{name}` is {}", argument.kind()))),
    })
}
