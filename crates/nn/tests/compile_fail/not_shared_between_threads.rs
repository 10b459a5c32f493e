use rushlight_nn::Module;

#[derive(Module)]
struct Model {
    #[module(skip)]
    local: std::rc::Rc<usize>,
}

fn main() {}
