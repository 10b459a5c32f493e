//! GoogLeNet: the first Inception network, here with batch normalisation.
//!
//! [Going Deeper with Convolutions](https://arxiv.org/abs/1409.4842).

use crate::inception::{BasicConv2d, to_symmetric};
use crate::initialise;
use crate::options::family_options;
use rushlight_autograd::{Result, Tensor};
use rushlight_nn::{
    Absent, AdaptiveAvgPool2d, Conv2d, Dropout, Forward, Linear, MaxPool2d, Module, Sequential,
    Site, sequential,
};

/// A network of [`Inception`] blocks.
///
/// Shapes: `[n, 3, height, width] -> [n, num_classes]`.
///
/// While training, [`forward_with_aux`](GoogLeNet::forward_with_aux) has the logits of the auxiliary
/// heads, too.
#[derive(Module, Debug)]
pub struct GoogLeNet {
    /// The first convolution, with a stride of 2.
    pub conv1: BasicConv2d,
    /// Halves height and width.
    pub maxpool1: MaxPool2d,
    /// A 1x1 convolution.
    pub conv2: BasicConv2d,
    /// A 3x3 convolution.
    pub conv3: BasicConv2d,
    /// Halves height and width.
    pub maxpool2: MaxPool2d,
    /// To 256 channels.
    pub inception3a: Inception,
    /// To 480 channels.
    pub inception3b: Inception,
    /// Halves height and width.
    pub maxpool3: MaxPool2d,
    /// To 512 channels; the first auxiliary head sees it.
    pub inception4a: Inception,
    /// Of 512 channels.
    pub inception4b: Inception,
    /// Of 512 channels.
    pub inception4c: Inception,
    /// To 528 channels; the second auxiliary head sees it.
    pub inception4d: Inception,
    /// To 832 channels.
    pub inception4e: Inception,
    /// Halves height and width.
    pub maxpool4: MaxPool2d,
    /// Of 832 channels.
    pub inception5a: Inception,
    /// To 1024 channels.
    pub inception5b: Inception,
    /// The first auxiliary head.
    pub aux1: Option<InceptionAux>,
    #[module(rename = "aux1")]
    without_aux1: Option<Absent>,
    /// The second auxiliary head.
    pub aux2: Option<InceptionAux>,
    #[module(rename = "aux2")]
    without_aux2: Option<Absent>,
    /// The mean over height and width.
    pub avgpool: AdaptiveAvgPool2d,
    /// Before the head.
    pub dropout: Dropout,
    /// The head.
    pub fc: Linear,
    /// Whether the input is normalised by the statistics of ImageNet and the model wants -1 to 1.
    pub transform_input: bool,
    /// The model's place in another.
    pub site: Site,
}

family_options! {
    /// Settings of a [`GoogLeNet`].
    GoogLeNetOptions
    /// Whether there are auxiliary heads; those of the published weights are not trained. Default: where
    /// no weights are given.
    aux_logits: Option<bool> = None, from impl Into<Option<bool>>;
    /// Whether the input is normalised by the statistics of ImageNet, as the published weights want it.
    /// Default: where weights are given.
    transform_input: Option<bool> = None, from impl Into<Option<bool>>;
    /// Whether to draw values from the truncated normal distribution; else those of the layers alone
    /// remain. Default: true.
    init_weights: bool = true;
    /// The probability with which features are dropped while training. Default: 0.2.
    dropout: f64 = 0.2;
    /// The same in the auxiliary heads. Default: 0.7.
    dropout_aux: f64 = 0.7;
}

/// What a [`GoogLeNet`] computes.
#[derive(Debug, Clone)]
pub struct GoogLeNetOutputs {
    /// `[n, num_classes]`.
    pub logits: Tensor,
    /// `[n, num_classes]`, while training and where there are auxiliary heads.
    pub aux_logits2: Option<Tensor>,
    /// `[n, num_classes]`, while training and where there are auxiliary heads.
    pub aux_logits1: Option<Tensor>,
}

