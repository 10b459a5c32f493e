use rushlight_autograd::{
    DType, GradcheckOptions, Result, Tensor, gradcheck, manual_seed, no_grad,
};
use rushlight_nn::parametrize::{OrthogonalMap, OrthogonalOptions, orthogonal, orthogonal_with};
use rushlight_nn::{Linear, Module, functional_call};

/// A layer and what PyTorch has for it: the weight at first, the weight after a change of the original,
/// and the gradient of the original then.
struct Case {
    seed: u64,
    /// Inputs and outputs.
    sizes: [usize; 2],
    options: OrthogonalOptions,
    /// Whether the change leaves a diagonal of -1.
    keeps_diagonal: bool,
    first: &'static [f32],
    changed: &'static [f32],
    gradient: &'static [f32],
}

const REFLECTIONS: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: None,
    use_trivialization: false,
};
const BASE: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: None,
    use_trivialization: true,
};
const EXPONENTIAL: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: Some(OrthogonalMap::MatrixExp),
    use_trivialization: true,
};

const TALL: &[f32] = &[
    0.07361865043640137,
    0.12370893359184265,
    -0.5043103098869324,
    0.756569504737854,
    -0.6083245873451233,
    -0.6414406895637512,
    0.6084347367286682,
    -0.029198892414569855,
];
const WIDE: &[f32] = &[
    0.11740100383758545,
    0.11632580310106277,
    -0.8042338490486145,
    -0.5708705186843872,
    -0.721454918384552,
    -0.6663570404052734,
    -0.18723130226135254,
    -0.02038353681564331,
];

#[rustfmt::skip]
const CASES: [Case; 6] = [
    Case {
        seed: 3, sizes: [3, 3], options: BASE, keeps_diagonal: false,
        first: &[-0.6724749803543091, -0.5187307000160217, -0.5279166102409363, -0.6416937708854675,
            0.7640601992607117, 0.06664231419563293, 0.3687906265258789, 0.38357609510421753,
            -0.8466775417327881],
        changed: &[-0.7642160058021545, -0.6410521268844604, -0.0708952248096466, -0.6391406059265137,
            0.7674644589424133, -0.04997715353965759, 0.08644752204418182, 0.007118701934814453,
            -0.9962310194969177],
        gradient: &[0.0, 0.0, 0.0, 3.8148598670959473, 0.0, 0.0, -1.2430377006530762,
            -10.495378494262695, 0.0],
    },
    Case {
        seed: 4, sizes: [2, 4], options: BASE, keeps_diagonal: true, first: TALL,
        changed: &[0.017455384135246277, 0.14657340943813324, -0.3047628402709961, 0.9402075409889221,
            -0.11821021139621735, 0.03719222545623779, 0.9449028968811035, 0.30519360303878784],
        gradient: &[0.0, 0.0, -4.459406852722168, 0.0, 1.2436497211456299, 4.644595146179199,
            4.531466960906982, 7.812867164611816],
    },
    Case {
        seed: 4, sizes: [4, 2], options: BASE, keeps_diagonal: true, first: WIDE,
        changed: &[0.25112655758857727, 0.49630218744277954, -0.6418761610984802, -0.527839720249176,
            -0.05617523193359375, -0.5443934202194214, -0.7493863105773926, 0.3726935088634491],
        gradient: &[0.0, -0.27676987648010254, 2.950003147125244, 11.361644744873047, 0.0, 0.0,
            4.154157638549805, 14.257572174072266],
    },
    Case {
        seed: 4, sizes: [2, 4], options: REFLECTIONS, keeps_diagonal: true, first: TALL,
        changed: &[-0.1279745101928711, -0.16278742253780365, -0.4968186020851135, 0.8588969111442566,
            -0.40689703822135925, -0.12687835097312927, 0.7557967305183411, 0.4687197804450989],
        gradient: &[0.0, 0.0, -0.05910038948059082, 0.0, 3.787447929382324, 12.944265365600586,
            1.4100596904754639, 2.4936702251434326],
    },
    Case {
        seed: 4, sizes: [4, 2], options: REFLECTIONS, keeps_diagonal: true, first: WIDE,
        changed: &[0.029774188995361328, -0.09875134378671646, -0.8441430926322937, -0.5261027812957764,
            0.9839522242546082, -0.07851845771074295, -0.05081433057785034, 0.15195655822753906],
        gradient: &[0.0, 5.21501350402832, 4.86214542388916, 8.984830856323242, 0.0, 0.0,
            -4.829286098480225, -1.3154830932617188],
    },
    Case {
        seed: 4, sizes: [2, 4], options: EXPONENTIAL, keeps_diagonal: false, first: TALL,
        changed: &[0.03557334095239639, 0.15866826474666595, -0.48506754636764526, 0.8434187173843384,
            -0.34745627641677856, -0.3892853260040283, 0.8016972541809082, 0.33455410599708557],
        gradient: &[0.0, 0.0, -0.6039382219314575, 0.0, 2.601229429244995, 3.785444736480713,
            6.5317559242248535, 7.05466365814209],
    },
];

