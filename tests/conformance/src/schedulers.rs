//! The mapping of PyTorch's schedulers: one row per class, which makes the schedule and attaches it
//! to the optimizer.

use rushlight_optim::{
    AnnealStrategy, ChainedScheduler, ConstantLR, CosineAnnealingLR, CosineAnnealingWarmRestarts,
    CyclicLR, CyclicMode, ExponentialLR, LRScheduler, LambdaLR, LinearLR, MultiStepLR,
    MultiplicativeLR, OneCycleLR, Optimizer, PerGroup, PlateauMode, PlateauScheduler, PolynomialLR,
    ReduceLROnPlateau, SWALR, Schedule, SequentialLR, StepLR, ThresholdMode,
};

use crate::argument::{Argument, Arguments};
use crate::call::{Call, Given, KEYWORD};
use crate::container::Container;
use crate::expression::Expression;
use crate::outcome::Failure;
use crate::tensors::Tensors;

/// A scheduler of either kind.
#[derive(Debug)]
pub enum Scheduler {
    /// One that only counts steps.
    Counting(Box<dyn LRScheduler>),
    /// One that is told a metric.
    Measuring(PlateauScheduler),
}

impl Scheduler {
    /// Takes a step; the metric must be there if the scheduler wants one.
    pub fn step(
        &mut self,
        metric: Option<f64>,
        optimizer: &mut dyn Optimizer,
    ) -> Result<(), Failure> {
        match (self, metric) {
            (Self::Counting(scheduler), _) => Ok(scheduler.step(optimizer)?),
            (Self::Measuring(scheduler), Some(metric)) => Ok(scheduler.step(metric, optimizer)?),
            (Self::Measuring(_), None) => Err(Failure::Corpus("a metric is missing".into())),
        }
    }
}

/// How a row constructs a scheduler of an optimizer.
type Constructor = fn(&mut dyn Optimizer, &Call) -> Given<Box<dyn LRScheduler>>;

/// Rows of a name and a schedule, made from the arguments that follow the optimizer.
macro_rules! schedules {
    ($($name:literal => |$c:ident| $schedule:expr;)*) => {
        const SCHEDULES: &[(&str, Constructor)] = &[
            $(($name, |optimizer, $c| Ok(Box::new($schedule.attach(optimizer)?)))),*
        ];
    };
}

schedules! {
    "StepLR" => |c| StepLR::new(c.int("step_size", 1)?).gamma(c.float_or("gamma", 2, 0.1)?);
    "MultiStepLR" => |c| MultiStepLR::new(c.ints("milestones", 1)?).gamma(c.float_or("gamma", 2, 0.1)?);
    "ExponentialLR" => |c| ExponentialLR::new(c.float("gamma", 1)?);
    "ConstantLR" => |c| ConstantLR::new().factor(c.float_or("factor", 1, 1.0 / 3.0)?).total_iters(c.int_or("total_iters", 2, 5)?);
    "LinearLR" => |c| LinearLR::new()
        .start_factor(c.float_or("start_factor", 1, 1.0 / 3.0)?)
        .end_factor(c.float_or("end_factor", 2, 1.0)?)
        .total_iters(c.int_or("total_iters", 3, 5)?);
    "PolynomialLR" => |c| PolynomialLR::new().total_iters(c.int_or("total_iters", 1, 5)?).power(c.float_or("power", 2, 1.0)?);
    "LambdaLR" => |c| LambdaLR::per_group(lambdas(c)?);
    "MultiplicativeLR" => |c| MultiplicativeLR::per_group(lambdas(c)?);
    "CosineAnnealingLR" => |c| CosineAnnealingLR::new(c.int("T_max", 1)?).eta_min(c.float_or("eta_min", 2, 0.0)?);
    "CosineAnnealingWarmRestarts" => |c| CosineAnnealingWarmRestarts::new(c.int("T_0", 1)?)
        .t_mult(c.int_or("T_mult", 2, 1)?)
        .eta_min(c.float_or("eta_min", 3, 0.0)?);
    "CyclicLR" => |c| cyclic(c)?;
    "OneCycleLR" => |c| one_cycle(c)?;
    "SWALR" => |c| SWALR::new(c.get::<PerGroup>("swa_lr", 1)?)
        .anneal_epochs(c.int_or("anneal_epochs", 2, 10)?)
        .anneal_strategy(anneal_strategy(c, 3)?);
}

fn cyclic(c: &Call) -> Given<CyclicLR> {
    let schedule = CyclicLR::new(
        c.get::<PerGroup>("base_lr", 1)?,
        c.get::<PerGroup>("max_lr", 2)?,
    )
    .step_size_up(c.float_or("step_size_up", 3, 2000.0)?)
    .mode(match &*c.text_or("mode", 5, "triangular")? {
        "triangular" => CyclicMode::Triangular,
        "triangular2" => CyclicMode::Triangular2,
        "exp_range" => CyclicMode::ExpRange,
        other => return Err(Failure::Kind(format!("`mode` is {other}"))),
    })
    .gamma(c.float_or("gamma", 6, 1.0)?)
    .cycle_momentum(c.bool_or("cycle_momentum", 9, true)?)
    .base_momentum(c.get_or("base_momentum", 10, PerGroup::Same(0.8))?)
    .max_momentum(c.get_or("max_momentum", 11, PerGroup::Same(0.9))?);
    Ok(match c.opt_float("step_size_down", 4)? {
        Some(down) => schedule.step_size_down(down),
        None => schedule,
    })
}

