use rushlight_nn::Module;

#[derive(Module)]
struct Model {
    cache: std::collections::HashMap<String, usize>,
}

fn main() {}
