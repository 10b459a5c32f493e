//! Which elements a launch visits, as kernels read it: see `Plan` in `kernels/strided.cuh`.

use crate::driver::Pointer;

/// Dimensions that a kernel can walk over.
pub const DIMS: usize = 8;
/// Elements of one launch, so that positions and strides of a grid fit 32 bits.
pub const LARGEST: usize = 1 << 30;

/// Where the elements of an operand lie.
#[derive(Clone, Debug)]
pub struct Operand {
    /// The first element.
    pub pointer: Pointer,
    /// Distances in elements, outermost dimension first.
    pub strides: Vec<i64>,
    /// The number of the dtype, as kernels know it.
    pub dtype: u32,
    /// Bytes of an element.
    pub size: usize,
}

impl Operand {
    fn shift(&mut self, elements: i64) {
        let bytes = elements * self.size as i64;
        self.pointer.0 = self.pointer.0.wrapping_add_signed(bytes);
    }
}

/// One launch over operands.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Elements that are visited.
    pub count: usize,
    /// The position of the first among all elements in row-major order.
    pub first: usize,
    sizes: Vec<usize>,
    operands: Vec<Operand>,
}

impl Plan {
    /// Moves each operand by so many elements.
    pub fn shift(&mut self, distances: &[i64]) {
        for (operand, distance) in self.operands.iter_mut().zip(distances) {
            operand.shift(*distance);
        }
    }

    /// The bytes of the parameter.
    pub fn bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(40 + 80 * self.operands.len());
        bytes.extend((self.count as u32).to_le_bytes());
        bytes.extend((self.sizes.len() as u32).to_le_bytes());
        let innermost_first = |i: usize| self.sizes.len().checked_sub(i + 1);
        for i in 0..DIMS {
            let size = innermost_first(i).map_or(1, |d| self.sizes[d]);
            bytes.extend((size as u32).to_le_bytes());
        }
        for operand in &self.operands {
            bytes.extend(operand.pointer.0.to_le_bytes());
            for i in 0..DIMS {
                bytes.extend(
                    innermost_first(i)
                        .map_or(0, |d| operand.strides[d])
                        .to_le_bytes(),
                );
            }
            bytes.extend(u64::from(operand.dtype).to_le_bytes());
        }
        bytes
    }
}

/// A walk over elements in row-major order that one launch can do; `None` where it takes several.
pub fn walk(sizes: &[usize], operands: Vec<Operand>) -> Option<Plan> {
    if sizes.contains(&0) {
        return Some(Plan {
            count: 0,
            first: 0,
            sizes: Vec::new(),
            operands,
        });
    }
    let mut plans = plans(sizes, operands);
    plans.pop().filter(|_| plans.is_empty())
}

/// The launches that visit all elements of operands of one shape, as few as possible.
pub fn plans(sizes: &[usize], operands: Vec<Operand>) -> Vec<Plan> {
    let mut sizes = sizes.to_vec();
    let count = sizes.iter().product();
    if count == 0 {
        return Vec::new();
    }
    let mut whole = Plan {
        count,
        first: 0,
        sizes: Vec::new(),
        operands,
    };
    collapse(&mut sizes, &mut whole.operands);
    whole.sizes = sizes;
    let (mut waiting, mut done) = (vec![whole], Vec::new());
    while let Some(plan) = waiting.pop() {
        if plan.sizes.len() <= DIMS && plan.count <= LARGEST {
            done.push(plan);
        } else {
            split(plan, &mut waiting);
        }
    }
    done
}

/// Drops dimensions of size 1, and joins neighbours that every operand walks over as one.
fn collapse(sizes: &mut Vec<usize>, operands: &mut [Operand]) {
    for d in (0..sizes.len()).rev() {
        let joined = d + 1 < sizes.len()
            && operands
                .iter()
                .all(|x| x.strides[d] == x.strides[d + 1] * sizes[d + 1] as i64);
        if joined {
            sizes[d + 1] *= sizes[d];
        }
        if joined || sizes[d] == 1 {
            sizes.remove(d);
            for operand in operands.iter_mut() {
                operand.strides.remove(d);
            }
        }
    }
}

/// Cuts the outermost dimension: in halves where too many elements are the reason, else into its slices.
fn split(plan: Plan, parts: &mut Vec<Plan>) {
    let outermost = plan.sizes[0];
    let inner = plan.count / outermost;
    let slice = |start: usize, size: usize| {
        let mut part = plan.clone();
        for operand in &mut part.operands {
            operand.shift(start as i64 * operand.strides[0]);
        }
        part.first += start * inner;
        part.count = size * inner;
        part.sizes[0] = size;
        if size == 1 {
            part.sizes.remove(0);
            for operand in &mut part.operands {
                operand.strides.remove(0);
            }
        }
        part
    };
    if plan.sizes.len() > DIMS {
        parts.extend((0..outermost).map(|start| slice(start, 1)));
    } else {
        let half = outermost / 2;
        parts.extend([slice(0, half), slice(half, outermost - half)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operand(strides: &[i64]) -> Operand {
        Operand {
            pointer: Pointer(0),
            strides: strides.to_vec(),
            dtype: 0,
            size: 4,
        }
    }

    #[test]
    fn dense_operands_are_walked_over_as_one_dimension() {
        let plans = plans(
            &[3, 1, 4, 5],
            vec![operand(&[20, 7, 5, 1]), operand(&[20, 0, 5, 1])],
        );
        assert_eq!((plans.len(), &plans[0].sizes[..]), (1, &[60][..]));
    }

    #[test]
    fn transposed_operands_keep_their_dimensions() {
        let plans = plans(&[3, 4], vec![operand(&[4, 1]), operand(&[1, 3])]);
        assert_eq!(plans[0].sizes, [3, 4]);
    }

    #[test]
    fn what_is_too_large_is_split_into_parts_that_cover_it() {
        let many: Vec<usize> = vec![2; 11];
        let strides: Vec<i64> = (0..11).map(|d| 3i64.pow(d)).collect();
        for (sizes, strides) in [(many, strides), (vec![3 << 30, 2], vec![2, 1])] {
            let total = sizes.iter().product();
            let mut plans = plans(&sizes, vec![operand(&strides)]);
            plans.sort_by_key(|plan| plan.first);
            let mut end = 0;
            for plan in plans {
                assert!(plan.sizes.len() <= DIMS && plan.count <= LARGEST && plan.first == end);
                end += plan.count;
            }
            assert_eq!(end, total);
        }
    }

    #[test]
    fn nothing_needs_no_launch() {
        assert!(plans(&[3, 0], vec![operand(&[1, 1])]).is_empty());
        assert_eq!(plans(&[], vec![operand(&[])]).len(), 1);
    }
}
