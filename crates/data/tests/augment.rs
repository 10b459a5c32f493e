//! Random transforms beside torchvision's after the same seeds; `expected/augment.py` wrote them. A
//! program of its own: it sets the seed of the process.

use rushlight_autograd::{DType, Tensor, manual_seed, tensor};
use rushlight_data::transforms::*;
use rushlight_data::{Collate, DataLoader, Dataset, Result, TensorDataset};
use rushlight_serialize::Value;
use std::sync::{LazyLock, Mutex, PoisonError};

/// Every so many bytes and numbers of floating point are kept.
const BYTES: usize = 5;
const FLOATS: usize = 13;

static EXPECTED: LazyLock<Value> = LazyLock::new(|| {
    let bytes = include_bytes!("expected/augmented.pth");
    rushlight_serialize::load_bytes(bytes).expect("a file of torch.save")
});

/// The generator is one for the process.
static GENERATOR: Mutex<()> = Mutex::new(());

/// The tensor of a name, and where it lies in that of its dtype.
fn expected(part: &str, name: &str) -> Tensor {
    let entry = EXPECTED.get("places").and_then(|places| places.get(name));
    let entry = entry
        .and_then(Value::items)
        .unwrap_or_else(|| panic!("{name} is missing"));
    let number = |value: &Value| value.as_i64().expect("a number");
    let shape: Vec<isize> = sizes(&entry[0])
        .into_iter()
        .map(|size| size as isize)
        .collect();
    let all = EXPECTED
        .get(part)
        .and_then(Value::as_tensor)
        .expect("a tensor");
    let length = shape.iter().product::<isize>() as usize;
    let flat = Tensor::new(all.array.clone()).narrow(0, number(&entry[1]), length);
    flat.and_then(|flat| flat.reshape(&shape))
        .expect("it is there")
}

/// The numbers of a list.
fn sizes(list: &Value) -> Vec<usize> {
    let items = list.items().expect("a list").iter();
    items
        .map(|size| size.as_i64().expect("a number") as usize)
        .collect()
}

/// The shape of a result of bytes, all of which are not kept.
fn shape(name: &str) -> Vec<usize> {
    let shape = EXPECTED.get("shapes").and_then(|shapes| shapes.get(name));
    sizes(shape.expect("it is there"))
}

fn picture() -> Tensor {
    expected("bytes", "image")
}

/// Every thirteenth element, and what is drawn next.
fn sample(image: &Tensor) -> Result<Vec<f32>> {
    let next = Tensor::rand(&[1])?.to_vec::<f32>()?;
    let kept = image.contiguous()?.to_vec::<f32>()?;
    Ok(kept.into_iter().step_by(FLOATS).chain(next).collect())
}

fn assert_near(got: &[f32], name: &str) -> Result<()> {
    let expected = expected("floats", name).to_vec::<f32>()?;
    assert_eq!(got.len(), expected.len(), "{name}");
    for (at, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!(
            (got - expected).abs() < 2e-5,
            "{name} at {at}: {got} and {expected}"
        );
    }
    Ok(())
}

