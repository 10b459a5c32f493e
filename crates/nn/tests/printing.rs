use crate::{Block, Scale};
use rushlight_autograd::Result;
use rushlight_nn::functional::Resize;
use rushlight_nn::{
    BatchNorm2d, EmbeddingBag, Fold, LazyBatchNorm2d, RReLU, TripletMarginWithDistanceLoss,
    Upsample, UpsamplingBilinear2d,
};
use rushlight_nn::{Flatten, Identity, Linear, ReLU, Sequential, Unflatten, sequential};

#[test]
fn a_leaf_prints_its_settings_and_optional_parameters_as_flags() -> Result<()> {
    assert_eq!(Scale::new(3, true)?.to_string(), "Scale(size=3, bias=True)");
    assert_eq!(
        Linear::new(2, 3)?.to_string(),
        "Linear(in_features=2, out_features=3, bias=True)"
    );
    assert_eq!(Identity::new().to_string(), "Identity()");
    assert_eq!(ReLU::new().to_string(), "ReLU()");
    assert_eq!(ReLU::new().inplace(true).to_string(), "ReLU(inplace=True)");
    assert_eq!(
        Flatten::new().to_string(),
        "Flatten(start_dim=1, end_dim=-1)"
    );
    assert_eq!(
        Unflatten::new(1, [2, -1]).to_string(),
        "Unflatten(dim=1, unflattened_size=(2, -1))"
    );
    Ok(())
}

#[test]
fn a_module_with_children_prints_them_and_nothing_of_itself() -> Result<()> {
    let expected = "Sequential(
  (0): Block(
    (first): Scale(size=3, bias=True)
    (norm): Statistics()
    (shortcut): Scale(size=3, bias=False)
  )
  (act): ReLU()
)";
    let mut model = sequential![Block::new(true)?];
    model.add_module("act", ReLU::new())?;
    assert_eq!(model.to_string(), expected);
    Ok(())
}

#[test]
fn a_list_folds_neighbours_that_print_alike() -> Result<()> {
    let scales = |sizes: &[usize]| -> Result<Vec<Scale>> {
        sizes.iter().map(|&size| Scale::new(size, false)).collect()
    };
    #[derive(rushlight_nn::Module, Debug)]
    struct Net {
        layers: Vec<Scale>,
    }
    let net = Net {
        layers: scales(&[1, 1, 2, 3, 3])?,
    };
    let expected = "Net(
  (layers): ModuleList(
    (0-1): 2 x Scale(size=1, bias=False)
    (2): Scale(size=2, bias=False)
    (3-4): 2 x Scale(size=3, bias=False)
  )
)";
    assert_eq!(net.to_string(), expected);
    assert_eq!(
        Net { layers: vec![] }.to_string(),
        "Net(\n  (layers): ModuleList()\n)"
    );
    Ok(())
}

#[test]
fn a_sequence_does_not_fold() -> Result<()> {
    let model: Sequential = [Scale::new(1, false)?, Scale::new(1, false)?]
        .into_iter()
        .collect();
    assert_eq!(model.to_string().lines().count(), 4);
    Ok(())
}

#[test]
fn settings_print_as_in_pytorch() -> Result<()> {
    let both = || Resize::To(vec![3, 4]);
    for (text, expected) in [
        (
            RReLU::new().to_string(),
            "RReLU(lower=0.125, upper=0.3333333333333333)",
        ),
        (
            EmbeddingBag::new(3, 4)?.to_string(),
            "EmbeddingBag(3, 4, mode='mean')",
        ),
        (
            Upsample::new(Resize::To(vec![3])).to_string(),
            "Upsample(size=3, mode='nearest')",
        ),
        (
            UpsamplingBilinear2d::new(both()).to_string(),
            "UpsamplingBilinear2d(size=(3, 4), mode='bilinear')",
        ),
        (
            Fold::new([2, 3], 2).to_string(),
            "Fold(output_size=(2, 3), kernel_size=2, dilation=1, padding=0, stride=1)",
        ),
        (
            LazyBatchNorm2d::new(BatchNorm2d::builder(0)).to_string(),
            "LazyBatchNorm2d(0, eps=1e-05, momentum=0.1, affine=True, bias=True, \
             track_running_stats=True)",
        ),
        (
            TripletMarginWithDistanceLoss::new().to_string(),
            "TripletMarginWithDistanceLoss(\n  (distance_function): PairwiseDistance()\n)",
        ),
    ] {
        assert_eq!(text, expected);
    }
    Ok(())
}
