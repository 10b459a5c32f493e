//! Resizing, grids, bags, fractional pooling and lazy layers.

use rushlight_autograd::{DType, Result, Tensor, gradcheck, gradgradcheck, tensor};
use rushlight_nn::functional::{
    self as F, EmbeddingBagMode, EmbeddingBagOptions, FractionalMaxPoolOptions, FractionalOutput,
    GridSampleMode, GridSampleOptions, GridSamplePadding, InterpolateOptions, InterpolationMode,
    Resize, UnfoldOptions,
};
use rushlight_nn::{Conv2d, Forward, LazyConv2d, Module};

#[test]
fn sampling_at_the_identity_grid_returns_the_image() -> Result<()> {
    let x = Tensor::randn(&[2, 3, 4, 5])?;
    let theta = tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])?
        .unsqueeze(0)?
        .repeat(&[2, 1, 1])?;
    for align_corners in [false, true] {
        let grid = F::affine_grid(&theta, &[2, 3, 4, 5], align_corners)?;
        for mode in [
            GridSampleMode::Bilinear,
            GridSampleMode::Nearest,
            GridSampleMode::Bicubic,
        ] {
            let options = GridSampleOptions {
                mode,
                align_corners,
                padding_mode: GridSamplePadding::Border,
            };
            let y = F::grid_sample(&x, &grid, options)?;
            assert!((y - &x)?.abs()?.amax()?.item()? < 1e-5);
        }
    }
    Ok(())
}

#[test]
fn gradients_of_grid_sampling_hold() -> Result<()> {
    let x = Tensor::randn(&[1, 2, 3, 4])?
        .to_dtype(DType::F64)?
        .requires_grad_(true)?;
    let places = [[-0.83, 0.41], [0.13, -1.37], [1.61, 0.77], [0.37, 0.11]];
    let grid = tensor(places)?
        .reshape(&[1, 2, 2, 2])?
        .to_dtype(DType::F64)?;
    let inputs = [x, grid.requires_grad_(true)?];
    for mode in [
        GridSampleMode::Bilinear,
        GridSampleMode::Nearest,
        GridSampleMode::Bicubic,
    ] {
        for padding_mode in [
            GridSamplePadding::Zeros,
            GridSamplePadding::Border,
            GridSamplePadding::Reflection,
        ] {
            for align_corners in [false, true] {
                let options = GridSampleOptions {
                    mode,
                    padding_mode,
                    align_corners,
                };
                let sample = |x: &[Tensor]| F::grid_sample(&x[0], &x[1], options);
                gradcheck(sample, &inputs, Default::default())?;
                gradgradcheck(sample, &inputs, Default::default())?;
            }
        }
    }
    Ok(())
}

#[test]
fn gradients_of_grid_sampling_in_volumes_hold() -> Result<()> {
    let x = Tensor::randn(&[2, 9, 2, 3, 3])?
        .to_dtype(DType::F64)?
        .requires_grad_(true)?;
    let grid = Tensor::linspace(-1.17, 1.31, 2 * 2 * 3)?
        .reshape(&[2, 2, 1, 1, 3])?
        .to_dtype(DType::F64)?
        .requires_grad_(true)?;
    for padding_mode in [GridSamplePadding::Zeros, GridSamplePadding::Reflection] {
        let options = GridSampleOptions {
            padding_mode,
            ..GridSampleOptions::default()
        };
        let sample = |x: &[Tensor]| F::grid_sample(&x[0], &x[1], options);
        gradcheck(sample, &[x.clone(), grid.clone()], Default::default())?;
    }
    Ok(())
}

#[test]
fn samples_of_many_places_equal_those_of_few() -> Result<()> {
    let x = Tensor::randn(&[2, 3, 7, 5])?;
    let grid = ((Tensor::rand(&[2, 30, 20, 2])? * 3.0)? - 1.5)?;
    for mode in [
        GridSampleMode::Bilinear,
        GridSampleMode::Nearest,
        GridSampleMode::Bicubic,
    ] {
        let options = GridSampleOptions {
            mode,
            ..GridSampleOptions::default()
        };
        let all = F::grid_sample(&x, &grid, options)?;
        let rows = (0..30).map(|row| F::grid_sample(&x, &grid.narrow(1, row, 1)?, options));
        let rows: Vec<Tensor> = rows.collect::<Result<_, _>>()?;
        let rows: Vec<&Tensor> = rows.iter().collect();
        let parts = Tensor::cat(&rows, 2)?;
        assert_eq!(all.to_vec::<f32>()?, parts.to_vec::<f32>()?);
    }
    Ok(())
}