/// GoogLeNet.
pub fn googlenet(options: impl Into<GoogLeNetOptions>) -> Result<GoogLeNet> {
    let mut options = options.into();
    options.weights = options.weights.of_model("googlenet")?;
    let has_weights = !options.weights.is_none();
    let keeps_aux = options.aux_logits.unwrap_or(!has_weights);
    let aux = |in_channels| {
        // Published weights have the auxiliary heads; they are taken off again behind loading.
        let has_aux = keeps_aux || has_weights;
        let head = || InceptionAux::new(in_channels, options.num_classes, options.dropout_aux);
        has_aux.then(head).transpose()
    };
    let conv = |from, to, size| Conv2d::builder(from, to, size);
    let pool = |size: usize| MaxPool2d::new(size).stride(2).ceil_mode(true);
    let mut model = GoogLeNet {
        conv1: BasicConv2d::new(conv(3, 64, 7).stride(2).padding(3))?,
        maxpool1: pool(3),
        conv2: BasicConv2d::new(conv(64, 64, 1))?,
        conv3: BasicConv2d::new(conv(64, 192, 3).padding(1))?,
        maxpool2: pool(3),
        inception3a: Inception::new(192, 64, [96, 128], [16, 32], 32)?,
        inception3b: Inception::new(256, 128, [128, 192], [32, 96], 64)?,
        maxpool3: pool(3),
        inception4a: Inception::new(480, 192, [96, 208], [16, 48], 64)?,
        inception4b: Inception::new(512, 160, [112, 224], [24, 64], 64)?,
        inception4c: Inception::new(512, 128, [128, 256], [24, 64], 64)?,
        inception4d: Inception::new(512, 112, [144, 288], [32, 64], 64)?,
        inception4e: Inception::new(528, 256, [160, 320], [32, 128], 128)?,
        maxpool4: pool(2),
        inception5a: Inception::new(832, 256, [160, 320], [32, 128], 128)?,
        inception5b: Inception::new(832, 384, [192, 384], [48, 128], 128)?,
        aux1: aux(512)?,
        without_aux1: None,
        aux2: aux(528)?,
        without_aux2: None,
        avgpool: AdaptiveAvgPool2d::new([1, 1]),
        dropout: Dropout::new(options.dropout)?,
        fc: Linear::new(1024, options.num_classes)?,
        transform_input: options.transform_input.unwrap_or(has_weights),
        site: Site::default(),
    };
    if options.init_weights && !has_weights {
        initialise::layers(
            &model,
            |conv| initialise::truncated(&conv.weight, 0.01),
            |linear| initialise::truncated(&linear.weight, 0.01),
        )?;
    }
    options.weights.load_into(&model)?;
    if has_weights && !keeps_aux {
        (model.aux1, model.aux2) = (None, None);
        (model.without_aux1, model.without_aux2) = (Some(Absent), Some(Absent));
    }
    Ok(model)
}

impl GoogLeNet {
    /// The logits, and while training those of the auxiliary heads.
    pub fn forward_with_aux(&self, x: &Tensor) -> Result<GoogLeNetOutputs> {
        self.site.locate(self.outputs(x, self.site.is_training()))
    }

    fn outputs(&self, x: &Tensor, wants_aux: bool) -> Result<GoogLeNetOutputs> {
        let aux = |head: &Option<InceptionAux>, x: &Tensor| match head {
            Some(head) if wants_aux => head.forward(x).map(Some),
            _ => Ok(None),
        };
        let mut x = match self.transform_input {
            true => to_symmetric(x)?,
            false => x.clone(),
        };
        x = self.maxpool1.forward(&self.conv1.forward(&x)?)?;
        x = self.conv3.forward(&self.conv2.forward(&x)?)?;
        x = self.maxpool2.forward(&x)?;

        x = self.inception3a.forward(&x)?;
        x = self.inception3b.forward(&x)?;
        x = self.maxpool3.forward(&x)?;
        x = self.inception4a.forward(&x)?;
        let aux_logits1 = aux(&self.aux1, &x)?;

        x = self.inception4b.forward(&x)?;
        x = self.inception4c.forward(&x)?;
        x = self.inception4d.forward(&x)?;
        let aux_logits2 = aux(&self.aux2, &x)?;

        x = self.inception4e.forward(&x)?;
        x = self.maxpool4.forward(&x)?;
        x = self.inception5a.forward(&x)?;
        x = self.inception5b.forward(&x)?;

        x = self.avgpool.forward(&x)?.flatten(1, -1)?;
        let logits = self.fc.forward(&self.dropout.forward(&x)?)?;
        Ok(GoogLeNetOutputs {
            logits,
            aux_logits2,
            aux_logits1,
        })
    }
}

