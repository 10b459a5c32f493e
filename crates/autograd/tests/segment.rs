//! Reductions of segments.

use crate::gradients::{check, leaf, numbers};
use rushlight_autograd::{ScatterReduce, Segments, Tensor, tensor};

const ALL: [ScatterReduce; 5] = [
    ScatterReduce::Sum,
    ScatterReduce::Prod,
    ScatterReduce::Mean,
    ScatterReduce::Amax,
    ScatterReduce::Amin,
];

#[test]
fn gradients_of_segments_hold_to_second_order() {
    let (lengths, offsets) = (
        tensor([2, 0, 3]).unwrap(),
        tensor([[0, 1, 3], [1, 1, 2]]).unwrap(),
    );
    let (lengths, offsets) = (Segments::Lengths(&lengths), Segments::Offsets(&offsets));
    for reduce in ALL {
        let name = format!("{reduce:?}");
        check(
            &name,
            |x| x[0].segment_reduce(reduce, lengths, 0, Some(0.25)),
            &[&[5, 2]],
        );
        check(
            &name,
            |x| x[0].segment_reduce(reduce, offsets, 1, Some(1.0)),
            &[&[2, 3, 2]],
        );
    }
}

#[test]
fn an_empty_segment_yields_what_changes_nothing() {
    let lengths = tensor([0, 2]).unwrap();
    let x = tensor([3.0, 4.0]).unwrap();
    let of_nothing = [0.0, 1.0, f64::NAN, f64::NEG_INFINITY, f64::INFINITY];
    for (reduce, expected) in ALL.into_iter().zip(of_nothing) {
        let y = x
            .segment_reduce(reduce, Segments::Lengths(&lengths), 0, None)
            .unwrap();
        let first = numbers(&y)[0];
        assert!(
            first == expected || (first.is_nan() && expected.is_nan()),
            "{reduce:?}"
        );
    }
}

#[test]
fn segments_outside_of_the_dimension_are_refused() {
    let x = leaf(&[3]);
    let reduce = |segments: Segments| x.segment_reduce(ScatterReduce::Sum, segments, 0, None);
    for lengths in [[2, 2], [1, 1], [-1, 4], [i64::MAX, i64::MAX]] {
        assert!(reduce(Segments::Lengths(&tensor(lengths).unwrap())).is_err());
    }
    for offsets in [[0, 4], [2, 1], [-1, 2]] {
        assert!(reduce(Segments::Offsets(&tensor(offsets).unwrap())).is_err());
    }
    let none = Tensor::zeros(&[0]).unwrap().long().unwrap();
    assert!(reduce(Segments::Offsets(&none)).is_err());
    assert!(reduce(Segments::Lengths(&none)).is_err());
    assert!(reduce(Segments::Lengths(&tensor([1.0, 2.0]).unwrap())).is_err());
    assert!(reduce(Segments::Lengths(&tensor([[1, 2]]).unwrap())).is_err());
    let three = tensor([3]).unwrap();
    let segments = Segments::Lengths(&three);
    assert!(
        x.segment_reduce(ScatterReduce::Sum, segments, 1, None)
            .is_err()
    );
    assert!(
        leaf(&[])
            .segment_reduce(ScatterReduce::Sum, segments, 0, None)
            .is_err()
    );
}