fn one_cycle(c: &Call) -> Given<OneCycleLR> {
    let max_lr: PerGroup = c.get("max_lr", 1)?;
    let schedule = match c.opt_int("total_steps", 2)? {
        Some(total) => OneCycleLR::new(max_lr, total),
        None => OneCycleLR::with_epochs(max_lr, c.int("epochs", 3)?, c.int("steps_per_epoch", 4)?),
    };
    Ok(schedule
        .pct_start(c.float_or("pct_start", 5, 0.3)?)
        .anneal_strategy(anneal_strategy(c, 6)?)
        .cycle_momentum(c.bool_or("cycle_momentum", 7, true)?)
        .base_momentum(c.get_or("base_momentum", 8, PerGroup::Same(0.85))?)
        .max_momentum(c.get_or("max_momentum", 9, PerGroup::Same(0.95))?)
        .div_factor(c.float_or("div_factor", 10, 25.0)?)
        .final_div_factor(c.float_or("final_div_factor", 11, 1e4)?)
        .three_phase(c.bool_or("three_phase", 12, false)?))
}

fn plateau(c: &Call) -> Given<ReduceLROnPlateau> {
    Ok(ReduceLROnPlateau::new()
        .mode(match &*c.text_or("mode", 1, "min")? {
            "min" => PlateauMode::Min,
            "max" => PlateauMode::Max,
            other => return Err(Failure::Kind(format!("`mode` is {other}"))),
        })
        .factor(c.float_or("factor", 2, 0.1)?)
        .patience(c.int_or("patience", 3, 10)?)
        .threshold(c.float_or("threshold", 4, 1e-4)?)
        .threshold_mode(match &*c.text_or("threshold_mode", 5, "rel")? {
            "rel" => ThresholdMode::Rel,
            "abs" => ThresholdMode::Abs,
            other => return Err(Failure::Kind(format!("`threshold_mode` is {other}"))),
        })
        .cooldown(c.int_or("cooldown", 6, 0)?)
        .min_lr(c.get_or("min_lr", 7, PerGroup::Same(0.0))?)
        .eps(c.float_or("eps", 8, 1e-8)?))
}

fn anneal_strategy(c: &Call, position: usize) -> Given<AnnealStrategy> {
    match &*c.text_or("anneal_strategy", position, "cos")? {
        "cos" => Ok(AnnealStrategy::Cos),
        "linear" => Ok(AnnealStrategy::Linear),
        other => Err(Failure::Kind(format!("`anneal_strategy` is {other}"))),
    }
}

/// A function of the step.
type Lambda = Box<dyn Fn(u64) -> f64 + Send>;

/// The functions of the step that `lr_lambda` writes as expressions: one, or one for each group.
fn lambdas(c: &Call) -> Given<Vec<Lambda>> {
    let texts = match c.get::<Argument>("lr_lambda", 1)? {
        Argument::Text(text) => vec![text],
        _ => c.get("lr_lambda", 1)?,
    };
    let function = |text: String| -> Given<Lambda> {
        let expression = Expression::parse(&text).map_err(Failure::Unsupported)?;
        Ok(Box::new(move |epoch| {
            expression.value("epoch", epoch as f64)
        }))
    };
    texts.into_iter().map(function).collect()
}

/// The schedulers over the same optimizer that are the parts of another.
fn parts(
    c: &Call,
    position: usize,
    optimizer: &mut dyn Optimizer,
) -> Given<Vec<Box<dyn LRScheduler>>> {
    let part = |argument: Argument| {
        let items = argument.items().map(<[Argument]>::to_vec);
        let Some([Argument::Text(name), Argument::Dict(entries)]) = items.as_deref() else {
            return Err(Failure::Kind("`schedulers` holds no schedulers".into()));
        };
        let keyword = entries.iter().filter_map(|(key, value)| match key {
            Argument::Text(key) => Some((key.clone(), value.clone())),
            _ => None,
        });
        let options = Arguments {
            positional: vec![],
            keyword: keyword.collect(),
        };
        match construct(name, optimizer, &options)? {
            Scheduler::Counting(scheduler) => Ok(scheduler),
            Scheduler::Measuring(_) => Err(Failure::Kind(format!("`schedulers` holds {name}"))),
        }
    };
    let arguments: Vec<Argument> = c.get("schedulers", position)?;
    arguments.into_iter().map(part).collect()
}

/// Constructs the scheduler of a name over an optimizer.
pub fn construct(
    name: &str,
    optimizer: &mut dyn Optimizer,
    options: &Arguments,
) -> Result<Scheduler, Failure> {
    let no_tensors = Container::default();
    let tensors = Tensors::of(&no_tensors);
    let call = Call::new(options, &tensors);
    call.only("last_epoch", KEYWORD, &Argument::Int(-1))?;
    let scheduler = match name {
        "ReduceLROnPlateau" => Scheduler::Measuring(plateau(&call)?.attach(optimizer)?),
        "SequentialLR" => {
            let parts = parts(&call, 1, optimizer)?;
            let milestones: Vec<u64> = call.ints("milestones", 2)?;
            Scheduler::Counting(Box::new(SequentialLR::new(optimizer, parts, milestones)?))
        }
        "ChainedScheduler" => {
            let parts = parts(&call, 0, optimizer)?;
            Scheduler::Counting(Box::new(ChainedScheduler::new(optimizer, parts)?))
        }
        _ => {
            let Some((_, constructor)) = SCHEDULES.iter().find(|(known, _)| *known == name) else {
                return Err(Failure::Unsupported(format!("`{name}` is not mapped")));
            };
            Scheduler::Counting(constructor(optimizer, &call)?)
        }
    };
    call.complete(Ok(scheduler))
}
