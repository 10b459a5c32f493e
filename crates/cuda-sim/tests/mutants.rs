//! Kernels with a mistake are caught, with the kernel's name and the line.

use crate::machine::{KERNELS, download, product, simulator, start, upload};
use rushlight_cuda_kernels::driver::Driver;

/// The kernels with a line changed; the change must apply.
fn mutant(line: &str, by: &str) -> String {
    assert!(KERNELS.contains(line), "{line}");
    KERNELS.replace(line, by)
}

fn incremented(ptx: &str, elements: u32, threads: u32) -> String {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &vec![0; elements as usize]);
    let y = simulator.allocate(4 * elements as usize).expect("memory");
    let parameters: [&[u8]; 3] = [
        &x.0.to_le_bytes(),
        &y.0.to_le_bytes(),
        &elements.to_le_bytes(),
    ];
    start(
        &simulator,
        stream,
        ptx,
        "increment",
        1,
        threads,
        &parameters,
    );
    download(&simulator, stream, y, elements as usize).expect_err("a fault")
}

fn reversed(ptx: &str) -> String {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &[7; 64]);
    let y = simulator.allocate(256).expect("memory");
    start(
        &simulator,
        stream,
        ptx,
        "reverse",
        1,
        64,
        &[&x.0.to_le_bytes(), &y.0.to_le_bytes()],
    );
    download(&simulator, stream, y, 64).expect_err("a fault")
}

fn summed(ptx: &str) -> String {
    let (simulator, stream) = simulator();
    let y = upload(&simulator, stream, &[0]);
    start(&simulator, stream, ptx, "sum", 1, 32, &[&y.0.to_le_bytes()]);
    download(&simulator, stream, y, 1).expect_err("a fault")
}

#[track_caller]
fn says(message: &str, parts: &[&str]) {
    parts
        .iter()
        .for_each(|part| assert!(message.contains(part), "`{message}` lacks `{part}`"));
}

#[test]
fn a_wrong_bound() {
    let fault = incremented(&mutant("setp.ge.u32 %p1", "setp.gt.u32 %p1"), 33, 64);
    says(
        &fault,
        &[
            "increment, PTX line 24",
            "thread 33",
            "out of bounds, at offset 132 of 132 bytes",
        ],
    );
}

#[test]
fn a_part_that_is_not_written() {
    let fault = incremented(
        &mutant("setp.ge.u32 %p1, %r5, %r1", "setp.ge.u32 %p1, %r5, 31"),
        32,
        32,
    );
    says(&fault, &["nobody has written"]);
}

#[test]
fn a_misaligned_access() {
    let fault = incremented(&mutant("[%rd5]", "[%rd5+2]"), 32, 32);
    says(&fault, &["misaligned access of 4 bytes"]);
}

#[test]
fn a_dropped_barrier() {
    says(
        &reversed(&mutant("\tbar.sync 0;\n", "\n")),
        &["reverse, PTX line 48", "shared byte", "nobody has written"],
    );
}

#[test]
fn a_barrier_after_the_write_of_half_the_threads() {
    let early = "\tsetp.gt.u32 %p1, %r1, 31;\n\t@%p1 ret;\n\tbar.sync 0;\n";
    let declared = mutant("\tbar.sync 0;\n", early)
        .replace(".reg .b32 %r<5>;", ".reg .b32 %r<5>; .reg .pred %p<2>;");
    says(&reversed(&declared), &["32 of 64 threads never reach"]);
}

#[test]
fn a_race() {
    says(
        &reversed(&mutant("st.shared.u32 [%rd6]", "st.shared.u32 [%rd5]")),
        &["race: threads 0 and 1 both write"],
    );
}

#[test]
fn a_shuffle_from_absent_lanes() {
    says(
        &summed(&mutant("@%p1 bra $even;", "@%p1 bra $done;")),
        &["expects lanes 0x55555555"],
    );
}

#[test]
fn a_product_of_matrices_without_some_lanes() {
    let (simulator, stream) = simulator();
    let x = upload(&simulator, stream, &product().0);
    let y = simulator.allocate(512).expect("memory");
    let ptx = mutant("setp.lt.u32 %p1, %r1, 32", "setp.lt.u32 %p1, %r1, 31");
    let parameters: [&[u8]; 2] = [&x.0.to_le_bytes(), &y.0.to_le_bytes()];
    start(&simulator, stream, &ptx, "multiply", 1, 32, &parameters);
    says(
        &download(&simulator, stream, y, 128).expect_err("a fault"),
        &["multiply", "expects lanes 0x80000000"],
    );
}

#[test]
fn an_unknown_instruction() {
    let (simulator, _) = simulator();
    let error = simulator
        .load(&mutant("add.rn.f32", "dp2a.lo.u32.u32"))
        .expect_err("unknown");
    says(
        &error.to_string(),
        &["increment", "line 25", "dp2a.lo.u32.u32 is not known"],
    );
}

#[test]
fn a_block_that_is_too_large() {
    says(&incremented(KERNELS, 4, 2048), &["[2048, 1, 1] threads"]);
}

#[test]
fn a_block_that_is_larger_than_the_kernel_is_for() {
    let header = ".visible .entry increment(.param .u64 x, .param .u64 y, .param .u32 n)\n";
    let bounded = format!("{header}.maxntid 32, 1, 1\n.minnctapersm 2\n");
    let ptx = mutant(header, &bounded);
    says(
        &incremented(&ptx, 4, 64),
        &["64 threads of a kernel for up to 32"],
    );
}