type Case = (&'static str, Box<dyn Transform>, u64);

fn case(name: &'static str, transform: impl Transform + 'static, seeds: u64) -> Case {
    (name, Box::new(transform), seeds)
}

/// A function of an image and a number as a transform.
fn by(function: fn(&Tensor, f64) -> Result<Tensor>, x: f64) -> impl Transform {
    move |image: &Tensor| function(image, x)
}

const CORNERS: Corners = [[0.0, 0.0], [19.0, 0.0], [19.0, 15.0], [0.0, 15.0]];
const MOVED: Corners = [[2.0, 1.0], [17.0, 3.0], [18.0, 14.0], [1.0, 12.0]];

fn colors() -> Vec<Case> {
    let jitter = ColorJitter::new().brightness(0.4).contrast([0.5, 1.4]);
    vec![
        case("brightness", by(adjust_brightness, 1.3), 1),
        case("darkness", by(adjust_brightness, 0.37), 1),
        case("contrast", by(adjust_contrast, 1.7), 1),
        case("saturation", by(adjust_saturation, 0.6), 1),
        case("saturated", by(adjust_saturation, 1.7), 1),
        case("hue", by(adjust_hue, 0.3), 1),
        case("hue back", by(adjust_hue, -0.45), 1),
        case("sharpness", by(adjust_sharpness, 1.9), 1),
        case("softness", by(adjust_sharpness, 0.3), 1),
        case("autocontrast", autocontrast, 1),
        case("equalize", equalize, 1),
        case("grey", Grayscale::new(3), 1),
        case("one grey", Grayscale::default(), 1),
        case("jitter", jitter.saturation(0.6).hue(0.2), 4),
        case("brightness jitter", ColorJitter::new().brightness(2.0), 1),
        case("random grey", RandomGrayscale::new(0.5), 2),
        case("invert", RandomInvert::default(), 2),
        case("posterize", RandomPosterize::new(3).p(0.7), 2),
        case("solarize", RandomSolarize::new(0.4).p(0.7), 2),
        case("random sharpness", RandomAdjustSharpness::new(2.0), 2),
        case("random autocontrast", RandomAutocontrast::default(), 2),
        case("random equalize", RandomEqualize::default(), 2),
        case(
            "blur",
            |image: &Tensor| gaussian_blur(image, [5, 3], [0.8, 1.7]),
            1,
        ),
        case("random blur", GaussianBlur::new(7).sigma([0.3, 3.0]), 2),
        case(
            "sometimes",
            RandomApply::new(GaussianBlur::new(3)).p(0.6),
            3,
        ),
    ]
}

fn nearest_size(size: [usize; 2]) -> Resize {
    let resize = Resize::to(size).interpolation(Interpolation::Nearest);
    resize.resampler(Resampler::Tensor)
}

fn shapes() -> Vec<Case> {
    use Interpolation::{Bilinear, Nearest};
    let turned = Affine {
        angle: 20.0,
        translate: [2.0, -1.0],
        scale: 1.2,
        shear: [5.0, -3.0],
        ..Affine::default()
    };
    let shifted = Affine {
        angle: -50.0,
        translate: [0.0, 3.0],
        scale: 0.8,
        shear: [10.0, 4.0],
        interpolation: Bilinear,
        fill: vec![9.0, 0.5, 0.2],
        center: Some([4.0, 5.0]),
    };
    let whole = Rotation {
        expand: true,
        ..Rotation::default()
    };
    let smooth = Rotation {
        interpolation: Bilinear,
        fill: vec![0.5],
        ..whole.clone()
    };
    let quarter = whole.clone();
    let expanded = RandomRotation::new([10.0, 80.0])
        .interpolation(Bilinear)
        .expand(true);
    let affine_of = RandomAffine::new(30.0)
        .translate([0.1, 0.3])
        .scale([0.5, 1.5]);
    let sheared = RandomAffine::new([5.0, 90.0])
        .scale([0.5, 1.5])
        .shear([-5.0, 20.0]);
    let nearest = RandomPerspective::new(0.3).p(1.0).interpolation(Nearest);
    let erasing = RandomErasing::new(1.0).scale([0.1, 0.9]).ratio([0.5, 4.0]);
    let seen = |image: &Tensor| perspective(image, CORNERS, MOVED, Bilinear, &[]);
    let margins = |mode| Pad::new([1, 2, 3, 4]).padding_mode(mode);
    let crop = RandomCrop::to([16, 20])
        .padding([3, 2])
        .padding_mode(PaddingMode::Reflect);
    vec![
        case("affine", move |image: &Tensor| affine(image, &turned), 1),
        case(
            "affine bilinear",
            move |image: &Tensor| affine(image, &shifted),
            1,
        ),
        case(
            "rotate",
            move |image: &Tensor| rotate(image, 33.0, &whole),
            1,
        ),
        case(
            "rotate bilinear",
            move |image: &Tensor| rotate(image, -71.5, &smooth),
            1,
        ),
        case(
            "quarter",
            move |image: &Tensor| rotate(image, 90.0, &quarter),
            1,
        ),
        case(
            "quarter in place",
            |image: &Tensor| rotate(image, 90.0, &Rotation::default()),
            1,
        ),
        case("perspective", seen, 1),
        case("smaller", nearest_size([7, 11]), 1),
        case("larger", nearest_size([23, 40]), 1),
        case("pad", Pad::new([1, 2]).fill([200.0, 1.0, 0.0]), 1),
        case("pad edge", margins(PaddingMode::Edge), 1),
        case("pad reflect", margins(PaddingMode::Reflect), 1),
        case("pad symmetric", margins(PaddingMode::Symmetric), 1),
        case("rotation", RandomRotation::new(40.0).fill([7.0]), 3),
        case("rotation expanded", expanded.fill([0.1, 0.2, 5.0]), 3),
        case(
            "rotation around",
            RandomRotation::new(180.0).center([3.0, 4.0]),
            2,
        ),
        case("random affine", affine_of.shear(10.0).fill([3.0]), 3),
        case(
            "random affine bilinear",
            sheared.shear_y([0.0, 9.0]).interpolation(Bilinear),
            3,
        ),
        case("random perspective", RandomPerspective::new(0.6).p(0.8), 3),
        case("random perspective nearest", nearest.fill([4.0]), 2),
        case("erasing", RandomErasing::new(0.8), 4),
        case("erasing colour", erasing.value([0.1, 0.2, 0.9]), 3),
        case("erasing noise", RandomErasing::new(1.0).random_value(), 2),
        case("random crop", crop, 2),
        case(
            "random crop padded",
            RandomCrop::new(18).pad_if_needed(true).fill([0.25]),
            2,
        ),
    ]
}

fn policies() -> Vec<Case> {
    use Interpolation::Bilinear;
    let smooth = AutoAugment::new(AutoAugmentPolicy::Cifar10).interpolation(Bilinear);
    let strong = RandAugment::new()
        .num_ops(3)
        .magnitude(8)
        .num_magnitude_bins(10);
    let strong = strong.interpolation(Bilinear).fill([0.2, 0.4, 0.6]);
    let deep = AugMix::new()
        .severity(8)
        .mixture_width(2)
        .chain_depth(3)
        .alpha(0.6);
    vec![
        case("auto imagenet", AutoAugment::default(), 14),
        case("auto cifar10", smooth.fill([0.5]), 14),
        case("auto svhn", AutoAugment::new(AutoAugmentPolicy::Svhn), 14),
        case("rand augment", RandAugment::new(), 14),
        case("rand augment strong", strong, 8),
        case("trivial augment", TrivialAugmentWide::new(), 16),
        case("augmix", AugMix::new(), 6),
        case("augmix deep", deep.all_ops(false), 4),
    ]
}

fn all() -> Vec<Case> {
    [colors(), shapes(), policies()]
        .into_iter()
        .flatten()
        .collect()
}

/// Bytes to the bit, floating point nearly, and the same numbers drawn.
fn assert_equal(cases: Vec<Case>) -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let (bytes, floats) = (picture(), ToTensor.apply(&picture())?);
    for (name, transform, seeds) in cases {
        for seed in 0..seeds {
            let name = format!("{name} {seed}");
            manual_seed(seed);
            let got = transform.apply(&bytes)?;
            assert_eq!(
                (got.shape().to_vec(), got.dtype()),
                (shape(&name), DType::U8),
                "{name}"
            );
            let got = got.contiguous()?.to_vec::<u8>()?.into_iter().step_by(BYTES);
            let expected = expected("bytes", &name).to_vec::<u8>()?;
            let differ = got.zip(expected).filter(|(got, expected)| got != expected);
            assert_eq!(differ.collect::<Vec<_>>(), [], "{name}");
            manual_seed(seed);
            let got = transform.apply(&floats)?;
            assert_near(&sample(&got)?, &format!("{name} float"))?;
        }
    }
    Ok(())
}

