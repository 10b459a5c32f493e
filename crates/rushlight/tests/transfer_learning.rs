//! What `docs/transfer-learning.md` says compiles and runs: every piece of code in it stands here, and a
//! test compares the two.

use rushlight::Result;
use rushlight::prelude::*;

const DOCUMENT: &str = include_str!("../../../docs/transfer-learning.md");
const SOURCE: &str = include_str!("transfer_learning.rs");

#[test]
fn the_guide_shows_code_of_this_file() {
    // Without spaces, and without the commas that only stand at the end of a line.
    let squeezed = |text: &str| {
        let text: String = text.split_whitespace().collect();
        text.replace(",}", "}")
            .replace(",)", ")")
            .replace(",]", "]")
    };
    let source = squeezed(SOURCE);
    let blocks = DOCUMENT.split("```rust\n").skip(1);
    let blocks: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    let missing = blocks
        .iter()
        .filter(|block| !source.contains(&squeezed(block)));
    assert_eq!(missing.collect::<Vec<_>>(), [&""; 0]);
    assert!(blocks.len() >= 18, "{}", blocks.len());
}

/// A folder for what is saved, gone when the test ends.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).ok();
    }
}

fn values(tensor: &Tensor) -> Vec<u8> {
    tensor.to_bytes().expect("on the CPU")
}

/// Files that are not there are not read: this only has to compile.
#[allow(unused_variables, reason = "each line is one of several ways")]
fn ways_to_load() -> Result<models::ResNet> {
    let resnet = models::resnet18(models::ResNet18Weights::Imagenet1kV1)?;
    let resnet = models::resnet18(Weights::Default)?;
    let resnet = models::resnet18(Weights::path("resnet18-f37072fd.pth"))?;
    let resnet = models::resnet18(Weights::None)?;
    Ok(resnet)
}

#[test]
fn what_belongs_to_weights() -> Result<()> {
    let _compiled = ways_to_load;
    let photograph = Tensor::from_vec(vec![128_u8; 3 * 250 * 300], &[3, 250, 300])?;
    let weights = models::ResNet18Weights::DEFAULT;
    let input = weights.transforms().apply(&photograph)?;
    let categories = weights.meta().categories().unwrap();
    assert_eq!(
        (input.shape().to_vec(), categories.len()),
        (vec![3, 224, 224], 1000)
    );
    Ok(())
}

#[test]
fn images_are_never_twice_the_same() -> Result<()> {
    let image = Tensor::arange(0, 3 * 40 * 50, 1)?.remainder(256)?;
    let image = image.to_dtype(DType::U8)?.view(&[3, 40, 50])?;
    let photographs = vec![(image, 7_i64); 4];
    let steps = transforms::Compose::new()
        .then(transforms::RandomResizedCrop::new(224))
        .then(transforms::RandomHorizontalFlip::default())
        .then(transforms::TrivialAugmentWide::new())
        .then(transforms::ToTensor)
        .then(transforms::Normalize::new(
            [0.485, 0.456, 0.406],
            [0.229, 0.224, 0.225],
        ));
    let loader = DataLoader::new(photographs.transform(steps))
        .batch_size(2)
        .num_workers(2);
    let batches: Vec<_> = loader.iter().collect::<std::result::Result<_, _>>()?;
    let [(first, labels), (second, _)] = &batches[..] else {
        panic!("two batches");
    };
    assert_eq!(
        (first.shape().to_vec(), labels.to_vec::<i64>()?),
        (vec![2, 3, 224, 224], vec![7; 2])
    );
    assert!(values(first) != values(second));
    Ok(())
}

#[test]
fn looking_inside() -> Result<()> {
    let resnet = models::resnet18(Weights::None)?;
    println!("{resnet}");
    println!("{}", resnet.fc);
    for (name, parameter) in resnet.named_parameters() {
        println!("{name} {} {}", parameter.shape(), parameter.requires_grad());
    }
    let keys: Vec<_> = resnet.state_dict().keys().map(str::to_owned).collect();
    assert_eq!(keys.len(), 122);
    Ok(())
}

#[test]
fn heads_are_replaced() -> Result<()> {
    let mut resnet18 = models::resnet18(Weights::None)?;
    resnet18.fc = Linear::new(resnet18.fc.in_features, 10)?;
    resnet18.eval();
    assert_eq!(
        resnet18.forward(&Tensor::rand(&[1, 3, 32, 32])?)?.shape(),
        [1, 10]
    );
    Ok(())
}