fn close(what: &str, got: &Tensor, expected: &[f32]) -> Result<()> {
    let got = got.detach().contiguous()?.to_vec::<f32>()?;
    for (got, expected) in got.iter().zip(expected) {
        let bound = 2e-5 * expected.abs().max(1.0);
        assert!((got - expected).abs() <= bound, "{what}: {got} {expected}");
    }
    Ok(())
}

/// The weight, which a call with the identity returns.
fn weight(layer: &Linear) -> Result<Tensor> {
    rushlight_nn::Forward::forward(layer, &Tensor::eye(layer.in_features)?)?.t()
}

#[test]
fn weights_and_gradients_are_pytorchs() -> Result<()> {
    for (index, case) in CASES.iter().enumerate() {
        manual_seed(case.seed);
        let [inputs, outputs] = case.sizes;
        let layer = Linear::builder(inputs, outputs).bias(false).build()?;
        orthogonal_with(&layer, "weight", case.options)?;
        close(&format!("{index} first"), &weight(&layer)?, case.first)?;
        let original = layer.get_parameter("parametrizations.weight.original")?;
        let count = (inputs * outputs) as i64;
        let sizes = [outputs as isize, inputs as isize];
        let ramp = Tensor::arange(0, count, 1)?.float()?.reshape(&sizes)?;
        no_grad(|| {
            let shift = ((&ramp / 10.0)? - 0.3)?;
            // The square one is set, the others are moved.
            let moved = if index == 0 {
                shift
            } else {
                (&*original + shift)?
            };
            let ones = Tensor::ones(&[inputs.min(outputs)])?;
            original.set_data(&match case.keeps_diagonal {
                true => moved.diagonal_scatter(&ones.neg()?, 0, 0, 1)?,
                false => moved,
            })
        })?;
        let changed = weight(&layer)?;
        close(&format!("{index} changed"), &changed, case.changed)?;
        (changed * ramp)?.sum()?.backward()?;
        close(
            &format!("{index} gradient"),
            &original.grad().unwrap(),
            case.gradient,
        )?;
    }
    Ok(())
}

#[test]
fn weights_stay_orthogonal_and_gradients_are_those_of_differences() -> Result<()> {
    for sizes in [[3, 3], [2, 4], [4, 2], [1, 3], [1, 1]] {
        for options in [BASE, EXPONENTIAL, REFLECTIONS] {
            let layer = Linear::builder(sizes[0], sizes[1])
                .bias(false)
                .dtype(DType::F64)
                .build()?;
            if orthogonal_with(&layer, "weight", options).is_err() {
                assert!(sizes[0] == sizes[1] && options == REFLECTIONS);
                continue;
            }
            let x = Tensor::eye(sizes[0])?.double()?;
            let of_original = |o: &[Tensor]| {
                functional_call(&layer, [("parametrizations.weight.original", &o[0])], &x)
            };
            let original = layer
                .get_parameter("parametrizations.weight.original")?
                .detach();
            let moved = Tensor::rand(&original.shape())?.double()?.tril(-1)?;
            let original = (original + moved)?.detach().requires_grad_(true)?;
            let q = of_original(&[original.clone()])?.detach();
            let gram = if sizes[0] > sizes[1] {
                q.t()?.matmul(&q)?
            } else {
                q.matmul(&q.t()?)?
            };
            let error = (gram - Tensor::eye(sizes[0].min(sizes[1]))?.double()?)?;
            assert!(error.abs()?.max()?.item()? < 1e-12);
            // The diagonal holds signs where the map is made of reflections.
            let rest = original.detach().triu(0)?;
            let of_lower = |o: &[Tensor]| of_original(&[(o[0].tril(-1)? + &rest)?]);
            gradcheck(of_lower, &[original], GradcheckOptions::default())?;
        }
    }
    Ok(())
}

#[test]
fn weights_without_full_rank_and_bad_calls() -> Result<()> {
    let layer = Linear::builder(3, 3).bias(false).build()?;
    no_grad(|| layer.weight.set_data(&Tensor::ones(&[3, 3])?))?;
    orthogonal(&layer, "weight")?;
    let q = weight(&layer)?.detach();
    let error = (q.t()?.matmul(&q)? - Tensor::eye(3)?)?;
    assert!(error.abs()?.max()?.item()? < 1e-5);

    let layer = Linear::new(3, 2)?;
    assert!(orthogonal(&layer, "bias").is_err());
    assert!(orthogonal(&layer, "nothing").is_err());
    no_grad(|| {
        layer.weight.set_data(&Tensor::full(
            &[2, 3],
            f64::NAN,
            DType::F32,
            layer.weight.device(),
        )?)
    })?;
    assert!(orthogonal(&layer, "weight").is_err());
    assert!(orthogonal_with(&layer, "weight", REFLECTIONS).is_err());
    Ok(())
}