#[test]
fn colours_and_sharpness_equal_torchvisions() -> Result<()> {
    assert_equal(colors())
}

#[test]
fn shapes_and_margins_equal_torchvisions() -> Result<()> {
    assert_equal(shapes())
}

#[test]
fn policies_equal_torchvisions() -> Result<()> {
    assert_equal(policies())
}

#[test]
fn mixed_batches_equal_torchvisions() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let image = ToTensor.apply(&picture())?;
    let batch = Tensor::stack(&[image.clone(), image.flip(&[-1])?, image.flip(&[-2])?], 0)?;
    let labels = tensor([2, 0, 3])?;
    type Mix = Box<dyn Fn(&Tensor, &Tensor) -> Result<(Tensor, Tensor)>>;
    let mix = |alpha| -> Mix { Box::new(move |x, y| MixUp::new(4).alpha(alpha).apply(x, y)) };
    let cut = |alpha| -> Mix { Box::new(move |x, y| CutMix::new(4).alpha(alpha).apply(x, y)) };
    let cases = [
        ("mix", mix(1.0)),
        ("mix little", mix(0.2)),
        ("cut", cut(1.0)),
        ("cut more", cut(3.0)),
    ];
    for (name, mixer) in cases {
        for seed in 0..3 {
            manual_seed(seed);
            let (images, shares) = mixer(&batch, &labels)?;
            assert_eq!(shares.shape(), [3, 4]);
            assert_near(&sample(&images)?, &format!("{name} {seed} float"))?;
            assert_near(&shares.to_vec::<f32>()?, &format!("{name} {seed}"))?;
        }
    }
    Ok(())
}

