//! The cases: a name, and the work that one iteration does.
//!
//! `torch_cases.py` has the same names and does the same work in PyTorch.

use rushlight::nn::Result;
use rushlight::prelude::*;

/// One iteration. It keeps what it works on, and drops its result.
pub type Work = Box<dyn FnMut() -> Result<()>>;

/// A named piece of work.
pub struct Case {
    /// What is measured, as `family/size`.
    pub name: String,
    /// What the other side is told beside the name.
    pub operands: String,
    prepare: Box<dyn Fn() -> Result<Work>>,
}

impl Case {
    pub(crate) fn new(
        name: impl Into<String>,
        prepare: impl Fn() -> Result<Work> + 'static,
    ) -> Case {
        Case {
            name: name.into(),
            operands: String::new(),
            prepare: Box::new(prepare),
        }
    }

    pub(crate) fn with_operands(self, operands: String) -> Case {
        Case { operands, ..self }
    }

    /// Makes the operands.
    pub fn prepare(&self) -> Result<Work> {
        (self.prepare)()
    }
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

macro_rules! cases {
    ($($name:literal => $work:expr;)*) => {
        /// Kernels, layers and models at the sizes they are used in.
        pub fn selected() -> Vec<Case> {
            vec![$(Case::new($name, || $work)),*]
        }
    };
}

cases! {
    "matmul/64"                => matmul(64, 64, 64, DType::F32);
    "matmul/256"               => matmul(256, 256, 256, DType::F32);
    "matmul/512"               => matmul(512, 512, 512, DType::F32);
    "matmul/1024"              => matmul(1024, 1024, 1024, DType::F32);
    "matmul/2048"              => matmul(2048, 2048, 2048, DType::F32);
    "matmul/512_f64"           => matmul(512, 512, 512, DType::F64);
    "matmul/skinny_32_1024_10" => matmul(32, 1024, 10, DType::F32);
    "matmul/vector_1024"       => matmul(1024, 1024, 1, DType::F32);

    "elementwise/add_16"       => binary(16, |a, b| a.add(b));
    "elementwise/add_1m"       => binary(1 << 20, |a, b| a.add(b));
    "elementwise/exp_1m"       => unary(&[1 << 20], Tensor::exp);
    "elementwise/gelu_1m"      => unary(&[1 << 20], Tensor::gelu);
    "elementwise/tanh_1m"      => unary(&[1 << 20], Tensor::tanh);
    "reduce/sum_1m"            => unary(&[1 << 20], Tensor::sum);
    "reduce/sum_rows"          => unary(&[1024, 1024], |x| x.sum_dim(&[1], false));
    "reduce/sum_columns"       => unary(&[1024, 1024], |x| x.sum_dim(&[0], false));
    "reduce/max_rows"          => unary(&[1024, 1024], |x| x.amax_dim(&[1], false));
    "softmax/rows_1024"        => unary(&[1024, 1024], |x| x.softmax(-1));
    "norm/layer_512"           => layer(&[64, 32, 512], LayerNorm::new(512));
    "norm/batch2d_train"       => layer(&[16, 64, 28, 28], BatchNorm2d::new(64));
    "pool/max_2x2"             => layer(&[16, 64, 56, 56], Ok(MaxPool2d::new(2)));
    "sort/rows_1024"           => unary(&[256, 1024], |x| Ok(x.sort(-1, false)?.0));

    "conv/7x7_s2_3_64"         => conv(&[4, 3, 224, 224], 3, 64, 7, 2, 3, 1);
    "conv/3x3_64_56"           => conv(&[4, 64, 56, 56], 64, 64, 3, 1, 1, 1);
    "conv/3x3_256_14"          => conv(&[4, 256, 14, 14], 256, 256, 3, 1, 1, 1);
    "conv/1x1_256_28"          => conv(&[4, 256, 28, 28], 256, 128, 1, 1, 0, 1);
    "conv/depthwise_128_28"    => conv(&[4, 128, 28, 28], 128, 128, 3, 1, 1, 128);
    "conv/3x3_64_56_backward"  => conv_backward(&[4, 64, 56, 56], 64, 64, 3);

    "attention/1024_backward"  => attention_backward(&[2, 8, 1024, 64]);
    "recurrent/lstm_backward"  => backward(&[64, 32, 128], LSTM::builder(128, 256).num_layers(2).build()?, |net, x| Ok(net.forward(x)?.0));
    "recurrent/gru_backward"   => backward(&[64, 32, 128], GRU::builder(128, 256).num_layers(2).build()?, |net, x| Ok(net.forward(x)?.0));
    "recurrent/rnn_backward"   => backward(&[64, 32, 128], RNN::builder(128, 256).num_layers(2).build()?, |net, x| Ok(net.forward(x)?.0));
    "transformer/encoder_backward" => backward(&[8, 128, 256], encoder_layer()?, |net, x| net.forward(x));

    "optim/adam_resnet18"      => step(|parameters| optim::Adam::new(parameters, 1e-3));
    "optim/adamw_resnet18"     => step(|parameters| optim::AdamW::new(parameters, 1e-3));
    "optim/sgd_resnet18"       => step(|parameters| optim::SGD::new(parameters, 1e-3).momentum(0.9));

    "train/mlp_64_128_10"      => train_mlp();
    "model/resnet18_1"         => model_resnet18();
}

fn matmul(m: usize, k: usize, n: usize, dtype: DType) -> Result<Work> {
    let a = Tensor::randn(&[m, k])?.to_dtype(dtype)?;
    let b = Tensor::randn(&[k, n])?.to_dtype(dtype)?;
    Ok(Box::new(move || a.matmul(&b).map(drop)))
}

fn unary(shape: &[usize], call: fn(&Tensor) -> Result<Tensor>) -> Result<Work> {
    let x = Tensor::randn(shape)?;
    Ok(Box::new(move || call(&x).map(drop)))
}

fn binary(len: usize, call: fn(&Tensor, &Tensor) -> Result<Tensor>) -> Result<Work> {
    let (a, b) = (Tensor::randn(&[len])?, Tensor::randn(&[len])?);
    Ok(Box::new(move || call(&a, &b).map(drop)))
}

fn layer(shape: &[usize], layer: Result<impl Forward>) -> Result<Work> {
    let (x, layer) = (Tensor::randn(shape)?, layer?);
    Ok(Box::new(move || computed(no_grad(|| layer.forward(&x))?)))
}

/// Has a result computed that waits for what follows.
fn computed(y: Tensor) -> Result<()> {
    drop(y.array());
    Ok(())
}

fn conv(
    shape: &[usize],
    from: usize,
    to: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    groups: usize,
) -> Result<Work> {
    let conv = Conv2d::builder(from, to, kernel)
        .stride(stride)
        .padding(padding)
        .groups(groups);
    layer(shape, conv.build())
}

fn conv_backward(shape: &[usize], from: usize, to: usize, kernel: usize) -> Result<Work> {
    let conv = Conv2d::builder(from, to, kernel)
        .padding(kernel / 2)
        .build()?;
    let x = Tensor::randn(shape)?.requires_grad_(true)?;
    Ok(Box::new(move || {
        x.zero_grad();
        conv.zero_grad();
        conv.forward(&x)?.sum()?.backward()
    }))
}

fn attention_backward(shape: &[usize]) -> Result<Work> {
    let leaf = || Tensor::randn(shape)?.requires_grad_(true);
    let operands = [leaf()?, leaf()?, leaf()?];
    Ok(Box::new(move || {
        let [query, key, value] = &operands;
        operands.iter().for_each(Tensor::zero_grad);
        F::scaled_dot_product_attention(query, key, value)?
            .sum()?
            .backward()
    }))
}

/// Forward, and the gradients of the parameters.
fn backward<M: Module + 'static>(
    shape: &[usize],
    net: M,
    forward: fn(&M, &Tensor) -> Result<Tensor>,
) -> Result<Work> {
    let x = Tensor::randn(shape)?;
    Ok(Box::new(move || {
        net.zero_grad();
        forward(&net, &x)?.sum()?.backward()
    }))
}

