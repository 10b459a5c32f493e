//! Runs cases of fixed names and prints one line of times for each, so that other libraries' programs
//! can be run in turn: `side_by_side CASE[,CASE] THREADS`. `torch_side_by_side.py` is PyTorch's.
//!
//! A line is `rushlight CASE THREADS median_ms min_ms repeats cpu_ms`, separated by tabs. Operands
//! exist before the time starts, and results are freed after it has stopped. There is one warm-up
//! call and more for 15 % of the budget, which `BENCH_BUDGET_S` sets in seconds; then repeats until it
//! is used up, at least `BENCH_MIN_N`. `BENCH_ONCE` stands for one of each.

use rushlight::nn::Result;
use rushlight::prelude::*;
use std::any::Any;
use std::time::{Duration, Instant};

/// One repeat; its result is dropped outside of the measured time.
type Work = Box<dyn FnMut() -> Result<Box<dyn Any>>>;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let (Some(cases), Some(threads)) = (arguments.next(), arguments.next()) else {
        eprintln!("usage: side_by_side CASE[,CASE] THREADS");
        std::process::exit(2);
    };
    rushlight::set_num_threads(threads.parse().unwrap_or(1));
    for case in cases.split(',') {
        let line = match prepare(case).and_then(|work| work.map(measure).transpose()) {
            Ok(Some(times)) => times.to_string(),
            Ok(None) => "n/a\tn/a\t0\tunknown case".to_owned(),
            Err(error) => format!(
                "n/a\tn/a\t0\t{}",
                error.to_string().replace(['\n', '\t'], " ")
            ),
        };
        println!("rushlight\t{case}\t{threads}\t{line}");
    }
}

/// Milliseconds.
struct Times {
    median: f64,
    least: f64,
    repeats: usize,
    cpu: f64,
}

impl std::fmt::Display for Times {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Times {
            median,
            least,
            repeats,
            cpu,
        } = self;
        write!(f, "{median:.4}\t{least:.4}\t{repeats}\t{cpu:.4}")
    }
}

fn setting(name: &str, default: f64) -> f64 {
    let set = std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok());
    set.unwrap_or(default)
}

