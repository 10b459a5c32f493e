//! What the PTX says of shared memory and parameters is what every GPU has. `cargo xtask limits` checks machine
//! code, with registers.

use rushlight_cuda_kernels::MODULES;

/// Bytes of shared memory that a kernel has without asking for more, and of its parameters.
const SHARED: usize = 48 << 10;
const PARAMETERS: usize = 4 << 10;

/// Bytes of what is declared in lines such as `.shared .align 4 .b8 name[256];`.
fn declared(text: &str, space: &str) -> usize {
    let lines = text.lines().filter(|line| line.trim().starts_with(space));
    lines.map(bytes).sum()
}

fn bytes(declaration: &str) -> usize {
    let words: Vec<&str> = declaration.split_whitespace().collect();
    let count = declaration.split_once('[').map_or("1", |(_, rest)| {
        rest.split(']').next().expect("a length ends")
    });
    let bits = words.iter().find_map(|word| {
        let ty = word.strip_prefix('.')?;
        ty.strip_prefix(['b', 'u', 's', 'f'])?.parse::<usize>().ok()
    });
    let bits = bits.unwrap_or_else(|| panic!("{declaration} has a type"));
    count.parse::<usize>().expect("a length") * bits / 8
}

#[test]
fn kernels_need_no_more_than_every_gpu_has() {
    let mut kernels = 0;
    for (module, ptx) in MODULES {
        for kernel in ptx.split(".entry ").skip(1) {
            let (name, rest) = kernel.split_once('(').expect("parameters");
            let (parameters, body) = rest.split_once(')').expect("a body");
            let (shared, parameters) = (declared(body, ".shared"), declared(parameters, ".param"));
            assert!(
                shared <= SHARED,
                "{module} {name}: {shared} bytes of shared memory"
            );
            assert!(
                parameters <= PARAMETERS,
                "{module} {name}: {parameters} bytes of parameters"
            );
            assert!(parameters > 0, "{module} {name} has parameters");
            kernels += 1;
        }
    }
    assert!(kernels > 500, "{kernels}");
}
