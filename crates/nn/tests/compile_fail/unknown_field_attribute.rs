use rushlight_nn::Module;

#[derive(Module)]
struct Model {
    #[module(ignore)]
    size: usize,
}

fn main() {}
