//! Models beside torchvision's, made after the same seed; `expected/generate.py` wrote what those are.

use rushlight_autograd::{Result, Tensor, manual_seed};
use rushlight_nn::{Forward, Module};
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
