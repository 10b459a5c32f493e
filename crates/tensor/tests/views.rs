//! Views against a naive model: an array as a list of elements beside its shape.

use proptest::prelude::*;
use rushlight_tensor::{Array, Shape};

/// Elements in row-major order. Every view of it copies, element by element.
#[derive(Debug, Clone, PartialEq)]
struct Model {
    shape: Vec<usize>,
    elements: Vec<i64>,
}

impl Model {
    fn range(shape: &[usize]) -> Model {
        let count: usize = shape.iter().product();
        Model {
            shape: shape.to_vec(),
            elements: (0..count as i64).collect(),
        }
    }

    /// The elements at the places of a new shape that `from` finds in the old one.
    fn gather(&self, shape: Vec<usize>, from: impl Fn(&[usize]) -> Vec<usize>) -> Model {
        let count: usize = shape.iter().product();
        let mut elements = Vec::with_capacity(count);
        for mut flat in 0..count {
            let mut place = vec![0; shape.len()];
            for dim in (0..shape.len()).rev() {
                place[dim] = flat % shape[dim];
                flat /= shape[dim];
            }
            let mut old = 0;
            for (at, size) in from(&place).into_iter().zip(&self.shape) {
                assert!(at < *size, "the model looks outside");
                old = old * size + at;
            }
            elements.push(self.elements[old]);
        }
        Model { shape, elements }
    }
}

/// A step from one view to the next; numbers are taken modulo what the shape has room for.
#[derive(Debug, Clone)]
enum Step {
    Narrow(usize, usize, usize),
    Slice(usize, usize, usize, usize),
    Select(usize, usize),
    Transpose(usize, usize),
    Permute(u64),
    Unsqueeze(usize),
    Squeeze(usize),
    Broadcast(usize),
    Reshape(usize),
    Unfold(usize, usize, usize),
    Diagonal(isize, usize, usize),
    Flip(usize),
}

fn step() -> impl Strategy<Value = Step> {
    use Step::*;
    let n = || 0usize..12;
    prop_oneof![
        (n(), n(), n()).prop_map(|(a, b, c)| Narrow(a, b, c)),
        (n(), n(), n(), n()).prop_map(|(a, b, c, d)| Slice(a, b, c, d)),
        (n(), n()).prop_map(|(a, b)| Select(a, b)),
        (n(), n()).prop_map(|(a, b)| Transpose(a, b)),
        any::<u64>().prop_map(Permute),
        n().prop_map(Unsqueeze),
        n().prop_map(Squeeze),
        n().prop_map(Broadcast),
        n().prop_map(Reshape),
        (n(), n(), n()).prop_map(|(a, b, c)| Unfold(a, b, c)),
        (-4isize..5, n(), n()).prop_map(|(a, b, c)| Diagonal(a, b, c)),
        n().prop_map(Flip),
    ]
}