#[test]
fn batches_are_changed_image_by_image_where_nothing_is_drawn_for_each() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let (image, other) = (picture(), picture().flip(&[-2])?);
    let batch = Tensor::stack(&[image.clone(), other.clone()], 0)?;
    for (name, transform, _) in all() {
        if name == "erasing noise" || name.starts_with("augmix") {
            continue;
        }
        let apply = |image: &Tensor| {
            manual_seed(1);
            transform
                .apply(image)?
                .contiguous()?
                .to_vec::<u8>()
                .map_err(Into::into)
        };
        let apart: Result<Vec<Vec<u8>>> = [&image, &other].into_iter().map(apply).collect();
        assert_eq!(apply(&batch)?, apart?.concat(), "{name}");
    }
    Ok(())
}

#[test]
fn workers_draw_the_same_whatever_their_number() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    let images = Tensor::stack(&vec![picture(); 12], 0)?;
    let dataset = TensorDataset::new((images, Tensor::arange(0, 12, 1)?))?;
    let passes = |workers: usize| -> Result<Vec<Vec<f32>>> {
        manual_seed(3);
        let steps = Compose::new()
            .then(RandomCrop::new(16).padding(2))
            .then(TrivialAugmentWide::new())
            .then(ColorJitter::new().brightness(0.4).hue(0.1))
            .then(ToTensor)
            .then(RandomErasing::new(0.5).random_value());
        let mix = CutMix::new(12);
        let collate = move |items| {
            let (images, labels) = Collate::collate(items)?;
            mix.apply(&images, &labels)
        };
        let loader = DataLoader::with_collate(dataset.clone().transform(steps), collate);
        let loader = loader.batch_size(3).num_workers(workers);
        let batches = (0..2).flat_map(|_| loader.iter().collect::<Vec<_>>());
        batches.map(|batch| Ok(batch?.0.to_vec::<f32>()?)).collect()
    };
    let one = passes(1)?;
    assert_eq!(one, passes(3)?);
    assert_ne!(one[0], one[1]);
    assert_ne!(one[..4], one[4..]);
    Ok(())
}

