//! Kernels compute what they say.

use rushlight_cuda_kernels::MODULES;
use rushlight_cuda_kernels::driver::{Driver, Launch, Pointer, Stream};
use rushlight_cuda_sim::Simulator;

pub const KERNELS: &str = include_str!("kernels.ptx");

/// A simulator with a stream.
pub fn simulator() -> (Simulator, Stream) {
    let simulator = Simulator::new(1, 1 << 20);
    let stream = simulator.create_stream().expect("a stream");
    (simulator, stream)
}

pub fn upload(simulator: &Simulator, stream: Stream, numbers: &[u32]) -> Pointer {
    let bytes: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
    let pointer = simulator.allocate(bytes.len()).expect("memory");
    simulator.upload(stream, &bytes, pointer).expect("a copy");
    pointer
}

pub fn download(
    simulator: &Simulator,
    stream: Stream,
    from: Pointer,
    count: usize,
) -> Result<Vec<u32>, String> {
    let mut bytes = vec![0; 4 * count];
    simulator
        .download(stream, from, &mut bytes)
        .map_err(|error| error.to_string())?;
    let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
    Ok(bytes.chunks_exact(4).map(number).collect())
}

/// Starts a kernel of a text.
pub fn start(
    simulator: &Simulator,
    stream: Stream,
    ptx: &str,
    name: &str,
    blocks: u32,
    threads: u32,
    parameters: &[&[u8]],
) {
    let module = simulator.load(ptx).expect("a module");
    let function = simulator.function(module, name).expect("a kernel");
    let launch = Launch {
        function,
        blocks,
        threads: [threads, 1],
        parameters,
    };
    simulator.launch(stream, &launch).expect("a launch");
}

fn floats(numbers: &[f32]) -> Vec<u32> {
    numbers.iter().map(|x| x.to_bits()).collect()
}

#[test]
fn threads_beyond_the_end_do_nothing() {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &floats(&[1.0; 70]));
    let y = simulator.allocate(280).expect("memory");
    let parameters: [&[u8]; 3] = [&x.0.to_le_bytes(), &y.0.to_le_bytes(), &70u32.to_le_bytes()];
    start(&simulator, stream, KERNELS, "increment", 3, 32, &parameters);
    assert_eq!(download(&simulator, stream, y, 70), Ok(floats(&[2.0; 70])));
}

#[test]
fn a_barrier_lets_warps_exchange() {
    let (simulator, stream) = simulator();
    let numbers: Vec<u32> = (0..64).collect();
    let x = upload(&simulator, stream, &numbers);
    let y = simulator.allocate(256).expect("memory");
    start(
        &simulator,
        stream,
        KERNELS,
        "reverse",
        1,
        64,
        &[&x.0.to_le_bytes(), &y.0.to_le_bytes()],
    );
    assert_eq!(
        download(&simulator, stream, y, 64),
        Ok(numbers.into_iter().rev().collect())
    );
}

#[test]
fn lanes_that_part_come_together_for_a_shuffle() {
    let (simulator, stream) = simulator();
    let y = upload(&simulator, stream, &[1000]);
    start(
        &simulator,
        stream,
        KERNELS,
        "sum",
        1,
        32,
        &[&y.0.to_le_bytes()],
    );
    let odd: u32 = (0..32).filter(|i| i % 2 == 1).sum();
    assert_eq!(
        download(&simulator, stream, y, 1),
        Ok(vec![1000 + 31 * 16 + odd])
    );
}

#[test]
fn every_shipped_module_is_understood() {
    let (simulator, _) = simulator();
    for (name, ptx) in MODULES {
        if let Err(error) = simulator.load(ptx) {
            panic!("{name}: {error}");
        }
    }
}

#[test]
fn lanes_vote_and_find_each_other() {
    let (simulator, stream) = simulator();
    let numbers: Vec<u32> = (0..32).map(|lane| lane % 3).collect();
    let x = upload(&simulator, stream, &numbers);
    let y = simulator.allocate(256).expect("memory");
    let parameters: [&[u8]; 2] = [&x.0.to_le_bytes(), &y.0.to_le_bytes()];
    start(&simulator, stream, KERNELS, "agree", 1, 32, &parameters);
    let lanes = |holds: &dyn Fn(u32) -> bool| {
        (0..32)
            .filter(|lane| holds(*lane))
            .fold(0, |lanes, lane| lanes | 1 << lane)
    };
    let alike = (0..32).map(|lane| lanes(&|other| other % 3 == lane % 3));
    let odd = lanes(&|lane| lane % 3 == 1);
    let expected = alike.chain(std::iter::repeat_n(odd, 32)).collect();
    assert_eq!(download(&simulator, stream, y, 64), Ok(expected));
}

