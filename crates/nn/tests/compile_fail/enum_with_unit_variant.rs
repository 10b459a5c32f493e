use rushlight_nn::{Identity, Module};

#[derive(Module)]
enum Shortcut {
    None,
    Some(Identity),
}

fn main() {}
