//! L-BFGS.

use crate::parameter;
use rushlight_autograd::{Result, Tensor};
use rushlight_optim::{LBFGS, Optimizer, OptionValue};

/// Rosenbrock's valley, whose floor bends towards (1, 1).
fn valley(w: &Tensor) -> Result<Tensor> {
    let (x, y) = (w.select(0, 0)?, w.select(0, 1)?);
    let floor = y.sub(x.square()?)?.square()?.mul(100.0)?;
    floor.add(x.sub(1.0)?.square()?)
}

fn step(optimizer: &mut LBFGS, w: &Tensor, sign: f64) -> f64 {
    let loss = optimizer.step_with(&mut || {
        w.zero_grad();
        let loss = valley(w)?.mul(sign)?;
        loss.backward()?;
        Ok(loss)
    });
    loss.unwrap().item().unwrap()
}

#[test]
fn a_line_search_finds_the_end_of_a_bent_valley() {
    for sign in [1.0, -1.0] {
        let w = parameter(&[-1.2, 1.0]);
        let optimizer = LBFGS::new([&w], 1).line_search_fn("strong_wolfe");
        let mut optimizer = optimizer.maximize(sign < 0.0).history_size(5);
        for _ in 0..5 {
            step(&mut optimizer, &w, sign);
        }
        let end = w.to_vec::<f64>().unwrap();
        assert!(end.iter().all(|x| (x - 1.0).abs() < 1e-4), "{end:?}");
    }
}

#[test]
fn a_step_takes_no_more_calls_than_allowed() {
    let w = parameter(&[-1.2, 1.0]);
    let mut optimizer = LBFGS::new([&w], 1)
        .line_search_fn("strong_wolfe")
        .max_eval(4);
    let mut calls = 0;
    let loss = optimizer.step_with(&mut || {
        calls += 1;
        w.zero_grad();
        let loss = valley(&w)?;
        loss.backward()?;
        Ok(loss)
    });
    assert!(loss.is_ok());
    assert_eq!(calls, 4);
}

#[test]
fn a_loss_that_is_not_a_number_ends_the_search() {
    let w = parameter(&[1.0]);
    let mut optimizer = LBFGS::new([&w], 1).line_search_fn("strong_wolfe");
    let loss = optimizer.step_with(&mut || {
        w.zero_grad();
        let loss = w.sub(2.0)?.sqrt()?.sum()?;
        loss.backward()?;
        Ok(loss)
    });
    assert!(loss.unwrap().item().unwrap().is_nan());
}

#[test]
fn an_error_of_the_closure_is_returned_and_leaves_all_as_before() {
    for line_search in [OptionValue::None, "strong_wolfe".into()] {
        let w = parameter(&[-1.2, 1.0]);
        let optimizer = LBFGS::new([&w], 1).max_iter(4);
        let mut optimizer = optimizer.set_option("line_search_fn", line_search).unwrap();
        step(&mut optimizer, &w, 1.0);
        let all = |optimizer: &LBFGS| {
            let state = optimizer.state_dict().unwrap();
            (w.to_vec::<f64>().unwrap(), format!("{state:?}"))
        };
        let before = all(&optimizer);
        for fatal in 1..=4 {
            let mut calls = 0;
            let failed = optimizer.step_with(&mut || {
                calls += 1;
                if calls == fatal {
                    return w.view(&[3]);
                }
                w.zero_grad();
                let loss = valley(&w)?;
                loss.backward()?;
                Ok(loss)
            });
            assert!(failed.is_err());
            assert_eq!(all(&optimizer), before);
        }
    }
}
