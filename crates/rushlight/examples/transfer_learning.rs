//! Transfer learning: a network that knows the digits 0-4 learns 5-9 from a few images.
//!
//! `cargo run --release --example transfer_learning`, and on a GPU
//! `cargo run --release --features cuda --example transfer_learning -- --device cuda`

use indicatif::{ProgressBar, ProgressStyle};
use rushlight::prelude::*;
use rushlight::{Result, nn};
use std::process::ExitCode;

const FEW: usize = 3; // images of each new digit
const SEEDS: u64 = 5;

/// Epochs of the teacher, of the new head, and of fine-tuning.
const EPOCHS: [u64; 3] = [15, 60, 100];

/// Convolutions that see strokes, and a head that names digits.
#[derive(Module, Debug)]
struct Network {
    features: Sequential,
    head: Linear,
}

impl Network {
    fn new(device: Device) -> Result<Network> {
        let features = sequential![
            Conv2d::builder(1, 16, 3).padding(1).build()?,
            BatchNorm2d::new(16)?,
            ReLU::new(),
            Conv2d::builder(16, 32, 3).padding(1).build()?,
            BatchNorm2d::new(32)?,
            ReLU::new(),
            MaxPool2d::new(2), // 4 x 4
            Conv2d::builder(32, 32, 3).padding(1).build()?,
            ReLU::new(),
            MaxPool2d::new(2), // 2 x 2
            Flatten::new(),
        ];
        let head = Linear::new(32 * 2 * 2, 5)?;
        let network = Network { features, head };
        network.to_device(device)?;
        Ok(network)
    }
}

impl Forward for Network {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        self.head.forward(&self.features.forward(x)?)
    }
}

/// Images and labels.
pub type Examples = (Tensor, Tensor);

/// The examples at the given positions, with labels counted from 0.
pub fn pick((images, labels): &Examples, positions: &[usize], first: i64) -> Result<Examples> {
    let index: Vec<i64> = positions.iter().map(|&at| at as i64).collect();
    let index = Tensor::from_vec(index, &[positions.len()])?.to_device(images.device())?;
    Ok((
        images.index_select(0, &index)?,
        (labels.index_select(0, &index)? - first)?,
    ))
}

/// Trains the parameters that require a gradient; the bar moves once per epoch.
fn train(
    model: &Network,
    examples: &Examples,
    epochs: u64,
    lr: f64,
    bar: &ProgressBar,
) -> Result<f64> {
    let batch = examples.1.numel().min(32);
    let loader = DataLoader::new(TensorDataset::new(examples.clone())?)
        .batch_size(batch)
        .shuffle(true);
    let mut optimizer = optim::AdamW::new(model.parameters(), lr);
    let mut schedule = optim::CosineAnnealingLR::new(epochs).attach(&mut optimizer)?;
    let mut last = 0.0;
    for _ in 0..epochs {
        for batch in &loader {
            let (images, labels) = batch?;
            optimizer.zero_grad();
            let loss = F::cross_entropy(&model.forward(&images)?, &labels)?;
            loss.backward()?;
            optimizer.step()?;
            last = loss.item()?;
        }
        schedule.step(&mut optimizer)?;
        bar.inc(1);
        bar.set_message(format!("loss {last:.4}"));
    }
    Ok(last)
}

fn accuracy(model: &Network, (images, labels): &Examples) -> Result<f64> {
    model.eval();
    let predicted = no_grad(|| model.forward(images))?.argmax_dim(1, false)?;
    Ok(100.0 * predicted.eq(labels)?.sum()?.item()? / labels.numel() as f64)
}

