//! Schedules of learning rates.

use crate::parameter;
use rushlight_optim::*;

/// An optimizer of two groups.
fn optimizer() -> SGD {
    let group = |lr| ParamGroup::new([parameter(&[1.0])]).lr(lr);
    SGD::with_groups([group(0.1), group(0.02)]).momentum(0.9)
}

fn attached(
    schedule: impl Schedule,
    optimizer: &mut dyn Optimizer,
) -> Result<Box<dyn LRScheduler>> {
    Ok(Box::new(schedule.attach(optimizer)?))
}

type Constructor = fn(&mut dyn Optimizer) -> Result<Box<dyn LRScheduler>>;

/// One of each kind.
const SCHEDULERS: &[Constructor] = &[
    |o| attached(StepLR::new(3).gamma(0.5), o),
    |o| attached(MultiStepLR::new([2, 2, 9]), o),
    |o| attached(ConstantLR::new().total_iters(7), o),
    |o| attached(LinearLR::new().total_iters(12), o),
    |o| attached(ExponentialLR::new(0.9), o),
    |o| attached(PolynomialLR::new().total_iters(14).power(2.0), o),
    |o| attached(LambdaLR::new(|epoch| 1.0 / (1 + epoch) as f64), o),
    |o| {
        attached(
            MultiplicativeLR::new(|epoch| if epoch < 5 { 0.9 } else { 1.1 }),
            o,
        )
    },
    |o| attached(CosineAnnealingLR::new(5).eta_min(0.01), o),
    |o| attached(CosineAnnealingWarmRestarts::new(3).t_mult(2), o),
    |o| attached(CyclicLR::new(0.01, [0.1, 0.3]).step_size_up(3.0), o),
    |o| attached(OneCycleLR::new(0.3, 20).three_phase(true), o),
    |o| attached(SWALR::new([0.05, 0.5]).anneal_epochs(6), o),
    |o| {
        let warmup = attached(LinearLR::new().total_iters(4), o)?;
        let decay = attached(CosineAnnealingLR::new(8), o)?;
        Ok(Box::new(SequentialLR::new(o, vec![warmup, decay], [4])?))
    },
    |o| {
        let warmup = attached(ConstantLR::new().total_iters(4), o)?;
        let decay = attached(ExponentialLR::new(0.9), o)?;
        Ok(Box::new(ChainedScheduler::new(o, vec![warmup, decay])?))
    },
];

fn rates(optimizer: &dyn Optimizer) -> Vec<f64> {
    let groups = optimizer.param_groups().iter();
    groups
        .flat_map(|group| [group.learning_rate(), group.options().float("momentum")])
        .collect()
}

#[test]
fn a_schedule_goes_on_where_it_was_saved() {
    for construct in SCHEDULERS {
        let mut straight = optimizer();
        let mut scheduler = construct(&mut straight).unwrap();
        for _ in 0..7 {
            scheduler.step(&mut straight).unwrap();
        }
        let mut resumed = optimizer();
        let mut second = construct(&mut resumed).unwrap();
        resumed
            .load_state_dict(&straight.state_dict().unwrap())
            .unwrap();
        second.load_state_dict(&scheduler.state_dict()).unwrap();
        assert_eq!(second.last_lr(), scheduler.last_lr());
        for _ in 0..10 {
            scheduler.step(&mut straight).unwrap();
            second.step(&mut resumed).unwrap();
            assert_eq!(rates(&resumed), rates(&straight), "{scheduler:?}");
        }
    }
}

#[test]
fn the_state_of_another_schedule_changes_nothing() {
    for construct in SCHEDULERS {
        let mut optimizer = optimizer();
        let mut scheduler = construct(&mut optimizer).unwrap();
        scheduler.step(&mut optimizer).unwrap();
        let state = scheduler.state_dict();
        let refused = scheduler.load_state_dict(&SchedulerState::default());
        assert!(matches!(refused, Err(Error::State { .. })));
        assert_eq!(scheduler.state_dict(), state);
    }
}

#[test]
fn closed_forms_agree_with_steps() {
    fn check(schedule: impl Schedule) {
        let mut optimizer = optimizer();
        let mut scheduler = schedule.attach(&mut optimizer).unwrap();
        for epoch in 1..12 {
            scheduler.step(&mut optimizer).unwrap();
            let closed = scheduler.schedule().closed_form(epoch, 0.1).unwrap();
            assert!(
                (closed - scheduler.last_lr()[0]).abs() < 1e-12,
                "{scheduler:?}"
            );
        }
    }
    check(StepLR::new(3));
    check(MultiStepLR::new([2, 2, 9]));
    check(ConstantLR::new());
    check(LinearLR::new().total_iters(7));
    check(ExponentialLR::new(0.9));
    check(PolynomialLR::new().total_iters(9).power(1.5));
    check(CosineAnnealingLR::new(4).eta_min(0.01));
}

