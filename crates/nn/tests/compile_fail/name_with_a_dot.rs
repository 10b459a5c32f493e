use rushlight_nn::Module;

#[derive(Module)]
struct Model {
    #[module(rename = "layer.0")]
    size: usize,
}

fn main() {}
