//! Images beside torchvision's and Pillow's; `expected/generate.py` wrote them. A program of its own: it
//! sets the seed of the process.

use rushlight_autograd::{DType, Tensor, manual_seed};
use rushlight_data::transforms::{
    CenterCrop, Compose, ImageClassification, Interpolation, Normalisation, Normalize,
    RandomHorizontalFlip, RandomResizedCrop, RandomVerticalFlip, Resampler, Resize, ToTensor,
    Transform,
};
use rushlight_data::{DataLoader, Dataset, Result, TensorDataset};
use rushlight_serialize::StateDict;
use std::sync::{LazyLock, Mutex, PoisonError};

static EXPECTED: LazyLock<StateDict> = LazyLock::new(|| {
    let bytes = include_bytes!("expected/images.pth");
    let value = rushlight_serialize::load_bytes(bytes).expect("a file of torch.save");
    StateDict::try_from(value).expect("a dict of tensors")
});

/// The generator is one for the process.
static GENERATOR: Mutex<()> = Mutex::new(());

fn expected(name: &str) -> Tensor {
    let array = EXPECTED
        .get(name)
        .unwrap_or_else(|| panic!("{name} is missing"));
    Tensor::new(array.clone())
}

fn picture() -> Tensor {
    expected("rgb.png")
}

/// The largest difference of elements.
fn difference(got: &Tensor, name: &str) -> Result<f64> {
    let expected = expected(name);
    assert_eq!(
        (got.shape(), got.dtype()),
        (expected.shape(), expected.dtype()),
        "{name}"
    );
    let difference = got.double()?.sub(&expected.double()?)?;
    Ok(difference.abs()?.max()?.item()?)
}

fn assert_equal(got: &Tensor, name: &str) -> Result<()> {
    assert_eq!(difference(got, name)?, 0.0, "{name}");
    Ok(())
}

const MODES: [(&str, Interpolation); 2] = [
    ("bilinear", Interpolation::Bilinear),
    ("bicubic", Interpolation::Bicubic),
];

fn resizes() -> Vec<(&'static str, Resize)> {
    vec![
        ("10", Resize::new(10)),
        ("40", Resize::new(40)),
        ("23", Resize::new(23)),
        ("1", Resize::new(1)),
        ("5x60", Resize::to([5, 60])),
        ("50x7", Resize::to([50, 7])),
    ]
}

#[test]
fn bytes_are_resized_to_the_bit_as_pillow_does() -> Result<()> {
    for (mode, interpolation) in MODES {
        for (size, resize) in resizes() {
            let resized = resize.interpolation(interpolation).apply(&picture())?;
            assert_equal(&resized, &format!("pillow {mode} {size}"))?;
        }
    }
    Ok(())
}

#[test]
fn bytes_are_resized_as_tensors_are() -> Result<()> {
    for (mode, interpolation) in MODES {
        for (size, resize) in resizes() {
            let resize = resize
                .resampler(Resampler::Tensor)
                .interpolation(interpolation);
            let name = format!("tensor {mode} {size}");
            // Sums of another order fall on the other side of a half now and then.
            assert!(
                difference(&resize.apply(&picture())?, &name)? <= 1.0,
                "{name}"
            );
        }
    }
    Ok(())
}

#[test]
fn floating_point_is_resized_as_tensors_are() -> Result<()> {
    let picture = ToTensor.apply(&picture())?;
    for (mode, interpolation) in MODES {
        for (size, resize) in [("10", Resize::new(10)), ("5x60", Resize::to([5, 60]))] {
            let name = format!("float {mode} {size}");
            let resized = resize.interpolation(interpolation).apply(&picture)?;
            assert!(difference(&resized, &name)? < 1e-6, "{name}");
        }
    }
    Ok(())
}

#[test]
fn batches_are_resized_image_by_image() -> Result<()> {
    let batch = Tensor::stack(&[picture(), picture().flip(&[-1])?], 0)?;
    let resized = Resize::new(10).apply(&batch)?;
    assert_equal(&resized.select(0, 0)?, "pillow bilinear 10")?;
    assert_equal(&resized.select(0, 1)?.flip(&[-1])?, "pillow bilinear 10")
}

#[test]
fn the_middle_is_cut_out_or_padded() -> Result<()> {
    for size in [16, 23, 30, 45] {
        let cut = CenterCrop::new(size).apply(&picture())?;
        assert_equal(&cut, &format!("center {size}"))?;
    }
    Ok(())
}

