//! The forms of an operation that the index lists, against what is mapped and documented.

use std::collections::BTreeSet;
use std::path::Path;

use conformance::{in_place, ops};
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../../docs/from-pytorch.md");

/// What stands for each Python operator, as the document has it.
const OPERATORS: &[(&str, &str)] = &[
    ("abs", "a.abs()?"),
    ("add", "(&a + &b)?"),
    ("and_", "(&m & &n)?"),
    ("eq", "a.eq(&b)?"),
    ("ge", "a.ge(&b)?"),
    ("getitem", "x.index(0)?"),
    ("gt", "a.gt(&b)?"),
    ("invert", "(!&m)?"),
    ("le", "a.le(&b)?"),
    ("lshift", "(&m << 1)?"),
    ("lt", "a.lt(&b)?"),
    ("matmul", "a.matmul(&b)?"),
    ("mod", "(&a % &b)?"),
    ("mul", "(2.0 * &a)?"),
    ("ne", "a.ne(&b)?"),
    ("neg", "a.neg()?"),
    ("or_", "(&m \\| &n)?"),
    ("pow", "a.pow(2)?"),
    ("rshift", "(&m >> 1)?"),
    ("sub", "(&a - &b)?"),
    ("xor", "(&m ^ &n)?"),
];

fn entries() -> Vec<Value> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/cases/ops/index.json"));
    let index: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    index["entries"].as_array().unwrap().clone()
}

fn names(of: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let entries = entries().into_iter().filter(|entry| of(entry));
    entries
        .map(|entry| entry["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn every_form_in_place_has_a_method() {
    let listed = names(|entry| entry["inplace"] == true);
    // A function of `F` is assigned: `x = F::relu(&x)?`.
    let is_method = |name: &&String| !name.starts_with("nn.functional.");
    let missing: Vec<_> = listed
        .iter()
        .filter(is_method)
        .filter(|name| in_place::find(name).is_none())
        .collect();
    assert_eq!(missing, [""; 0]);
    let unknown: Vec<_> = in_place::names()
        .filter(|&name| !listed.contains(name))
        .collect();
    assert_eq!(unknown, [""; 0]);
}

#[test]
fn every_operation_out_of_place_is_mapped() {
    const ALGEBRA: [&str; 14] = [
        "cholesky_inverse",
        "cholesky_solve",
        "geqrf",
        "logdet",
        "lu",
        "lu_solve",
        "lu_unpack",
        "matrix_exp",
        "ormqr",
        "pca_lowrank",
        "pinverse",
        "svd",
        "svd_lowrank",
        "triangular_solve",
    ];
    let mut missing = names(|_| true);
    missing.retain(|name| ops::find(name).is_none());
    // Linear algebra and Fourier transforms are counted by the ratchet.
    missing.retain(|name| {
        !name.starts_with("linalg.") && !name.starts_with("fft.") && !ALGEBRA.contains(&&**name)
    });
    assert_eq!(missing, BTreeSet::new());
}

#[test]
fn every_operator_is_documented() {
    let listed: BTreeSet<String> = entries()
        .iter()
        .filter_map(|entry| Some(entry["operator"].as_str()?.to_owned()))
        .collect();
    let known: BTreeSet<String> = OPERATORS
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    assert_eq!(listed, known);
    for (name, code) in OPERATORS {
        assert!(DOCUMENT.contains(code), "{name} as `{code}`");
    }
}
