use rushlight_autograd::{DType, Generator, GradcheckOptions, Result, Tensor, gradcheck, no_grad};
use rushlight_nn::parametrize::{OrthogonalMap, OrthogonalOptions, orthogonal, orthogonal_with};
use rushlight_nn::{Conv2d, Linear, Module, functional_call};

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

const NO_BASE: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: None,
    use_trivialization: false,
};
const REFLECTIONS: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: Some(OrthogonalMap::Householder),
    use_trivialization: false,
};
const CAYLEY: OrthogonalOptions = OrthogonalOptions {
    orthogonal_map: Some(OrthogonalMap::Cayley),
    use_trivialization: true,
};
const CAYLEY_OF_THE_WEIGHT: OrthogonalOptions = OrthogonalOptions {
    use_trivialization: false,
    ..CAYLEY
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
    0.07361865,
    0.12370893,
    -0.5043103,
    0.7565695,
    -0.6083246,
    -0.6414407,
    0.60843474,
    -0.029198892,
];
const WIDE: &[f32] = &[
    0.117401004,
    0.1163258,
    -0.80423385,
    -0.5708705,
    -0.7214549,
    -0.66635704,
    -0.1872313,
    -0.020383537,
];

#[rustfmt::skip]
const CASES: [Case; 11] = [
    Case {
        seed: 3, sizes: [3, 3], options: BASE, keeps_diagonal: false,
        first: &[-0.672475, -0.5187307, -0.5279166, -0.6416938,
            0.7640602, 0.066642314, 0.36879063, 0.3835761,
            -0.84667754],
        changed: &[-0.764216, -0.6410521, -0.070895225, -0.6391406,
            0.76746446, -0.049977154, 0.08644752, 0.007118702,
            -0.996231],
        gradient: &[0.0, 0.0, 0.0, 3.8148599, 0.0, 0.0, -1.2430377,
            -10.4953785, 0.0],
    },
    Case {
        seed: 4, sizes: [2, 4], options: BASE, keeps_diagonal: true, first: TALL,
        changed: &[0.017455384, 0.14657341, -0.30476284, 0.94020754,
            -0.11821021, 0.037192225, 0.9449029, 0.3051936],
        gradient: &[0.0, 0.0, -4.459407, 0.0, 1.2436497, 4.644595,
            4.531467, 7.812867],
    },
    Case {
        seed: 4, sizes: [4, 2], options: BASE, keeps_diagonal: true, first: WIDE,
        changed: &[0.25112656, 0.4963022, -0.64187616, -0.5278397,
            -0.056175232, -0.5443934, -0.7493863, 0.3726935],
        gradient: &[0.0, -0.27676988, 2.9500031, 11.361645, 0.0, 0.0,
            4.1541576, 14.257572],
    },
    Case {
        seed: 4, sizes: [2, 4], options: REFLECTIONS, keeps_diagonal: true, first: TALL,
        changed: &[-0.12797451, -0.16278742, -0.4968186, 0.8588969,
            -0.40689704, -0.12687835, 0.75579673, 0.46871978],
        gradient: &[0.0, 0.0, -0.05910039, 0.0, 3.787448, 12.944265,
            1.4100597, 2.4936702],
    },
    Case {
        seed: 4, sizes: [4, 2], options: REFLECTIONS, keeps_diagonal: true, first: WIDE,
        changed: &[0.029774189, -0.098751344, -0.8441431, -0.5261028,
            0.9839522, -0.07851846, -0.05081433, 0.15195656],
        gradient: &[0.0, 5.2150135, 4.8621454, 8.984831, 0.0, 0.0,
            -4.829286, -1.3154831],
    },
    Case {
        seed: 4, sizes: [2, 4], options: EXPONENTIAL, keeps_diagonal: false, first: TALL,
        changed: &[0.03557334, 0.15866826, -0.48506755, 0.8434187,
            -0.34745628, -0.38928533, 0.80169725, 0.3345541],
        gradient: &[0.0, 0.0, -0.6039382, 0.0, 2.6012294, 3.7854447,
            6.531756, 7.0546637],
    },
    Case {
        seed: 5, sizes: [3, 3], options: CAYLEY, keeps_diagonal: false,
        first: &[0.5801463, -0.50733083, -0.6372173, 0.56200886, 0.81559306,
            -0.13767383, -0.58955616, 0.27825078, -0.7582876],
        changed: &[0.4043045, -0.74178654, -0.5350615, 0.45327654, 0.6706166,
            -0.5872085, -0.7944045, 0.0051197708, -0.60736763],
        gradient: &[0.0, 0.0, 0.0, 4.1922026, 0.0,
            0.0, -0.9867201, -9.274198, 0.0],
    },
    Case {
        seed: 5, sizes: [2, 4], options: CAYLEY, keeps_diagonal: false,
        first: &[0.43966508, -0.40123114, 0.5424652, 0.82803285,
            0.55928457, -0.35414845, -0.44679627, 0.16719462],
        changed: &[0.46852985, -0.42296726, 0.360397, 0.71796745,
            0.4373539, -0.5009249, -0.67772806, -0.23387104],
        gradient: &[0.0, 0.0, -0.74539685, 0.0,
            -2.018796, -2.7753599, -6.855388, -7.1668715],
    },
    Case {
        seed: 6, sizes: [4, 2], options: CAYLEY_OF_THE_WEIGHT, keeps_diagonal: false,
        first: &[0.8830335, -0.0018008434, 0.4582016, 0.10148837,
            -0.10097176, 0.9551782, 0.1458513, 0.23699537],
        changed: &[0.9203711, -0.22562863, 0.3179166, 0.03062395,
            0.016023751, 0.72043335, 0.4111313, 0.55829227],
        gradient: &[0.0, -1.6178787, 0.48901784, 1.0314997,
            0.0, 0.0, 0.8603989, 1.3324411],
    },
    Case {
        seed: 6, sizes: [3, 3], options: NO_BASE, keeps_diagonal: false,
        first: &[0.97227883, -0.15038484, -0.17904812, 0.09339627, 0.95177346,
            -0.29224035, 0.21436179, 0.2674167, 0.9394345],
        changed: &[0.8745725, -0.27167383, -0.40164202, -0.051763162, 0.7712663,
            -0.6344044, 0.48212397, 0.5756229, 0.6604655],
        gradient: &[0.0, 0.0, 0.0, 0.998013, 0.0,
            0.0, -2.4359388, -6.723949, 0.0],
    },
    Case {
        seed: 6, sizes: [3, 3], options: REFLECTIONS, keeps_diagonal: true,
        first: &[0.33204865, 0.07189405, 0.94051844, 0.4968464, -0.8608894,
            -0.10960373, 0.80180246, 0.50368696, -0.3215776],
        changed: &[0.024272323, -0.64542836, -0.76343495, 0.38204762, 0.71168387,
            -0.58953, 0.9238238, -0.27735922, 0.26385868],
        gradient: &[0.0, 0.0, 0.0, -5.609665, 0.0,
            0.0, -11.152447, -2.5835116, 0.0],
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
        Generator::from_seed(case.seed).scope(|| check(index, case))?;
    }
    Ok(())
}