#[test]
fn mistakes_are_errors() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    use Interpolation::{Bicubic, Bilinear};
    let image = picture();
    let line = [[0.0, 0.0], [1.0, 1.0], [2.0, 2.0], [3.0, 3.0]];
    let transforms: Vec<Case> = vec![
        case("brightness", by(adjust_brightness, -0.1), 0),
        case("contrast", by(adjust_contrast, f64::NAN), 0),
        case("saturation", by(adjust_saturation, f64::INFINITY), 0),
        case("hue", by(adjust_hue, 0.6), 0),
        case("sharpness", by(adjust_sharpness, -1.0), 0),
        case("grey", Grayscale::new(2), 0),
        case("jitter", ColorJitter::new().brightness([0.5, 0.4]), 0),
        case("bits", RandomPosterize::new(9).p(1.0), 0),
        case("threshold", RandomSolarize::new(256.0).p(1.0), 0),
        case("no threshold", RandomSolarize::new(f64::NAN).p(1.0), 0),
        case("colours", Pad::new(1).fill([0.0; 2]), 0),
        case("margin", Pad::new(usize::MAX), 0),
        case(
            "edge",
            Pad::new(usize::MAX).padding_mode(PaddingMode::Edge),
            0,
        ),
        case("mirror", Pad::new(16).padding_mode(PaddingMode::Reflect), 0),
        case(
            "symmetry",
            Pad::new(17).padding_mode(PaddingMode::Symmetric),
            0,
        ),
        case("cubic", RandomRotation::new(30.0).interpolation(Bicubic), 0),
        case("no angle", RandomRotation::new(f64::NAN), 0),
        case("outside", RandomRotation::new(30.0).fill([0.0; 2]), 0),
        case("scale", RandomAffine::new(0.0).scale([-2.0, -1.0]), 0),
        case("nothing", RandomAffine::new(0.0).scale([0.0, 0.0]), 0),
        case("distortion", RandomPerspective::new(1.5), 0),
        case(
            "corners",
            move |x: &Tensor| perspective(x, CORNERS, line, Bilinear, &[]),
            0,
        ),
        case("even", GaussianBlur::new(4), 0),
        case("window", GaussianBlur::new(63), 0),
        case("huge window", GaussianBlur::new(usize::MAX), 0),
        case("sigma", GaussianBlur::new(3).sigma(0.0), 0),
        case("share", RandomErasing::new(1.0).scale([0.5, 1.5]), 0),
        case("ratio", RandomErasing::new(1.0).ratio([0.0, 1.0]), 0),
        case("value", RandomErasing::new(1.0).value([0.0; 2]), 0),
        case("crop", RandomCrop::new(21), 0),
        case(
            "huge crop",
            RandomCrop::new(usize::MAX).pad_if_needed(true),
            0,
        ),
        case("level", RandAugment::new().num_ops(40).magnitude(31), 0),
        case("levels", TrivialAugmentWide::new().num_magnitude_bins(1), 0),
        case("severity", AugMix::new().severity(11), 0),
        case("alpha", AugMix::new().alpha(0.0), 0),
    ];
    for (name, transform, _) in &transforms {
        // One in fourteen draws of `levels` needs no level.
        let fails = (0..40).any(|_| transform.apply(&image).is_err());
        assert!(fails, "{name}");
    }
    let many = all();
    for (name, transform, _) in &many {
        // Neither a list nor integers other than bytes are images; most want colours.
        for wrong in [tensor([1.0, 2.0])?, Tensor::arange(0, 960, 1)?] {
            let fails = (0..40).any(|_| transform.apply(&wrong).is_err());
            assert!(fails, "{name}");
        }
        // Whatever comes of an image without pixels, it is no panic.
        let _ = transform.apply(&Tensor::zeros(&[3, 0, 5])?);
        let _ = transform.apply(&Tensor::zeros(&[3, 1, 1])?);
        let _ = transform.apply(&Tensor::zeros(&[0, 4, 4])?);
    }
    let images = Tensor::rand(&[2, 3, 4, 4])?;
    for labels in [
        tensor([0, 4])?,
        tensor([0, -1])?,
        tensor([0])?,
        Tensor::rand(&[2, 3])?,
    ] {
        assert!(MixUp::new(4).apply(&images, &labels).is_err());
        assert!(CutMix::new(4).apply(&images, &labels).is_err());
    }
    assert!(
        MixUp::new(4)
            .apply(&images.select(0, 0)?, &tensor([0, 1])?)
            .is_err()
    );
    assert!(
        MixUp::new(4)
            .alpha(-1.0)
            .apply(&images, &tensor([0, 1])?)
            .is_err()
    );
    Ok(())
}
