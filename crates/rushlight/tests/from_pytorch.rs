//! What `docs/from-pytorch.md` says compiles and runs: every piece of code in its right column stands
//! here, and a test compares the two.

use rushlight::fft::{self, Normalization};
use rushlight::linalg::{self, Driver, QrMode, RankOptions, Triangle};
use rushlight::nn::parametrize::{self, Parametrization};
use rushlight::optim::clip_grad_norm_;
use rushlight::prelude::*;
use rushlight::{
    Backward, Ellipsis, GradOptions, GradcheckOptions, Gradients, NewAxis, Norm, Result,
    TensorOptions, Wants, autocast, autocast_guard, autograd, checkpoint, func, gradcheck,
    gradients, no_grad_guard,
};
use std::sync::Arc;

const DOCUMENT: &str = include_str!("../../../docs/from-pytorch.md");
const SOURCE: &str = include_str!("from_pytorch.rs");

#[test]
fn the_document_shows_code_of_this_file() {
    // Without spaces, and without the commas that only stand at the end of a line.
    let squeezed = |text: &str| {
        let text: String = text.split_whitespace().collect();
        text.replace(",}", "}").replace(",)", ")")
    };
    let source = squeezed(SOURCE);
    let rows = DOCUMENT.lines().filter(|line| line.starts_with("| "));
    let (mut pieces, mut missing) = (0, Vec::new());
    for row in rows {
        let row = row.replace("\\|", "\u{1}");
        let cell = row.split('|').nth(2).unwrap().replace('\u{1}', "|");
        for code in cell.split('`').skip(1).step_by(2) {
            for piece in code.split("...").flat_map(|code| code.split(" .. ")) {
                let piece = squeezed(piece);
                if !source.contains(&piece) {
                    missing.push(code.to_owned());
                }
                pieces += 1;
            }
        }
    }
    assert_eq!(missing, [""; 0]);
    assert!(pieces > 80, "{pieces}");
}

fn number() -> Tensor {
    Tensor::rand(&[2, 2]).unwrap()
}

#[test]
fn the_rules() -> Result<()> {
    let (a, b, y) = (number(), number(), number());
    let mut x = number();
    let fallible = || -> Result<Tensor> { Ok(a.add(&b)?) };
    fallible()?;
    Tensor::cat(&[&a, &b], 1)?;
    F::relu(&x)?;
    x.relu()?;
    x.erf()?;
    (&a + &b)?;
    (2.0 * &a)?;
    a.neg()?;
    a.matmul(&b)?;
    (&a - &b)?;
    (&a % &b)?;
    a.pow(2)?;
    a.abs()?;
    let (m, n) = (tensor([1, 2])?, tensor([3, 4])?);
    (&m & &n)?;
    (&m | &n)?;
    (&m ^ &n)?;
    (!&m)?;
    (&m << 1)?;
    (&m >> 1)?;
    a.eq(&b)?;
    a.ne(&b)?;
    a.lt(&b)?;
    a.le(&b)?;
    a.gt(&b)?;
    a.ge(&b)?;
    x.add_(&y)?;
    x.clamp_(0.0, 1.0)?;
    x.t_()?;
    x = F::relu(&x)?;
    {
        let mut y = y.zeros_like()?;
        a.add(&b)?.store_in(&mut y)?;
    }
    let p = [y.detach().requires_grad_(true)?];
    Conv2d::builder(3, 8, 3).padding(1).build()?;
    let _ = optim::SGD::new(p, 0.1).momentum(0.9);
    a.add_alpha(&b, 2)?;
    a.round_decimals(1)?;
    let keepdim = true;
    x.sum()?;
    x.sum_dim(&[1], keepdim)?;
    x.sum_dim(&[-1], keepdim)?;
    x.to_dtype(DType::F64)?.sum()?;
    let _ = (DType::F32, DType::I64);
    Ok(())
}