#[test]
fn classifiers_of_vgg16_are_changed() -> Result<()> {
    let before = models::vgg16(Weights::None)?.classifier.repr();
    assert!(before.ends_with("(6): Linear(in_features=4096, out_features=1000, bias=True)\n)"));
    {
        let mut vgg16 = models::vgg16(Weights::None)?;
        vgg16.classifier.set(6, Linear::new(4096, 10)?)?;
        assert_eq!(
            vgg16.get_parameter("classifier.6.weight")?.shape(),
            [10, 4096]
        );
        let printed = vgg16.classifier.repr();
        assert!(printed.ends_with("(6): Linear(in_features=4096, out_features=10, bias=True)\n)"));
    }
    {
        let mut vgg16 = models::vgg16(Weights::None)?;
        vgg16
            .classifier
            .add_module("add_linear", Linear::new(1000, 10)?)?;
        println!("{}", vgg16.classifier);
        assert!(
            vgg16
                .state_dict()
                .contains_key("classifier.add_linear.weight")
        );
        let printed = vgg16.classifier.repr();
        let last = "(add_linear): Linear(in_features=1000, out_features=10, bias=True)\n)";
        assert!(printed.ends_with(last), "{printed}");
    }
    let mut vgg16 = models::vgg16(Weights::None)?;
    vgg16.avgpool = AdaptiveAvgPool2d::new([1, 1]);
    vgg16.classifier = sequential![
        Linear::new(512, 512)?,
        ReLU::new(),
        Dropout::new(0.5)?,
        Linear::new(512, 10)?
    ];
    assert_eq!(
        vgg16.forward(&Tensor::rand(&[2, 3, 32, 32])?)?.shape(),
        [2, 10]
    );
    Ok(())
}

/// A loader of images and labels.
type Loader = DataLoader<TensorDataset, (Tensor, Tensor)>;

/// Two batches.
fn batches() -> Result<Loader> {
    let examples = (
        Tensor::rand(&[8, 3, 32, 32])?,
        Tensor::randint(0, 10, &[8])?,
    );
    Ok(DataLoader::new(TensorDataset::new(examples)?).batch_size(4))
}

#[test]
fn the_three_ways() -> Result<()> {
    let loader = batches()?;
    let images = Tensor::rand(&[2, 3, 32, 32])?;
    let mut model = models::resnet18(Weights::None)?;
    model.requires_grad_(false);
    model.fc = Linear::new(512, 10)?;
    let mut optimizer = optim::Adam::new(model.fc.parameters(), 1e-3);
    let frozen = values(&model.layer4.parameters()[0]);
    let head = values(&model.fc.weight);
    train(&model, &loader, &mut optimizer)?;
    assert!(values(&model.layer4.parameters()[0]) == frozen && values(&model.fc.weight) != head);
    assert_eq!(model.parameters_without_grad(), [""; 0]);
    let graphs = model
        .named_parameters()
        .iter()
        .filter(|(_, p)| p.grad().is_some())
        .count();
    assert_eq!(graphs, 2);

    for (name, parameter) in model.named_parameters() {
        let trains = name.starts_with("layer4") || name.starts_with("fc");
        parameter.requires_grad_(trains);
    }
    let first = values(&model.conv1.weight);
    let mut all = optim::SGD::new(model.parameters(), 0.1);
    train(&model, &loader, &mut all)?;
    assert!(
        values(&model.layer4.parameters()[0]) != frozen && values(&model.conv1.weight) == first
    );

    model.requires_grad_(true);
    let backbone = model
        .named_parameters()
        .into_iter()
        .filter(|(name, _)| !name.starts_with("fc."));
    let mut optimizer = optim::SGD::with_groups([
        optim::ParamGroup::new(backbone.map(|(_, parameter)| parameter)).lr(1e-3),
        optim::ParamGroup::new(model.fc.parameters()).lr(1e-2),
    ])
    .momentum(0.9);
    train(&model, &loader, &mut optimizer)?;
    assert!(values(&model.conv1.weight) != first);

    let mobilenet = models::mobilenet_v2(Weights::None)?;
    mobilenet.eval();
    let backbone = || mobilenet.features.forward(&images);
    let features = no_grad(backbone)?.mean_dim(&[2, 3], false)?;
    let logits = mobilenet.classifier.forward(&features)?;
    let whole = mobilenet.forward(&images)?;
    assert!(logits.allclose(&whole, Default::default())? && logits.requires_grad());
    Ok(())
}

fn train(model: &models::ResNet, loader: &Loader, optimizer: &mut dyn Optimizer) -> Result<()> {
    model.train();
    for batch in loader {
        let (images, labels) = batch?;
        optimizer.zero_grad();
        let loss = F::cross_entropy(&model.forward(&images)?, &labels)?;
        loss.backward()?;
        optimizer.step()?;
    }
    Ok(())
}