/// Accuracies of one run: only the head trained, then fine-tuned, and trained from scratch.
pub fn run(seed: u64, digits: &Examples, epochs: [u64; 3], explain: bool) -> Result<[f64; 3]> {
    manual_seed(seed);
    let device = digits.0.device();
    let [teaching, transferring, tuning] = epochs;
    let order = Tensor::randperm(digits.1.numel())?.to_vec::<i64>()?;
    let labels = digits.1.to_vec::<i64>()?;
    let of = |wanted: std::ops::Range<i64>| -> Vec<usize> {
        order
            .iter()
            .map(|&at| at as usize)
            .filter(|&at| wanted.contains(&labels[at]))
            .collect()
    };
    let known = pick(digits, &of(0..5), 0)?;
    let mut few = Vec::new();
    let mut rest = Vec::new();
    for digit in 5..10 {
        let all = of(digit..digit + 1);
        few.extend_from_slice(&all[..FEW]);
        rest.extend_from_slice(&all[FEW..]);
    }
    let (few, test) = (pick(digits, &few, 5)?, pick(digits, &rest, 5)?);
    let bar =
        ProgressBar::new(teaching + transferring + 2 * tuning).with_prefix(format!("seed {seed}"));
    bar.set_style(
        ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {msg}").expect("valid"),
    );

    // Learn the digits 0-4, and save what was learned.
    let teacher = Network::new(device)?;
    train(&teacher, &known, teaching, 3e-3, &bar)?;
    let path =
        std::env::temp_dir().join(format!("digits-{}-{seed}.safetensors", std::process::id()));
    serialize::save_state(&teacher.state_dict(), &path)?;

    // Load it into a new model, freeze everything but the head, and replace the head.
    let mut model = Network::new(device)?;
    model.load_state_dict(&serialize::load_state(&path)?, true)?;
    std::fs::remove_file(&path).expect("our own file");
    for (name, parameter) in model.named_parameters() {
        if !name.starts_with("head") {
            parameter.requires_grad_(false);
        }
    }
    model.head = Linear::builder(32 * 2 * 2, 5).device(device).build()?;
    if explain {
        bar.suspend(|| describe(&model));
    }
    model.eval(); // the running statistics are frozen, too
    let frozen: Vec<Vec<u8>> = values(&model.features)?;
    train(&model, &few, transferring, 1e-2, &bar)?;
    let transfer = accuracy(&model, &test)?;

    // Frozen means: the same to the bit, no gradient, and no graph.
    assert!(values(&model.features)? == frozen, "a frozen value changed");
    assert!(
        model
            .features
            .parameters()
            .iter()
            .all(|parameter| parameter.grad().is_none())
    );
    assert!(
        !model.features.forward(&few.0)?.requires_grad(),
        "frozen layers recorded a graph"
    );

    // Unfreeze, and fine-tune everything, gently.
    model.requires_grad_(true);
    model.train();
    train(&model, &few, tuning, 1e-3, &bar)?;
    let tuned = accuracy(&model, &test)?;

    // The same network and images, from scratch.
    let scratch = Network::new(device)?;
    train(&scratch, &few, tuning, 3e-3, &bar)?;
    let from_scratch = accuracy(&scratch, &test)?;
    bar.finish_and_clear();
    Ok([transfer, tuned, from_scratch])
}

/// The values of all parameters and buffers.
fn values(module: &dyn Module) -> Result<Vec<Vec<u8>>> {
    Ok(module
        .state_dict()
        .values()
        .map(Tensor::to_bytes)
        .collect::<nn::Result<_>>()?)
}

fn describe(model: &Network) {
    println!("{model}");
    for (name, parameter) in model.named_parameters() {
        let state = if parameter.requires_grad() {
            "trains"
        } else {
            "frozen"
        };
        println!("{state}  {name:20} {}", parameter.shape());
    }
}

/// The device that follows `--device`; the CPU without it.
fn chosen_device() -> Result<Device> {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--device");
    match arguments.nth(1) {
        Some(name) => Ok(name.parse::<Device>()?),
        None => Ok(Device::Cpu),
    }
}

fn main() -> ExitCode {
    match chosen_device().and_then(compare) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn compare(device: Device) -> Result<()> {
    let (images, labels) = digits()?.tensors().clone();
    let digits = (images.to_device(device)?, labels.to_device(device)?);
    let mut runs = Vec::new();
    for seed in 0..SEEDS {
        runs.push(run(seed, &digits, EPOCHS, seed == 0)?);
    }
    println!("\ntest accuracy on the digits 5-9 after {FEW} images of each, {SEEDS} seeds");
    println!("{:14} {:>8} {:>8}", "", "mean", "spread");
    let mut means = [0.0; 3];
    for (column, name) in ["transfer", "fine-tuned", "from scratch"]
        .into_iter()
        .enumerate()
    {
        let of: Vec<f64> = runs.iter().map(|run| run[column]).collect();
        let mean = of.iter().sum::<f64>() / of.len() as f64;
        let variance = of.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (of.len() - 1) as f64;
        println!("{name:14} {mean:6.1} % {:6.1} %", variance.sqrt());
        means[column] = mean;
    }
    println!("test accuracy after fine-tuning: {:.1} %", means[1]);
    Ok(())
}