#[test]
fn tensors() -> Result<()> {
    tensor([[1.0, 2.0], [3.0, 4.0]])?;
    Tensor::zeros(&[2, 3])?;
    Tensor::rand(&[2, 3])?;
    TensorOptions::new().dtype(DType::F64).zeros(&[2, 3])?;
    let mut x = Tensor::rand(&[2, 3, 4])?;
    let _ = (x.shape(), x.size(0)?, x.dim(), x.numel());
    x.index(0)?;
    x.index((.., 1..3))?;
    x.index((Ellipsis, NewAxis))?;
    let mask = x.gt(0.5)?;
    x.index(&mask)?;
    let (rows, columns) = (tensor([0, 1])?, tensor([2, 0])?);
    x.index((&rows, &columns))?;
    let y = Tensor::zeros(&[3, 4])?;
    x.index_put_(0, &y)?;
    x.to_vec::<f32>()?;
    x.max_dim(1, false)?;
    x.view(&[2, -1])?;
    x.permute(&[2, 0, 1])?;
    x.to(DType::F64)?;
    let moved = || -> Result<_> { Ok(x.to(Device::Cuda(0))?) };
    assert_eq!(moved().is_ok(), cuda::is_available());
    let (a, b) = (number(), number());
    {
        let x = a.sum()?;
        x.item()?;
    }
    let c = a.gt(&b)?;
    Tensor::select_where(&c, &a, &b)?;
    Tensor::einsum("ij,jk->ik", &[a, b])?;
    println!("{x}");
    manual_seed(0);
    Ok(())
}

/// A rule of one's own: the derivative of doubling.
struct MyRule;

impl Backward for MyRule {
    fn backward(&self, g: &Tensor, wants: Wants<'_>) -> nn::Result<Gradients> {
        gradients![wants; g.mul(2.0)?]
    }
}

#[test]
fn linear_algebra_and_fourier_transforms() -> Result<()> {
    let (a, b, x) = (number(), number(), number());
    linalg::solve(&a, &b)?;
    linalg::solve_right(&a, &b)?;
    linalg::inv(&a)?;
    linalg::inv_ex(&a)?;
    linalg::svd(&a, false)?;
    linalg::eigh(&a, Triangle::Upper)?;
    linalg::qr(&a, QrMode::Complete)?;
    let _solution = linalg::lstsq(&a, &b, None, Driver::Gelsy)?.solution;
    linalg::pinv(
        &a,
        &RankOptions {
            rtol: Some(1e-3.into()),
            ..Default::default()
        },
    )?;
    a.linalg_norm(Some(Norm::Nuclear), &[], false)?;
    a.svd(true)?;
    a.logdet()?;
    let y = fft::rfft(&x, None, -1, Normalization::Backward)?;
    fft::irfft(&y, Some(8), -1, Normalization::Ortho)?;
    fft::fft2(&fft::complex(&x)?, None, Normalization::Backward)?;
    Ok(())
}

#[test]
fn gradients_of_tensors() -> Result<()> {
    let x = TensorOptions::new().dtype(DType::F64).rand(&[2])?;
    x.requires_grad_(true)?;
    let loss = x.square()?.sum()?;
    loss.backward()?;
    assert!(x.grad().is_some());
    x.zero_grad();
    let y = x.square()?.sum()?;
    grad(
        &[&y],
        &[&x],
        &[],
        GradOptions {
            create_graph: true,
            ..Default::default()
        },
    )?;
    no_grad(|| x.exp())?;
    {
        let _guard = no_grad_guard();
        assert!(!x.exp()?.requires_grad());
    }
    x.detach();
    let f = |_: &Tensor| Ok(None);
    x.register_hook(f)?;
    let f = |x: &[Tensor]| {
        let array = x[0].detach().mul(2.0)?.array();
        Ok(Tensor::record(array, "doubled", &[&x[0]], || MyRule))
    };
    gradcheck(f, &[x], GradcheckOptions::default())?;
    Ok(())
}

#[test]
fn functions_of_functions() -> Result<()> {
    let point = || tensor([1.0, 2.0]).unwrap();
    let f = |x: &[Tensor]| x[0].square();
    let energy = |x: &[Tensor]| x[0].square()?.sum();
    let product = |x: &[Tensor]| x[0].dot(&x[1]);
    let loss = |x: &[Tensor]| x[0].dot(&x[1])?.square();
    let x = point();
    autograd::functional::jacobian(f, &[x], Default::default())?;
    let x = point();
    autograd::functional::hessian(energy, &[x], Default::default())?;
    let (x, v) = (point(), point());
    autograd::functional::jvp(f, &[x], &[v], Default::default())?;
    let x = point();
    func::grad(energy, &[x])?;
    let x = point();
    func::grad_and_value(energy, &[x])?;
    let x = point();
    func::jacrev(f, &[x])?;
    let x = point();
    let (y, pull) = func::vjp(f, &[x])?;
    pull(&y)?;
    let (a, b) = (number(), number());
    func::vmap(product, &[a, b])?;
    let (w, x) = (point(), number());
    func::per_sample_grad(loss, &[w, x], &[None, Some(0)])?;
    Ok(())
}