/// Takes the step in both; `None` where the shape has no room for it.
fn take(step: &Step, array: &Array, model: &Model) -> Option<(Array, Model)> {
    let rank = model.shape.len();
    let dim = |dim: usize| (rank > 0).then(|| dim % rank);
    let shape = || model.shape.clone();
    Some(match *step {
        Step::Narrow(d, start, length) => {
            let d = dim(d)?;
            let start = start % (shape()[d] + 1);
            let length = length % (shape()[d] - start + 1);
            let mut narrowed = shape();
            narrowed[d] = length;
            let model = model.gather(narrowed, |place| moved(place, d, |at| at + start));
            (array.narrow(d as isize, start, length).unwrap(), model)
        }
        Step::Slice(d, start, end, step) => {
            let (d, step) = (dim(d)?, step % 3 + 1);
            let size = shape()[d];
            let (start, end) = (start.min(size), end.min(size));
            let mut sliced = shape();
            sliced[d] = end.saturating_sub(start).div_ceil(step);
            let model = model.gather(sliced, |place| moved(place, d, |at| start + at * step));
            (array.slice(d as isize, start, end, step).unwrap(), model)
        }
        Step::Select(d, index) => {
            let d = dim(d)?;
            let index = index.checked_rem(shape()[d])?;
            let mut rest = shape();
            rest.remove(d);
            let model = model.gather(rest, |place| inserted(place, d, index));
            (array.select(d as isize, index as i64).unwrap(), model)
        }
        Step::Transpose(a, b) => {
            let (a, b) = (dim(a)?, dim(b)?);
            let mut swapped = shape();
            swapped.swap(a, b);
            let model = model.gather(swapped, |place| {
                let mut place = place.to_vec();
                place.swap(a, b);
                place
            });
            (
                array
                    .transpose(a as isize - rank as isize, b as isize)
                    .unwrap(),
                model,
            )
        }
        Step::Permute(mut seed) => {
            let mut order: Vec<usize> = (0..rank).collect();
            for at in (1..rank).rev() {
                order.swap(at, seed as usize % (at + 1));
                seed /= at as u64 + 1;
            }
            let permuted = order.iter().map(|&d| shape()[d]).collect();
            let model = model.gather(permuted, |place| {
                let mut old = vec![0; rank];
                order.iter().zip(place).for_each(|(&d, &at)| old[d] = at);
                old
            });
            let order: Vec<isize> = order.into_iter().map(|d| d as isize).collect();
            (array.permute(&order).unwrap(), model)
        }
        Step::Unsqueeze(at) => {
            let at = at % (rank + 1);
            let mut longer = shape();
            longer.insert(at, 1);
            let model = Model {
                shape: longer,
                elements: model.elements.clone(),
            };
            (array.unsqueeze(at as isize).unwrap(), model)
        }
        Step::Squeeze(d) => {
            let d = dim(d)?;
            let mut shorter = shape();
            if shorter[d] == 1 {
                shorter.remove(d);
            }
            let model = Model {
                shape: shorter,
                elements: model.elements.clone(),
            };
            (array.squeeze(&[d as isize]).unwrap(), model)
        }
        Step::Broadcast(size) => {
            let mut wider: Vec<usize> = vec![size % 3 + 1];
            wider.extend(
                shape()
                    .iter()
                    .map(|&own| if own == 1 { size % 4 } else { own }),
            );
            let own = shape();
            let model = model.gather(wider.clone(), |place| {
                place[1..]
                    .iter()
                    .zip(&own)
                    .map(|(&at, &own)| at.min(own - 1))
                    .collect()
            });
            (
                array
                    .broadcast_to("test", &Shape::from(&wider[..]))
                    .unwrap(),
                model,
            )
        }
        Step::Reshape(size) => {
            let count: usize = shape().iter().product();
            let rows = (1..=count.min(size + 1))
                .rev()
                .find(|rows| count.is_multiple_of(*rows))?;
            let new = vec![rows, count / rows];
            let reshaped = array.reshape(&Shape::from(&new[..])).unwrap();
            (
                reshaped,
                Model {
                    shape: new,
                    elements: model.elements.clone(),
                },
            )
        }
        Step::Unfold(d, size, step) => {
            let (d, step) = (dim(d)?, step % 3 + 1);
            let size = size % (shape()[d] + 1);
            let mut unfolded = shape();
            unfolded[d] = (shape()[d] - size) / step + 1;
            unfolded.push(size);
            let model = model.gather(unfolded, |place| {
                moved(&place[..rank], d, |at| at * step + place[rank])
            });
            (array.unfold(d as isize, size, step).unwrap(), model)
        }
        Step::Diagonal(offset, a, b) => {
            let (a, b) = (dim(a)?, dim(b)?);
            if a == b {
                return None;
            }
            let skip = [(-offset).max(0) as usize, offset.max(0) as usize];
            let room = |d: usize, skip: usize| shape()[d].saturating_sub(skip);
            let length = room(a, skip[0]).min(room(b, skip[1]));
            let kept: Vec<usize> = (0..rank).filter(|d| *d != a && *d != b).collect();
            let mut shorter: Vec<usize> = kept.iter().map(|&d| shape()[d]).collect();
            shorter.push(length);
            let model = model.gather(shorter, |place| {
                let mut old = vec![0; rank];
                kept.iter().zip(place).for_each(|(&d, &at)| old[d] = at);
                let at = place[rank - 2];
                (old[a], old[b]) = (at + skip[0], at + skip[1]);
                old
            });
            (
                array.diagonal(offset, a as isize, b as isize).unwrap(),
                model,
            )
        }
        Step::Flip(d) => {
            let d = dim(d)?;
            let last = shape()[d].saturating_sub(1);
            let model = model.gather(shape(), |place| moved(place, d, |at| last - at));
            (array.flip(&[d as isize]).unwrap(), model)
        }
    })
}

fn moved(place: &[usize], dim: usize, to: impl Fn(usize) -> usize) -> Vec<usize> {
    let mut place = place.to_vec();
    place[dim] = to(place[dim]);
    place
}

fn inserted(place: &[usize], dim: usize, at: usize) -> Vec<usize> {
    let mut place = place.to_vec();
    place.insert(dim, at);
    place
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn chains_of_views_are_those_of_the_naive_model(
        shape in prop::collection::vec(0usize..5, 0..4),
        steps in prop::collection::vec(step(), 0..7),
    ) {
        let mut model = Model::range(&shape);
        let mut array = Array::from_slice(&model.elements, &shape).unwrap();
        for step in &steps {
            let Some((next, expected)) = take(step, &array, &model) else { continue };
            if expected.elements.len() > 4096 || expected.shape.len() > 6 {
                break;
            }
            prop_assert_eq!(&next.shape()[..], &expected.shape[..], "{:?}", step);
            prop_assert_eq!(next.to_vec::<i64>().unwrap(), &expected.elements[..], "{:?}", step);
            (array, model) = (next, expected);
        }
    }

    #[test]
    fn any_arguments_of_views_are_served_or_refused(
        shape in prop::collection::vec(0usize..4, 0..4),
        dim in any::<isize>(), other in -5isize..5, start in any::<usize>(), length in any::<usize>(),
        step in any::<usize>(), index in any::<i64>(), offset in any::<isize>(),
        sizes in prop::collection::vec(any::<usize>(), 0..4),
        strides in prop::collection::vec(any::<isize>(), 0..4),
    ) {
        let model = Model::range(&shape);
        let array = Array::from_slice(&model.elements, &shape).unwrap();
        for dim in [dim, other] {
            // Whatever these return, they return.
            let _ = array.narrow(dim, start, length);
            let _ = array.slice(dim, start, length, step);
            let _ = array.select(dim, index);
            let _ = array.transpose(dim, other);
            let _ = array.permute(&[dim, other]);
            let _ = array.unsqueeze(dim);
            let _ = array.squeeze(&[dim, other]);
            let _ = array.unfold(dim, length, step);
            let _ = array.diagonal(offset, dim, other);
            let _ = array.flip(&[dim, other]);
        }
        let _ = array.broadcast_to("test", &Shape::from(&sizes[..]));
        let _ = array.reshape(&Shape::from(&sizes[..]));
        let _ = array.as_strided(&sizes, &strides, start);
    }
}