fn encoder_layer() -> Result<TransformerEncoderLayer> {
    TransformerEncoderLayer::builder(256, 8)
        .dim_feedforward(1024)
        .dropout(0.0)
        .batch_first(true)
        .build()
}

/// A step of an optimizer over the parameters of a model.
fn step<O: optim::Optimizer + 'static>(optimizer: fn(Vec<nn::Parameter>) -> O) -> Result<Work> {
    let model = models::resnet18(models::Weights::None).expect("no weights to load");
    let parameters = model.parameters();
    for parameter in &parameters {
        parameter.set_grad(Some(Tensor::randn(&parameter.shape())?))?;
    }
    let mut optimizer = optimizer(parameters);
    Ok(Box::new(move || {
        optimizer.step().expect("finite gradients");
        Ok(())
    }))
}

fn train_mlp() -> Result<Work> {
    let model = sequential![Linear::new(64, 128)?, ReLU::new(), Linear::new(128, 10)?];
    let mut optimizer = optim::SGD::new(model.parameters(), 0.01).momentum(0.9);
    let (x, y) = (Tensor::randn(&[32, 64])?, Tensor::randint(0, 10, &[32])?);
    Ok(Box::new(move || {
        optimizer.zero_grad();
        F::cross_entropy(&model.forward(&x)?, &y)?.backward()?;
        optimizer.step().expect("finite gradients");
        Ok(())
    }))
}

fn model_resnet18() -> Result<Work> {
    let model = models::resnet18(models::Weights::None).expect("no weights to load");
    model.eval();
    let x = Tensor::randn(&[1, 3, 224, 224])?;
    Ok(Box::new(move || computed(no_grad(|| model.forward(&x))?)))
}