impl Forward for GoogLeNet {
    /// The logits alone; the auxiliary heads are not called.
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| Ok(self.outputs(x, false)?.logits))
    }
}

/// Branches of a 1x1 and two 3x3 convolutions, and of maxima, the outputs of which are joined.
#[derive(Module, Debug)]
pub struct Inception {
    /// A 1x1 convolution.
    pub branch1: BasicConv2d,
    /// A 1x1 and a 3x3 convolution.
    pub branch2: Sequential,
    /// A 1x1 and a 3x3 convolution.
    pub branch3: Sequential,
    /// Maxima and a 1x1 convolution.
    pub branch4: Sequential,
    /// The block's place in a model.
    pub site: Site,
}

impl Inception {
    /// The block with channels of each branch; the second and third are reduced to the first number
    /// before the 3x3 convolution.
    fn new(
        in_channels: usize,
        first: usize,
        second: [usize; 2],
        third: [usize; 2],
        fourth: usize,
    ) -> Result<Inception> {
        let conv1x1 = |to| BasicConv2d::new(Conv2d::builder(in_channels, to, 1));
        let conv3x3 = |from, to| BasicConv2d::new(Conv2d::builder(from, to, 3).padding(1));
        let maxima = MaxPool2d::new(3).stride(1).padding(1).ceil_mode(true);
        Ok(Inception {
            branch1: conv1x1(first)?,
            branch2: sequential![conv1x1(second[0])?, conv3x3(second[0], second[1])?],
            branch3: sequential![conv1x1(third[0])?, conv3x3(third[0], third[1])?],
            branch4: sequential![maxima, conv1x1(fourth)?],
            site: Site::default(),
        })
    }
}

impl Forward for Inception {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let branches = [
                self.branch1.forward(x)?,
                self.branch2.forward(x)?,
                self.branch3.forward(x)?,
                self.branch4.forward(x)?,
            ];
            Tensor::cat(&branches, 1)
        })
    }
}

/// A head in the middle of the network, for gradients that come a shorter way.
///
/// Shapes: `[n, in_channels, height, width] -> [n, num_classes]`.
#[derive(Module, Debug)]
pub struct InceptionAux {
    /// To 128 channels.
    pub conv: BasicConv2d,
    /// The first linear layer.
    pub fc1: Linear,
    /// The head.
    pub fc2: Linear,
    /// Between the two.
    pub dropout: Dropout,
    /// The block's place in a model.
    pub site: Site,
}

impl InceptionAux {
    fn new(in_channels: usize, num_classes: usize, dropout: f64) -> Result<InceptionAux> {
        Ok(InceptionAux {
            conv: BasicConv2d::new(Conv2d::builder(in_channels, 128, 1))?,
            fc1: Linear::new(2048, 1024)?,
            fc2: Linear::new(1024, num_classes)?,
            dropout: Dropout::new(dropout)?,
            site: Site::default(),
        })
    }
}

impl Forward for InceptionAux {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        self.site.call(x, |x| {
            let mut x = x.adaptive_avg_pool2d([Some(4), Some(4)])?;
            x = self.conv.forward(&x)?.flatten(1, -1)?;
            x = self.fc1.forward(&x)?.relu()?;
            self.fc2.forward(&self.dropout.forward(&x)?)
        })
    }
}