#[test]
fn a_training_loop() -> Result<()> {
    let loader = batches()?;
    let model = models::resnet18(models::ModelOptions::new().num_classes(10))?;
    let mut optimizer = optim::SGD::new(model.parameters(), 1e-3);
    model.train();
    for batch in &loader {
        let (images, labels) = batch?;
        optimizer.zero_grad();
        let loss = F::cross_entropy(&model.forward(&images)?, &labels)?;
        loss.backward()?;
        optimizer.step()?;
    }
    let (images, labels) = loader.iter().next().expect("there is one")?;
    model.eval();
    let predicted = no_grad(|| model.forward(&images))?.argmax_dim(1, false)?;
    let accuracy = predicted.eq(&labels)?.float()?.mean()?.item()?;
    assert!((0.0..=1.0).contains(&accuracy));
    Ok(())
}

#[test]
fn frozen_batch_normalisation_keeps_its_statistics() -> Result<()> {
    let model = models::resnet18(Weights::None)?;
    let statistics = |name: &str| values(model.state_dict().get(name).expect("it is there"));
    let images = Tensor::rand(&[2, 3, 32, 32])?;
    // Without gradients the statistics still move.
    model.requires_grad_(false);
    let before = statistics("bn1.running_mean");
    model.forward(&images)?;
    assert!(statistics("bn1.running_mean") != before);

    model.requires_grad_(true);
    model.freeze("*bn*")?;
    model.freeze("layer[1-3]")?;
    model.train();
    assert!(!model.bn1.is_training() && model.layer4.is_training());
    model.unfreeze("*")?;

    let names = [
        "bn1.running_mean",
        "layer2.0.downsample.1.running_var",
        "layer4.0.bn1.running_mean",
    ];
    model.freeze("bn1")?;
    model.freeze("layer[2-4]")?;
    let before = names.map(statistics);
    model.forward(&images)?;
    assert!(names.map(statistics) == before);
    model.unfreeze("*")?;
    model.forward(&images)?;
    assert!(names.map(statistics) != before);
    Ok(())
}

#[test]
fn what_was_learned_is_saved() -> Result<()> {
    let folder = std::env::temp_dir().join(format!("rushlight-transfer-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a place to write to");
    let folder = Folder(folder);
    std::env::set_current_dir(&folder.0).expect("just made");
    let mut model = models::resnet18(Weights::None)?;
    serialize::save_state(&model.state_dict(), "fine-tuned.safetensors")?;
    model.load_state_dict(&serialize::load_state("fine-tuned.safetensors")?, true)?;
    model.fc = Linear::new(512, 10)?;
    let state = serialize::load_state("fine-tuned.safetensors")?;
    let backbone: StateDict = state
        .into_iter()
        .filter(|(name, _)| !name.starts_with("fc."))
        .collect();
    let keys = model.load_state_dict(&backbone, false)?;
    assert_eq!(keys.missing_keys, ["fc.weight", "fc.bias"]);
    std::env::set_current_dir(env!("CARGO_MANIFEST_DIR")).expect("it is there");
    Ok(())
}

/// How much longer a step takes that trains the head of a frozen ResNet-18 than a prediction does.
#[test]
#[ignore = "measures time"]
fn a_frozen_backbone_costs_little() -> Result<()> {
    let mut model = models::resnet18(Weights::None)?;
    model.requires_grad_(false);
    model.fc = Linear::new(512, 10)?;
    model.eval();
    let (images, labels) = (
        Tensor::rand(&[16, 3, 224, 224])?,
        Tensor::randint(0, 10, &[16])?,
    );
    let mut optimizer = optim::SGD::new(model.fc.parameters(), 0.01);
    let mut ratios = Vec::new();
    for round in 0..9 {
        let start = std::time::Instant::now();
        no_grad(|| model.forward(&images))?;
        let prediction = start.elapsed().as_secs_f64();
        let start = std::time::Instant::now();
        optimizer.zero_grad();
        F::cross_entropy(&model.forward(&images)?, &labels)?.backward()?;
        optimizer.step()?;
        let step = start.elapsed().as_secs_f64();
        println!("round {round}: prediction {prediction:.3} s, step {step:.3} s");
        ratios.push(step / prediction);
    }
    ratios.sort_by(f64::total_cmp);
    println!("median ratio {:.3}", ratios[4]);
    assert!(ratios[4] < 1.15, "{ratios:?}");
    Ok(())
}
