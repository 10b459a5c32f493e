use rushlight_nn::Module;

#[derive(Module)]
#[module(colour = "red")]
struct Model {
    #[module(ignore)]
    size: usize,
}

fn main() {}
