use rushlight_nn::Module;

#[derive(Module)]
union Model {
    small: u8,
    large: u64,
}

fn main() {}