#[test]
fn a_grid_of_no_numbers_samples_without_a_panic() -> Result<()> {
    let x = Tensor::ones(&[1, 1, 2, 2])?;
    for padding_mode in [
        GridSamplePadding::Zeros,
        GridSamplePadding::Border,
        GridSamplePadding::Reflection,
    ] {
        let options = GridSampleOptions {
            padding_mode,
            ..GridSampleOptions::default()
        };
        let grid = Tensor::full(&[1, 1, 1, 2], f64::NAN, DType::F32, x.device())?;
        assert_eq!(F::grid_sample(&x, &grid, options)?.numel(), 1);
        let grid = Tensor::full(&[1, 1, 1, 2], f64::INFINITY, DType::F32, x.device())?;
        assert_eq!(F::grid_sample(&x, &grid, options)?.numel(), 1);
    }
    Ok(())
}

#[test]
fn folding_counts_how_often_an_element_was_unfolded() -> Result<()> {
    let options = UnfoldOptions::new([2, 2]);
    let x = Tensor::ones(&[1, 1, 3, 3])?;
    let counts = F::fold(&F::unfold(&x, &options)?, [3, 3], &options)?;
    let expected = [1.0, 2.0, 1.0, 2.0, 4.0, 2.0, 1.0, 2.0, 1.0];
    assert_eq!(counts.to_vec::<f32>()?, expected);
    Ok(())
}

#[test]
fn interpolation_refuses_settings_that_do_not_belong_together() -> Result<()> {
    let x = Tensor::zeros(&[1, 1, 4])?;
    let refuses = |options: InterpolateOptions| F::interpolate(&x, &options).is_err();
    let to = |sizes: &[usize]| InterpolateOptions::new(Resize::To(sizes.to_vec()));
    assert!(refuses(to(&[2, 2])));
    assert!(refuses(to(&[0])));
    assert!(refuses(InterpolateOptions {
        mode: InterpolationMode::Bilinear,
        ..to(&[2])
    }));
    assert!(refuses(InterpolateOptions {
        align_corners: Some(true),
        ..to(&[2])
    }));
    assert!(refuses(InterpolateOptions {
        antialias: true,
        ..to(&[2])
    }));
    assert!(refuses(InterpolateOptions::new(Resize::By(vec![
        f64::INFINITY
    ]))));
    assert!(refuses(InterpolateOptions::new(Resize::By(vec![f64::NAN]))));
    Ok(())
}

#[test]
fn empty_bags_are_zero_in_every_mode() -> Result<()> {
    let weight = tensor([[1.0, -2.0], [3.0, 4.0]])?;
    let (indices, offsets) = (tensor([0, 1, 1])?, tensor([0, 2, 2])?);
    for (mode, expected) in [
        (EmbeddingBagMode::Sum, [4.0, 2.0, 0.0, 0.0, 3.0, 4.0]),
        (EmbeddingBagMode::Mean, [2.0, 1.0, 0.0, 0.0, 3.0, 4.0]),
        (EmbeddingBagMode::Max, [3.0, 4.0, 0.0, 0.0, 3.0, 4.0]),
    ] {
        let options = EmbeddingBagOptions {
            mode,
            offsets: Some(&offsets),
            ..EmbeddingBagOptions::default()
        };
        let y = F::embedding_bag(&indices, &weight, options)?;
        assert_eq!(y.to_vec::<f32>()?, expected);
    }
    Ok(())
}