#[test]
fn half_types_round_once() {
    use half::{bf16, f16};
    let (simulator, stream) = simulator();
    let (low, high) = (f16::from_f32(1.3), bf16::from_f32(-2.7));
    let pack = |low: f16, high: bf16| u32::from(low.to_bits()) | u32::from(high.to_bits()) << 16;
    let x = upload(&simulator, stream, &[pack(low, high)]);
    let y = simulator.allocate(4).expect("memory");
    let parameters: [&[u8]; 2] = [&x.0.to_le_bytes(), &y.0.to_le_bytes()];
    start(&simulator, stream, KERNELS, "halves", 1, 1, &parameters);
    let formula = |x: f64| x * x + x;
    let expected = pack(
        f16::from_f64(formula(low.to_f64())),
        bf16::from_f64(formula(high.to_f64())),
    );
    assert_eq!(download(&simulator, stream, y, 1), Ok(vec![expected]));
}

/// Row and column of an element.
type At = [usize; 2];

/// Where the i-th elements of a lane are in the factors and in the sums of a product of 16 x 16 x 8, as the
/// manual of PTX has it.
fn fragments(lane: usize) -> ([At; 8], [At; 4], [At; 4]) {
    let (group, place) = (lane / 4, lane % 4);
    let left = |i: usize| {
        let row = if i < 2 || (4..6).contains(&i) {
            group
        } else {
            group + 8
        };
        let column = place * 2 + i % 2 + if i < 4 { 0 } else { 8 };
        [row, column]
    };
    let right = |i: usize| [place * 2 + i % 2 + if i < 2 { 0 } else { 8 }, group];
    let sum = |i: usize| [if i < 2 { group } else { group + 8 }, place * 2 + i % 2];
    (
        std::array::from_fn(left),
        std::array::from_fn(right),
        std::array::from_fn(sum),
    )
}

/// The operands of a product for every lane, and what comes of it.
pub fn product() -> (Vec<u32>, Vec<u32>) {
    let left = |i: usize, k: usize| ((i * 5 + k * 3) % 7) as f32 - 3.0;
    let right = |k: usize, j: usize| ((k * 2 + j * 5) % 9) as f32 * 0.25;
    let (mut operands, mut sums) = (Vec::new(), Vec::new());
    for lane in 0..32 {
        let (lefts, rights, places) = fragments(lane);
        let lefts = lefts.map(|[i, k]| left(i, k));
        let rights = rights.map(|[k, j]| right(k, j));
        for pair in lefts.chunks(2).chain(rights.chunks(2)) {
            let bits = |x: f32| u32::from(half::f16::from_f32(x).to_bits());
            operands.push(bits(pair[0]) | bits(pair[1]) << 16);
        }
        for [i, j] in places {
            let terms = (0..16).map(|k| left(i, k) * right(k, j));
            sums.push(1.0 + terms.sum::<f32>());
        }
    }
    (operands, floats(&sums))
}

#[test]
fn a_warp_multiplies_matrices() {
    let (simulator, stream) = simulator();
    let (operands, sums) = product();
    let x = upload(&simulator, stream, &operands);
    let y = simulator.allocate(512).expect("memory");
    let parameters: [&[u8]; 2] = [&x.0.to_le_bytes(), &y.0.to_le_bytes()];
    start(&simulator, stream, KERNELS, "multiply", 1, 32, &parameters);
    assert_eq!(download(&simulator, stream, y, 128), Ok(sums));
}

#[test]
fn an_older_gpu_does_not_take_the_ptx_of_a_newer_one() {
    let simulator = Simulator::new(1, 1 << 20).with_capability(7, 5);
    let error = simulator.load(KERNELS).expect_err("another target");
    assert!(
        error.to_string().contains("not for GPUs of capability 7.5"),
        "{error}"
    );
}