#[test]
fn memory_and_precision() -> Result<()> {
    let x = number();
    let block = Arc::new(Linear::new(2, 2)?);
    checkpoint(move |x| block.forward(x), &x)?;
    assert_eq!(autocast(DType::BF16, || x.mm(&x))?.dtype(), DType::BF16);
    {
        let _guard = autocast_guard(DType::BF16);
        assert_eq!(autocast(DType::F32, || x.mm(&x))?.dtype(), DType::F32);
    }
    let model = Arc::new(sequential![
        Linear::new(2, 2)?,
        Tanh::new(),
        Linear::new(2, 2)?
    ]);
    checkpoint_sequential(&model, 2, &x)?;
    Ok(())
}

/// A parametrization of one's own: squares.
#[derive(Module, Debug)]
struct P {}

impl Parametrization for P {
    fn forward(&self, originals: &[Tensor]) -> nn::Result<Tensor> {
        originals[0].square()
    }
}

#[test]
fn parts_of_modules() -> Result<()> {
    let x = number();
    let model = Linear::new(2, 2)?;
    let params = [("weight", &x)];
    functional_call(&model, params, &x)?;
    let v = parameters_to_vector(model.parameters())?;
    vector_to_parameters(&v, model.parameters())?;
    let options = parametrize::OrthogonalOptions {
        orthogonal_map: Some(parametrize::OrthogonalMap::Cayley),
        ..Default::default()
    };
    for step in 0..5 {
        let layer = Linear::new(2, 2)?;
        match step {
            0 => parametrize::weight_norm(&layer, "weight", Some(0))?,
            1 => parametrize::spectral_norm(&layer, "weight")?,
            2 => parametrize::orthogonal(&layer, "weight")?,
            3 => parametrize::orthogonal_with(&layer, "weight", options)?,
            _ => parametrize::register_parametrization(&layer, "weight", P {})?,
        }
        layer.forward(&x)?;
        parametrize::remove_parametrizations(&layer, "weight", true)?;
    }
    let layer = Linear::new(2, 2)?;
    let f = |_: &Tensor, _: &Tensor| Ok(None);
    let g = |_: &Tensor| Ok(None);
    layer.register_forward_hook(f)?;
    layer.register_forward_pre_hook(g)?;
    layer.register_forward_hook_all(|inputs, outputs| {
        assert_eq!((inputs.len(), outputs.len()), (1, 1));
        Ok(None)
    })?;
    layer.register_full_backward_hook(|grad_input, grad_output| {
        assert!(grad_input.is_none());
        Ok(Some(grad_output.clone()))
    })?;
    layer.forward(&x)?.sum()?.backward()?;
    let (conv, bn) = (Conv2d::new(2, 3, 1)?, BatchNorm2d::new(3)?);
    conv.eval();
    bn.eval();
    fuse_conv_bn_eval(&conv, &bn)?;
    let (linear, bn) = (Linear::new(2, 3)?, BatchNorm1d::new(3)?);
    linear.eval();
    bn.eval();
    fuse_linear_bn_eval(&linear, &bn)?;
    let model = sequential![Conv2d::new(2, 3, 1)?, BatchNorm2d::new(3)?];
    convert_sync_batchnorm(&model);
    let freeze = |model: models::ResNet| -> Result<()> {
        model.freeze("layer[1-3]")?;
        Ok(())
    };
    let _compiled = freeze;
    Ok(())
}

#[derive(Module, Debug)]
struct Net {
    fc: Linear,
}

impl Forward for Net {
    fn forward(&self, x: &Tensor) -> nn::Result<Tensor> {
        self.fc.forward(x)
    }
}