#[test]
fn presets_equal_torchvisions() -> Result<()> {
    for (mode, interpolation) in MODES {
        let preset = ImageClassification {
            resize_size: 32,
            crop_size: 28,
            interpolation,
            normalisation: Normalisation::IMAGENET,
        };
        let name = format!("preset {mode}");
        assert!(
            difference(&preset.apply(&picture())?, &name)? < 1e-6,
            "{name}"
        );
        let Normalisation { mean, std } = Normalisation::IMAGENET;
        let steps = Compose::new()
            .then(Resize::new(32).interpolation(interpolation))
            .then(CenterCrop::new(28))
            .then(ToTensor)
            .then(Normalize::new(mean, std));
        assert!(
            difference(&steps.apply(&picture())?, &name)? < 1e-6,
            "{name}"
        );
    }
    Ok(())
}

#[test]
fn what_is_random_equals_torchvisions_after_the_same_seed() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    manual_seed(0);
    for index in 0..4 {
        let cut = RandomResizedCrop::new(12).apply(&picture())?;
        assert_equal(&cut, &format!("random crop {index}"))?;
    }
    let wide = RandomResizedCrop::to([4, 12])
        .scale([0.9, 1.0])
        .ratio([3.0, 4.0]);
    assert_equal(&wide.apply(&picture())?, "wide crop")?;
    let flip = Compose::new()
        .then(RandomHorizontalFlip::default())
        .then(RandomVerticalFlip::new(0.3));
    for index in 0..6 {
        assert_equal(&flip.apply(&picture())?, &format!("random flip {index}"))?;
    }
    Ok(())
}

#[test]
fn what_is_random_in_workers_does_not_depend_on_their_number() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let images = Tensor::stack(&vec![picture(); 12], 0)?;
    let dataset = TensorDataset::new((images, Tensor::arange(0, 12, 1)?))?;
    let passes = |workers: usize| -> Result<Vec<Vec<u8>>> {
        manual_seed(3);
        let dataset = dataset.clone().transform(RandomResizedCrop::new(8));
        let loader = DataLoader::new(dataset).batch_size(2).num_workers(workers);
        let batches = (0..2).flat_map(|_| loader.iter().collect::<Vec<_>>());
        batches.map(|batch| Ok(batch?.0.to_vec::<u8>()?)).collect()
    };
    let one = passes(1)?;
    assert_eq!(one, passes(3)?);
    assert_ne!(one[0], one[1]);
    assert_ne!(one[..6], one[6..]);
    Ok(())
}

#[test]
fn a_function_is_a_transform() -> Result<()> {
    let invert = |image: &Tensor| -> Result<Tensor> { Ok(image.neg()?.add(255)?) };
    let inverted = Compose::new().then(invert).then(invert).apply(&picture())?;
    assert_equal(&inverted, "rgb.png")
}

#[test]
fn mistakes_are_errors() -> Result<()> {
    let (image, flat) = (picture(), Tensor::arange(0, 3, 1)?);
    let empty = Tensor::zeros(&[3, 0, 4])?;
    let transforms: [&dyn Transform; 7] = [
        &Resize::new(0),
        &Resize::to([4, 0]),
        &Resize::new(usize::MAX),
        &RandomResizedCrop::new(4).scale([2.0, 1.0]),
        &RandomResizedCrop::new(4).ratio([0.0, f64::NAN]),
        &CenterCrop::new(usize::MAX),
        &Normalize::new([0.5], [0.5]),
    ];
    for (index, transform) in transforms.iter().enumerate() {
        assert!(transform.apply(&image).is_err(), "{index}");
        assert!(transform.apply(&flat).is_err(), "{index}");
    }
    let floats = ToTensor.apply(&image)?;
    for (mean, std) in [
        (vec![], vec![]),
        (vec![0.5; 2], vec![0.5; 2]),
        (vec![0.5; 3], vec![0.0; 3]),
    ] {
        assert!(Normalize::new(mean, std).apply(&floats).is_err());
    }
    for transform in [
        &Resize::new(4) as &dyn Transform,
        &RandomResizedCrop::new(4),
    ] {
        assert!(transform.apply(&empty).is_err());
        assert!(transform.apply(&flat.view(&[1, 3])?).is_err());
    }
    assert!(ToTensor.apply(&image.to_dtype(DType::I64)?).is_err());
    Ok(())
}