fn measure(mut work: Work) -> Result<Times> {
    let mut once = || -> Result<f64> {
        let start = Instant::now();
        let result = work()?;
        let took = start.elapsed().as_secs_f64() * 1e3;
        drop(result);
        Ok(took)
    };
    let one = |time, cpu| Times {
        median: time,
        least: time,
        repeats: 1,
        cpu,
    };
    let start = cpu_time();
    let first = once()?;
    if std::env::var_os("BENCH_ONCE").is_some() {
        let start = cpu_time();
        let second = once()?;
        return Ok(one(second, milliseconds(cpu_time() - start)));
    }
    if first > 8000.0 {
        return Ok(one(first, milliseconds(cpu_time() - start)));
    }
    let budget = setting("BENCH_BUDGET_S", 0.6) * 1e3;
    let mut least_repeats = setting("BENCH_MIN_N", 3.0) as usize;
    if first > 2000.0 {
        least_repeats = 1;
    } else {
        let mut spent = once()?;
        while spent < 0.15 * budget {
            spent += once()?;
        }
    }
    let (mut times, mut total) = (Vec::new(), 0.0);
    let start = cpu_time();
    while (times.len() < least_repeats || total < budget && times.len() < 5000) && total < 20e3 {
        let time = once()?;
        total += time;
        times.push(time);
    }
    let repeats = times.len();
    let cpu = milliseconds(cpu_time() - start) / repeats as f64;
    times.sort_by(f64::total_cmp);
    Ok(Times {
        median: times[repeats / 2],
        least: times[0],
        repeats,
        cpu,
    })
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// What all threads of the process have used so far; zero where the system does not tell.
fn cpu_time() -> Duration {
    let threads = std::fs::read_dir("/proc/self/task")
        .into_iter()
        .flatten()
        .flatten();
    let of = |thread: std::fs::DirEntry| -> Option<u64> {
        let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse().ok()
    };
    Duration::from_nanos(threads.filter_map(of).sum())
}

/// Work without gradients. Looking at the result has what waits computed.
fn inference(call: impl Fn() -> Result<Tensor> + 'static) -> Work {
    Box::new(move || Ok(Box::new(inference_mode(&call)?.array())))
}

/// Makes the operands of a case.
fn prepare(case: &str) -> Result<Option<Work>> {
    manual_seed(0);
    if let Some(product) = case.strip_prefix("gemm_") {
        return product_of(product);
    }
    if case.starts_with("conv") {
        return convolution(case);
    }
    if let Some(model) = case.strip_prefix("infer_") {
        return inference_of(model);
    }
    if let Some(model) = case.strip_prefix("train_") {
        return training_of(model, false);
    }
    if let Some(model) = case.strip_prefix("finetune_") {
        return training_of(model, true);
    }
    const LARGE: &[usize] = &[10_000_000];
    const ROWS: &[usize] = &[4096, 1024];
    Ok(Some(match case {
        "ew_add" => {
            let (x, y) = (Tensor::randn(LARGE)?, Tensor::randn(LARGE)?);
            inference(move || x.add(&y))
        }
        "ew_relu" => unary(LARGE, |x| x.relu())?,
        "ew_gelu" => unary(LARGE, |x| x.gelu())?,
        "ew_exp" => unary(LARGE, |x| x.exp())?,
        "ew_tanh" => unary(LARGE, |x| x.tanh())?,
        "ew_badd" => {
            let (x, y) = (Tensor::randn(ROWS)?, Tensor::randn(&[1024])?);
            inference(move || x.add(&y))
        }
        "sum_last" => unary(ROWS, |x| x.sum_dim(&[-1], false))?,
        "sum_first" => unary(ROWS, |x| x.sum_dim(&[0], false))?,
        "softmax" => unary(ROWS, |x| x.softmax(-1))?,
        "layernorm" => {
            let (x, weight) = (Tensor::randn(ROWS)?, Tensor::randn(&[1024])?);
            inference(move || x.layer_norm(&[1024], Some(&weight), Some(&weight), 1e-5))
        }
        "transpose_4096" => unary(&[4096, 4096], |x| x.transpose(0, 1)?.contiguous())?,
        "small_add1000" => {
            let (x, y) = (
                Tensor::randn(&[16, 16])?,
                Tensor::ones(&[16, 16])?.mul(1e-4)?,
            );
            inference(move || (0..1000).try_fold(x.clone(), |z, _| z.add(&y)))
        }
        "mlp_train100" => train_mlp()?,
        "lstm_fb" => {
            let net = LSTM::builder(128, 256).num_layers(2).build()?;
            let x = Tensor::randn(&[64, 32, 128])?;
            Box::new(move || {
                net.zero_grad();
                net.forward(&x)?.0.sum()?.backward()?;
                Ok(Box::new(()))
            })
        }
        "encoder_fb" => {
            let net = TransformerEncoderLayer::builder(256, 8)
                .dim_feedforward(1024)
                .dropout(0.0)
                .batch_first(true)
                .build()?;
            let x = Tensor::randn(&[8, 128, 256])?;
            Box::new(move || {
                net.zero_grad();
                net.forward(&x)?.sum()?.backward()?;
                Ok(Box::new(()))
            })
        }
        _ => return Ok(None),
    }))
}

fn unary(shape: &[usize], call: fn(&Tensor) -> Result<Tensor>) -> Result<Work> {
    let x = Tensor::randn(shape)?;
    Ok(inference(move || call(&x)))
}

/// `SIDE`, or `MxKxN`.
fn product_of(sizes: &str) -> Result<Option<Work>> {
    let sizes: Vec<usize> = sizes
        .split('x')
        .filter_map(|size| size.parse().ok())
        .collect();
    let (m, k, n) = match *sizes {
        [side] => (side, side, side),
        [m, k, n] => (m, k, n),
        _ => return Ok(None),
    };
    let (a, b) = (Tensor::randn(&[m, k])?, Tensor::randn(&[k, n])?);
    Ok(Some(inference(move || a.matmul(&b))))
}

/// The convolutions: a name, `[in, out, kernel, stride, padding]`, the side and number of images, and
/// groups.
const CONVOLUTIONS: &[(&str, [usize; 5], usize, usize, usize)] = &[
    ("conv3x3_64_56_n1", [64, 64, 3, 1, 1], 56, 1, 1),
    ("conv3x3_64_56_n16", [64, 64, 3, 1, 1], 56, 16, 1),
    ("conv3x3_128_28_n1", [128, 128, 3, 1, 1], 28, 1, 1),
    ("conv3x3_256_14_n1", [256, 256, 3, 1, 1], 14, 1, 1),
    ("conv3x3_512_7_n1", [512, 512, 3, 1, 1], 7, 1, 1),
    ("conv7x7s2_3_224_n1", [3, 64, 7, 2, 3], 224, 1, 1),
    ("conv1x1_256_64_56_n1", [256, 64, 1, 1, 0], 56, 1, 1),
    ("conv1x1_960_160_7_n1", [960, 160, 1, 1, 0], 7, 1, 1),
    ("conv1x1_320_1280_7_n8", [320, 1280, 1, 1, 0], 7, 8, 1),
    ("conv1x1s2_256_512_56_n1", [256, 512, 1, 2, 0], 56, 1, 1),
    ("conv3x3s2_3_32_224_n1", [3, 32, 3, 2, 1], 224, 1, 1),
    ("conv3x3s2_256_512_14_n1", [256, 512, 3, 2, 1], 14, 1, 1),
    ("convdw3x3_32_112_n1", [32, 32, 3, 1, 1], 112, 1, 32),
    ("convdw3x3_96_56_n1", [96, 96, 3, 1, 1], 56, 1, 96),
    ("convdw3x3_384_14_n1", [384, 384, 3, 1, 1], 14, 1, 384),
    ("convdw3x3_960_7_n1", [960, 960, 3, 1, 1], 7, 1, 960),
    ("convdw3x3s2_144_56_n1", [144, 144, 3, 2, 1], 56, 1, 144),
    ("convdw5x5_240_28_n1", [240, 240, 5, 1, 2], 28, 1, 240),
    ("convdw5x5s2_672_14_n1", [672, 672, 5, 2, 2], 14, 1, 672),
];

/// `NAME_f`: forward; `NAME_fb`: forward and both gradients.
fn convolution(case: &str) -> Result<Option<Work>> {
    let named = case.rsplit_once('_').and_then(|(name, mode)| {
        let row = CONVOLUTIONS.iter().find(|row| row.0 == name)?;
        matches!(mode, "f" | "fb").then_some((row, mode == "fb"))
    });
    let Some((&(_, [from, to, kernel, stride, padding], side, batch, groups), backward)) = named
    else {
        return Ok(None);
    };
    let x = Tensor::randn(&[batch, from, side, side])?;
    let weight = Tensor::randn(&[to, from / groups, kernel, kernel])?.mul(0.05)?;
    let options = rushlight::ConvOptions {
        stride: [stride; 2],
        padding: [padding; 2],
        groups,
        ..Default::default()
    };
    if !backward {
        return Ok(Some(inference(move || x.conv2d(&weight, None, &options))));
    }
    let g = Tensor::randn(&x.conv2d(&weight, None, &options)?.shape())?;
    let (x, weight) = (
        x.requires_grad_(true)?,
        weight.detach().requires_grad_(true)?,
    );
    Ok(Some(Box::new(move || {
        x.zero_grad();
        weight.zero_grad();
        let y = x.conv2d(&weight, None, &options)?;
        y.backward_with(&g, BackwardOptions::default())?;
        Ok(Box::new(()))
    })))
}

/// `MODEL_bBATCH`
fn inference_of(name: &str) -> Result<Option<Work>> {
    let Some((model, batch)) = name.rsplit_once("_b") else {
        return Ok(None);
    };
    let (Ok(batch), true) = (batch.parse(), models::list_models().contains(&model)) else {
        return Ok(None);
    };
    let model = models::get_model(model, Weights::None)?;
    model.eval();
    let x = Tensor::randn(&[batch, 3, 224, 224])?;
    Ok(Some(inference(move || model.forward(&x))))
}

/// `MODEL_bBATCH_SIDE`; a model to be fine-tuned has ten classes, and only its head learns.
fn training_of(name: &str, is_frozen: bool) -> Result<Option<Work>> {
    let Some(((model, batch), side)) = name
        .rsplit_once('_')
        .and_then(|(rest, side)| Some((rest.rsplit_once("_b")?, side)))
    else {
        return Ok(None);
    };
    let (Ok(batch), Ok(side), true) = (
        batch.parse(),
        side.parse(),
        models::list_models().contains(&model),
    ) else {
        return Ok(None);
    };
    let classes = if is_frozen { 10 } else { 1000 };
    let options = models::ModelOptions::from(Weights::None).num_classes(classes);
    let model = models::get_model(model, options)?;
    if is_frozen {
        model.eval();
        for (name, parameter) in model.named_parameters() {
            parameter.requires_grad_(name.starts_with("fc."));
        }
    } else {
        model.train();
    }
    let learning = model
        .parameters()
        .into_iter()
        .filter(|parameter| parameter.requires_grad());
    let mut optimizer = optim::SGD::new(learning.collect::<Vec<_>>(), 1e-4).momentum(0.9);
    let x = Tensor::randn(&[batch, 3, side, side])?;
    let y = Tensor::randint(0, classes as i64, &[batch])?;
    Ok(Some(Box::new(move || {
        optimizer.zero_grad();
        F::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
        optimizer.step().expect("finite gradients");
        Ok(Box::new(()))
    })))
}

/// A hundred steps.
fn train_mlp() -> Result<Work> {
    let model = sequential![Linear::new(64, 128)?, ReLU::new(), Linear::new(128, 10)?];
    let mut optimizer = optim::SGD::new(model.parameters(), 0.01);
    let (x, y) = (Tensor::randn(&[32, 64])?, Tensor::randint(0, 10, &[32])?);
    Ok(Box::new(move || {
        for _ in 0..100 {
            optimizer.zero_grad();
            F::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
            optimizer.step().expect("finite gradients");
        }
        Ok(Box::new(()))
    }))
}