#[test]
fn modules() -> Result<()> {
    init::skip_init(|| Linear::new(3, 2))?;
    let mut model = Net {
        fc: Linear::new(8, 4)?,
    };
    let x = Tensor::rand(&[2, 512])?;
    model.fc = Linear::new(512, 10)?;
    model.forward(&x)?;
    let (a, b) = (Linear::new(2, 2)?, ReLU::new());
    let _ = sequential![a, b];
    for (name, p) in model.named_parameters() {
        assert!(name.starts_with("fc"));
        p.requires_grad_(false);
    }
    model.train();
    model.eval();
    let s = model.state_dict();
    model.load_state_dict(&s, true)?;
    println!("{model}");
    let saved = || -> Result<_> {
        serialize::save_state(&model.state_dict(), "m.pth")?;
        let state = serialize::load_state("m.pth")?;
        Ok(state)
    };
    let resnet18: fn() -> Result<_> = || Ok(models::resnet18(Weights::None)?);
    let replaced = |mut model: models::VGG| -> Result<()> {
        model.classifier.set(6, Linear::new(4096, 10)?)?;
        Ok(())
    };
    let published = || -> Result<_> {
        let best = models::resnet50(Weights::Default)?;
        let weights = models::ResNet50Weights::Imagenet1kV2;
        let same = models::resnet50(models::ResNet50Weights::Imagenet1kV2)?;
        let preset = weights.transforms();
        let categories = weights.meta().categories();
        Ok((best, same, preset, categories))
    };
    // These need no running: files of 530 and 100 MB, and one in the present folder.
    let _compiled = (saved, resnet18, replaced, published);
    Ok(())
}

#[test]
fn images() -> Result<()> {
    let image = Tensor::from_vec(vec![128_u8; 3 * 40 * 40], &[3, 40, 40])?;
    let steps = transforms::Compose::new()
        .then(transforms::RandomCrop::new(32).padding(4))
        .then(transforms::ColorJitter::new().brightness(0.4).hue(0.1))
        .then(transforms::RandomRotation::new(15.0))
        .then(transforms::RandAugment::new().num_ops(2).magnitude(9))
        .then(transforms::ToTensor)
        .then(transforms::RandomErasing::new(0.25));
    let image = steps.apply(&image)?;
    let images = Tensor::stack(&[&image, &image], 0)?;
    let labels = tensor([0, 1])?;
    let (images, labels) = transforms::MixUp::new(10).apply(&images, &labels)?;
    assert_eq!((images.size(0)?, labels.size(1)?), (2, 10));
    Ok(())
}

#[test]
fn training() -> Result<()> {
    let model = Net {
        fc: Linear::new(4, 2)?,
    };
    let embedding = Embedding::new(10, 3)?;
    let _ = optim::SparseAdam::new(embedding.parameters(), 0.1);
    let mut optimizer = optim::SGD::new(model.parameters(), 0.1).momentum(0.9);
    let mut scheduler = optim::StepLR::new(30).attach(&mut optimizer)?;
    let dataset = TensorDataset::new((Tensor::rand(&[64, 4])?, Tensor::randint(0, 2, &[64])?))?;
    let loader = DataLoader::new(dataset).batch_size(32).shuffle(true);
    for batch in &loader {
        let (images, labels) = batch?;
        optimizer.zero_grad();
        F::cross_entropy(&model.forward(&images)?, &labels)?.backward()?;
        clip_grad_norm_(model.parameters(), 1.0)?;
        optimizer.step()?;
    }
    scheduler.step(&mut optimizer)?;
    optim::clip_grad_value_(model.parameters(), 0.5)?;
    let gradients = model.parameters().into_iter().filter_map(|p| p.grad());
    let norm = optim::get_total_norm(gradients, Default::default())?;
    optim::clip_grads_with_norm_(model.parameters(), 1.0, norm)?;
    let mut scaler = optim::GradScaler::new();
    let loss = model.forward(&Tensor::rand(&[2, 4])?)?.sum()?;
    optimizer.zero_grad();
    scaler.scale(&loss)?.backward()?;
    scaler.unscale_(&optimizer)?;
    scaler.step(&mut optimizer)?;
    scaler.update()?;
    Ok(())
}
