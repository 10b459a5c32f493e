//! Models and layers beside torchvision's after the same seed, in a process that draws no other numbers;
//! `expected/generate.py` wrote what the models are.

use rushlight_autograd::{Result, Tensor, manual_seed};
use rushlight_nn::{Forward, Module};
use rushlight_vision_models::ops::{StochasticDepth, StochasticDepthMode};
use rushlight_vision_models::{Weights, get_model};
use std::sync::{Mutex, PoisonError};

/// The generator is one for the process.
static GENERATOR: Mutex<()> = Mutex::new(());

macro_rules! equal { ($($test:ident $model:literal;)*) => { $(
    #[test]
    fn $test() -> Result<()> {
        let printed = include_str!(concat!("expected/", $model, ".txt"));
        let state = include_str!(concat!("expected/", $model, ".tsv"));
        compare($model, printed, state)
    }
)* } }
equal! {
    alexnet_equals_torchvisions "alexnet";
    resnet18_equals_torchvisions "resnet18";
    vgg16_equals_torchvisions "vgg16";
}

#[test]
fn the_smallest_models_of_each_family_equal_torchvisions() -> Result<()> {
    for line in include_str!("expected/models.tsv").lines() {
        let line: Vec<_> = line.split('\t').collect();
        let number = |index: usize| line[index].parse::<f64>().expect("a number");
        let name = line[0];
        let (model, after) = seeded(name)?;
        let count: usize = model
            .parameters()
            .iter()
            .map(|parameter| parameter.numel())
            .sum();
        assert_eq!(count as f64, number(1), "{name}");
        assert_eq!(
            fnv1a(&model.repr()),
            line[2],
            "{name} prints otherwise:\n{model:?}"
        );
        let (mut listing, mut sum, mut magnitude) = (String::new(), 0.0, 0.0);
        for (key, tensor) in model.state_dict().iter() {
            listing += &format!("{key} {:?}\n", &tensor.shape()[..]);
            let (own_sum, own_magnitude) = sums(tensor)?;
            sum += own_sum;
            magnitude += own_magnitude;
        }
        assert_eq!(
            fnv1a(&listing),
            line[3],
            "{name} has another state:\n{listing}"
        );
        for (got, expected) in [(sum, number(4)), (magnitude, number(5))] {
            let close = (got - expected).abs() <= 1e-7 * magnitude;
            assert!(close, "{name}: sum {got}, expected {expected}");
        }
        assert!(
            (after.item()? - number(6)).abs() < 1e-7,
            "{name} draws more or fewer numbers"
        );
    }
    Ok(())
}

#[test]
#[ignore = "takes 3 GB of memory"]
fn the_largest_transformer_equals_torchvisions() -> Result<()> {
    let line = include_str!("expected/vit_h_14.tsv").trim_end();
    let expected: Vec<_> = line.split('\t').collect();
    let model = get_model("vit_h_14", Weights::None)?;
    let (mut listing, mut count) = (String::new(), 0);
    for (key, tensor) in model.state_dict().iter() {
        listing += &format!("{key} {:?}\n", &tensor.shape()[..]);
        count += tensor.numel();
    }
    let got = [count.to_string(), fnv1a(&model.repr()), fnv1a(&listing)];
    assert_eq!(got[..], expected[..]);
    Ok(())
}

#[test]
fn stochastic_depth_draws_what_torchvision_draws() -> Result<()> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    manual_seed(0);
    let layer = StochasticDepth::new(0.4, StochasticDepthMode::Row)?;
    let kept = 1.0_f32 / 0.6;
    let rows = |y: Tensor| y.select(1, 0)?.to_vec::<f32>();
    let x = Tensor::ones(&[6, 2])?;
    assert_eq!(rows(layer.forward(&x)?)?, [0.0, 0.0, kept, 0.0, 0.0, 0.0]);
    assert_eq!(rows(layer.forward(&x)?)?, [kept; 6]);
    assert_eq!(Tensor::rand(&[1])?.to_vec::<f32>()?, [0.41940832]);

    manual_seed(0);
    let layer = StochasticDepth::new(0.4, StochasticDepthMode::Batch)?;
    assert_eq!(rows(layer.forward(&x)?)?, [0.0; 6]);
    assert_eq!(rows(layer.forward(&x)?)?, [0.0; 6]);
    assert_eq!(Tensor::rand(&[1])?.to_vec::<f32>()?, [0.30742282]);
    Ok(())
}

/// The 64-bit FNV-1a of a text, in hexadecimal digits.
fn fnv1a(text: &str) -> String {
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", text.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

fn compare(name: &str, printed: &str, state: &str) -> Result<()> {
    let (model, after) = seeded(name)?;
    assert_eq!(model.repr(), printed.trim_end());
    let mut lines = state.lines();
    let mut check = |name: &str, tensor: &Tensor| -> Result<()> {
        let line: Vec<_> = lines.next().expect("no more entries").split('\t').collect();
        let (key, shape) = (line[0], line[1]);
        assert_eq!((name, &*format!("{:?}", &tensor.shape()[..])), (key, shape));
        let expected: f64 = line[2].parse().expect("a number");
        let (sum, magnitude) = sums(tensor)?;
        // Normal numbers go through logarithms and cosines, which are rounded their own way.
        let close = (sum - expected).abs() <= 1e-7 * magnitude;
        assert!(close, "{name}: sum {sum}, expected {expected}");
        Ok(())
    };
    for (name, tensor) in model.state_dict().iter() {
        check(name, tensor)?;
    }
    check("rand", &after)?;
    assert_eq!(lines.next(), None);
    Ok(())
}

/// The model as the seed makes it, and the number that is drawn next.
fn seeded(name: &str) -> Result<(Box<dyn Forward>, Tensor)> {
    let _guard = GENERATOR.lock().unwrap_or_else(PoisonError::into_inner);
    manual_seed(0);
    Ok((get_model(name, Weights::None)?, Tensor::rand(&[1])?))
}

/// The sum of the elements, and that of their magnitudes, in double precision.
fn sums(tensor: &Tensor) -> Result<(f64, f64)> {
    let tensor = tensor.double()?;
    Ok((tensor.sum()?.item()?, tensor.abs()?.sum()?.item()?))
}