fn check(index: usize, case: &Case) -> Result<()> {
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
    Ok(())
}

#[test]
fn weights_stay_orthogonal_and_gradients_are_those_of_differences() -> Result<()> {
    for sizes in [[3, 3], [2, 4], [4, 2], [1, 3], [1, 1]] {
        for options in [
            BASE,
            EXPONENTIAL,
            REFLECTIONS,
            CAYLEY,
            NO_BASE,
            CAYLEY_OF_THE_WEIGHT,
        ] {
            let layer = Linear::builder(sizes[0], sizes[1])
                .bias(false)
                .dtype(DType::F64)
                .build()?;
            orthogonal_with(&layer, "weight", options)?;
            let x = Tensor::eye(sizes[0])?.double()?;
            let of_original = |o: &[Tensor]| {
                functional_call(&layer, [("parametrizations.weight.original", &o[0])], &x)
            };
            let original = layer
                .get_parameter("parametrizations.weight.original")?
                .detach();
            let moved = Tensor::rand(&original.shape())?.double()?.tril(-1)?;
            let original = (original + moved)?.detach().requires_grad_(true)?;
            let q = of_original(std::slice::from_ref(&original))?.detach();
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

/// A convolution's kernels, as `parametrizations.orthogonal` makes them after `manual_seed(7)`.
#[test]
fn a_weight_of_more_dimensions_is_a_batch_of_matrices() -> Result<()> {
    let layer = Generator::from_seed(7).scope(|| -> Result<_> {
        let layer = Conv2d::builder(2, 2, 2).bias(false).build()?;
        orthogonal(&layer, "weight")?;
        Ok(layer)
    })?;
    #[rustfmt::skip]
    let expected = [
        0.21425295, -0.9767783, 0.9767783, 0.21425277, -0.67398775, -0.7387426, -0.7387426, 0.6739877,
        -0.35476995, 0.9349536, 0.9349536, 0.35476995, -0.96838653, 0.24945435, -0.24945435, -0.96838653,
    ];
    close("kernels", &layer.weight, &expected)
}