#[test]
fn offsets_that_do_not_fit_are_refused() -> Result<()> {
    let (weight, indices) = (Tensor::zeros(&[2, 1])?, tensor([0, 1])?);
    for offsets in [tensor([1, 2])?, tensor([0, 3])?, tensor([0, -1])?] {
        let options = EmbeddingBagOptions {
            offsets: Some(&offsets),
            ..EmbeddingBagOptions::default()
        };
        assert!(F::embedding_bag(&indices, &weight, options).is_err());
    }
    Ok(())
}

#[test]
fn fractional_windows_must_fit() -> Result<()> {
    let x = Tensor::randn(&[1, 5, 5])?;
    for (kernel, output) in [([3, 3], [4, 4]), ([0, 1], [2, 2]), ([1, 1], [0, 2])] {
        let options = FractionalMaxPoolOptions {
            kernel_size: kernel,
            output: FractionalOutput::Size(output),
            random_samples: None,
        };
        assert!(F::fractional_max_pool(&x, &options).is_err());
    }
    Ok(())
}

#[test]
fn a_lazy_layer_becomes_the_layer_at_its_first_call() -> Result<()> {
    let layer = LazyConv2d::new(Conv2d::builder(0, 2, 3));
    assert!(layer.parameters().is_empty());
    assert_eq!(
        layer.to_string(),
        "LazyConv2d(0, 2, kernel_size=(3, 3), stride=(1, 1))"
    );
    assert!(layer.forward(&Tensor::zeros(&[4])?).is_err());
    layer.eval();
    let y = layer.forward(&Tensor::zeros(&[1, 5, 4, 4])?)?;
    assert_eq!(y.shape(), [1, 2, 2, 2]);
    assert_eq!(
        layer.to_string(),
        "Conv2d(5, 2, kernel_size=(3, 3), stride=(1, 1))"
    );
    assert_eq!(layer.parameters().len(), 2);
    assert!(!layer.is_training());
    Ok(())
}

/// The numbers are those of `F.fractional_max_pool2d`, which looks at the first samples only.
#[test]
fn samples_of_further_examples_are_not_looked_at() -> Result<()> {
    let x = Tensor::arange(0, 50, 1)?.float()?.reshape(&[2, 1, 5, 5])?;
    let samples = tensor([[[0.1, 0.9]], [[0.6, 0.3]], [[0.2, 0.2]]])?;
    let pooled = |x: &Tensor, samples: &Tensor| -> Result<Tensor> {
        let options = F::FractionalMaxPoolOptions {
            kernel_size: [2, 2],
            output: F::FractionalOutput::Size([3, 3]),
            random_samples: Some(samples),
        };
        Ok(F::fractional_max_pool(x, &options)?.0)
    };
    #[rustfmt::skip]
    let expected = [
        6.0, 7.0, 9.0, 11.0, 12.0, 14.0, 21.0, 22.0, 24.0,
        31.0, 33.0, 34.0, 36.0, 38.0, 39.0, 46.0, 48.0, 49.0,
    ];
    assert_eq!(pooled(&x, &samples)?.to_vec::<f32>()?, expected);
    let single = x.select(0, 0)?;
    assert_eq!(pooled(&single, &samples)?.to_vec::<f32>()?, expected[..9]);
    assert_eq!(
        pooled(&x.narrow(0, 0_i64, 0)?, &samples)?.shape(),
        [0, 1, 3, 3]
    );
    // Too few examples, other channels or dimensions, another type.
    for shape in [[1, 1, 2], [2, 2, 2], [2, 1, 3]] {
        assert!(pooled(&x, &Tensor::rand(&shape)?).is_err(), "{shape:?}");
    }
    assert!(pooled(&x, &Tensor::rand(&[1, 2])?).is_err());
    assert!(pooled(&x, &samples.double()?).is_err());
    Ok(())
}

#[test]
fn fractional_windows_without_number_are_refused() -> Result<()> {
    let x = Tensor::zeros(&[1, 1, 1, 1])?.expand(&[1, 1, 1 << 30, 1 << 30])?;
    let options = FractionalMaxPoolOptions {
        kernel_size: [1 << 29; 2],
        output: FractionalOutput::Size([1 << 29; 2]),
        random_samples: None,
    };
    assert!(F::fractional_max_pool(&x, &options).is_err());
    Ok(())
}
