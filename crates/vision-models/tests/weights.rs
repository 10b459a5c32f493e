use rushlight_autograd::{Array, DType, Result};
use rushlight_nn::Module;
use rushlight_serialize::{SafeTensors, StateDict, pth, safetensors};
use rushlight_vision_models::resnet::{Architecture, Block};
use rushlight_vision_models::{
    DenseNetOptions, Error, ResNet, ResNetOptions, Weights, densenet121, resnet18,
};
use std::path::{Path, PathBuf};

const SMALL: Architecture = Architecture::new(Block::Basic, [1, 1, 1, 1]);

/// A file that is gone when the test ends.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Scratch {
        let name = format!("vision-models-{}-{name}", std::process::id());
        Scratch(std::env::temp_dir().join(name))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        std::fs::remove_file(&self.0).ok();
    }
}

fn small(weights: impl Into<Weights>) -> Result<ResNet> {
    ResNet::new(SMALL, ResNetOptions::new().num_classes(4).weights(weights))
}

fn entries(model: &ResNet) -> Vec<(String, Array)> {
    let state = model.state_dict().into_iter();
    state.map(|(name, tensor)| (name, tensor.array())).collect()
}

fn save_pth(path: &Path, entries: Vec<(String, Array)>, versions: &[(&str, i64)]) {
    let versions = versions.iter().map(|(path, v)| (path.to_string(), *v));
    let state = StateDict::new(entries, versions).expect("names occur once");
    pth::save(path, &state.into()).expect("a place to write to");
}

fn assert_equal(a: &ResNet, b: &ResNet) -> Result<()> {
    for ((name, a), (_, b)) in a.state_dict().iter().zip(b.state_dict().iter()) {
        assert_eq!(
            a.double()?.to_vec::<f64>()?,
            b.double()?.to_vec::<f64>()?,
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn weights_come_from_pth_files() -> Result<()> {
    let (model, file) = (small(Weights::None)?, Scratch::new("round-trip.pth"));
    save_pth(&file.0, entries(&model), &[]);
    assert_equal(&model, &small(Weights::path(&file.0))?)
}

#[test]
fn weights_come_from_safetensors_files() -> Result<()> {
    let (model, file) = (
        small(Weights::None)?,
        Scratch::new("round-trip.safetensors"),
    );
    let tensors = entries(&model);
    let contents = SafeTensors {
        tensors,
        metadata: vec![],
    };
    safetensors::save(&file.0, &contents).expect("a place to write to");
    assert_equal(&model, &small(Weights::path(&file.0))?)
}

#[test]
fn weights_come_from_bytes() -> Result<()> {
    let (model, file) = (small(Weights::None)?, Scratch::new("bytes.pth"));
    save_pth(&file.0, entries(&model), &[]);
    let bytes = std::fs::read(&file.0).expect("just written");
    assert_equal(&model, &small(Weights::bytes(bytes))?)?;
    let error = small(Weights::bytes(*b"no weights")).map(|model| model.repr());
    let error = error.expect_err("nothing of the kind");
    assert!(matches!(Error::of(&error), Some(Error::Bytes(_))));
    Ok(())
}

#[test]
fn the_default_of_a_block_structure_is_an_error() {
    let error = small(Weights::Default).map(|model| model.repr());
    let error = error.expect_err("of no model");
    assert!(matches!(Error::of(&error), Some(Error::DefaultOfNone)));
}

#[test]
fn weights_come_from_another_model() -> Result<()> {
    let model = small(Weights::None)?;
    assert_equal(&model, &small(model.state_dict())?)
}

#[test]
fn half_precision_weights_become_single() -> Result<()> {
    let (model, file) = (small(Weights::None)?, Scratch::new("half.pth"));
    model.to(DType::F16)?;
    save_pth(&file.0, entries(&model), &[]);
    let loaded = small(Weights::path(&file.0))?;
    assert_eq!(loaded.conv1.weight.dtype(), DType::F32);
    assert_equal(&model, &loaded)
}

#[test]
fn files_from_before_batches_were_counted_load() -> Result<()> {
    let (model, file) = (small(Weights::None)?, Scratch::new("uncounted.pth"));
    let mut entries = entries(&model);
    entries.retain(|(name, _)| !name.ends_with("num_batches_tracked"));
    save_pth(&file.0, entries.clone(), &[]);
    assert_equal(&model, &small(Weights::path(&file.0))?)?;

    // A file whose norms say they count lacks something.
    save_pth(&file.0, entries, &[("bn1", 2)]);
    let error = small(Weights::path(&file.0)).map(|model| model.repr());
    let error = error.expect_err("a key is missing").to_string();
    assert!(error.contains("bn1.num_batches_tracked"), "{error}");
    assert!(
        !error.contains("layer1.0.bn1.num_batches_tracked"),
        "{error}"
    );
    Ok(())
}

#[test]
fn weights_of_another_model_are_an_error() -> Result<()> {
    let state = small(Weights::None)?.state_dict();
    let error = resnet18(state).map(|model| model.repr());
    let error = error.expect_err("another model").to_string();
    assert!(error.contains("layer1.1.conv1.weight"), "{error}");
    assert!(error.contains("fc.weight"), "{error}");
    Ok(())
}

#[test]
fn a_file_that_is_not_there_is_an_error_with_its_path() {
    let error = small(Weights::path("nowhere.pth")).map(|model| model.repr());
    let error = error.expect_err("no file");
    assert!(matches!(Error::of(&error), Some(Error::Weights { .. })));
    assert!(
        error
            .to_string()
            .starts_with("weights from \"nowhere.pth\": ")
    );
}

#[test]
fn names_with_dots_of_older_densenets_load() -> Result<()> {
    let model = densenet121(DenseNetOptions::new().num_classes(2))?;
    let older = model
        .state_dict()
        .rename(|name| match name.split_once(".denselayer") {
            Some((block, rest)) => {
                let dotted = ["norm1", "norm2", "conv1", "conv2"].iter().fold(
                    rest.to_owned(),
                    |name, &now| {
                        let (kind, number) = now.split_at(4);
                        name.replace(&format!("{now}."), &format!("{kind}.{number}."))
                    },
                );
                format!("{block}.denselayer{dotted}")
            }
            None => name.to_owned(),
        });
    assert!(older.contains_key("features.denseblock1.denselayer1.norm.1.weight"));
    // Those files are from before batches were counted.
    let older: rushlight_nn::StateDict = older
        .into_iter()
        .filter(|(name, _)| !name.ends_with("num_batches_tracked"))
        .collect();
    let loaded = densenet121(DenseNetOptions::new().num_classes(2).weights(older))?;
    let (got, expected) = (loaded.state_dict(), model.state_dict());
    for (name, expected) in expected.iter() {
        let got = got.get(name).expect("the same names");
        assert_eq!(
            got.double()?.to_vec::<f64>()?,
            expected.double()?.to_vec::<f64>()?,
            "{name}"
        );
    }
    Ok(())
}