#[test]
fn settings_out_of_their_domain_are_refused() {
    let constructors: &[Constructor] = &[
        |o| attached(StepLR::new(0), o),
        |o| attached(ConstantLR::new().factor(1.5), o),
        |o| attached(LinearLR::new().start_factor(0.0), o),
        |o| attached(LinearLR::new().end_factor(-0.1), o),
        |o| attached(CosineAnnealingLR::new(0), o),
        |o| attached(CosineAnnealingWarmRestarts::new(0), o),
        |o| attached(CosineAnnealingWarmRestarts::new(2).t_mult(0), o),
        |o| attached(CyclicLR::new(0.1, 1.0).step_size_up(0.0), o),
        |o| attached(CyclicLR::new([0.1, 0.2, 0.3], 1.0), o),
        |o| attached(OneCycleLR::new(0.1, 0), o),
        |o| attached(OneCycleLR::with_epochs(0.1, u64::MAX, 2), o),
        |o| attached(OneCycleLR::new(0.1, 10).pct_start(1.5), o),
        |o| attached(OneCycleLR::new(0.1, 10).pct_start(0.1), o),
        |o| attached(LambdaLR::per_group(vec![]), o),
        |o| attached(SWALR::new([0.1]), o),
        |o| Ok(Box::new(SequentialLR::new(o, vec![], [])?)),
        |o| Ok(Box::new(ChainedScheduler::new(o, vec![])?)),
    ];
    for (index, construct) in constructors.iter().enumerate() {
        let mut optimizer = optimizer();
        let refused = construct(&mut optimizer);
        assert!(
            matches!(refused, Err(Error::Option { .. })),
            "{index}: {refused:?}"
        );
        assert_eq!(rates(&optimizer), [0.1, 0.9, 0.02, 0.9], "{index}");
    }
    let factor = ReduceLROnPlateau::new()
        .factor(1.0)
        .attach(&mut optimizer());
    assert!(matches!(factor, Err(Error::Option { .. })));
}

#[test]
fn momentum_cannot_move_where_there_is_none() {
    let mut optimizer = Adagrad::new([parameter(&[1.0])], 0.1);
    let refused = OneCycleLR::new(0.1, 10).attach(&mut optimizer);
    assert!(matches!(refused, Err(Error::Option { .. })));
    let cycle = OneCycleLR::new(0.1, 10).cycle_momentum(false);
    assert!(cycle.attach(&mut optimizer).is_ok());
}

#[test]
fn a_cycle_ends_after_its_last_step() {
    let mut optimizer = optimizer();
    let mut scheduler = OneCycleLR::new(0.1, 4).attach(&mut optimizer).unwrap();
    for _ in 0..4 {
        scheduler.step(&mut optimizer).unwrap();
    }
    let before = rates(&optimizer);
    let refused = scheduler.step(&mut optimizer);
    assert!(matches!(refused, Err(Error::Schedule { .. })));
    assert_eq!(rates(&optimizer), before);
}

#[test]
fn restarts_may_be_approached_between_epochs() {
    let mut optimizer = optimizer();
    let restarts = CosineAnnealingWarmRestarts::new(4);
    let mut scheduler = restarts.attach(&mut optimizer).unwrap();
    scheduler.step_to(6.0, &mut optimizer).unwrap();
    assert!((scheduler.last_lr()[0] - 0.05).abs() < 1e-12);
    scheduler.step_to(2.5, &mut optimizer).unwrap();
    scheduler.step(&mut optimizer).unwrap();
    assert_eq!(scheduler.last_epoch(), 3);
    assert!(scheduler.step_to(f64::NAN, &mut optimizer).is_err());
}

#[test]
fn a_plateau_goes_on_where_it_was_saved() {
    let metrics = [3.0, 2.0, 2.0, 2.0, 1.9, 2.5, 2.5, 2.5, 2.5, 2.5];
    let construct = |optimizer: &mut SGD| {
        let schedule = ReduceLROnPlateau::new().patience(1).cooldown(1);
        schedule.min_lr([0.0, 0.001]).attach(optimizer).unwrap()
    };
    let mut straight = optimizer();
    let mut scheduler = construct(&mut straight);
    metrics[..5]
        .iter()
        .for_each(|&metric| scheduler.step(metric, &mut straight).unwrap());
    let mut resumed = optimizer();
    let mut second = construct(&mut resumed);
    resumed
        .load_state_dict(&straight.state_dict().unwrap())
        .unwrap();
    second.load_state_dict(&scheduler.state_dict()).unwrap();
    for &metric in &metrics[5..] {
        scheduler.step(metric, &mut straight).unwrap();
        second.step(metric, &mut resumed).unwrap();
        assert_eq!(rates(&resumed), rates(&straight));
    }
    assert_eq!(second.best(), 1.9);
    assert!(scheduler.last_lr()[0] < 0.1);
}

#[test]
fn a_learning_rate_in_a_tensor_follows_the_schedule() {
    let lr = rushlight_autograd::tensor([0.5]).unwrap();
    let mut optimizer = SGD::new([parameter(&[1.0])], &lr);
    let mut scheduler = ExponentialLR::new(0.5).attach(&mut optimizer).unwrap();
    scheduler.step(&mut optimizer).unwrap();
    assert_eq!(lr.item().unwrap(), 0.25);
}
