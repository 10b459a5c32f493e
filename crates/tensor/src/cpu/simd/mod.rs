//! Vectors of the processor behind one trait, and the choice among them.

mod level;
mod portable;
mod vector;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
pub(crate) use level::each_level;
pub(crate) use level::{Level, Real, Simd, Task};
pub(crate) use vector::{MOST_LANES, Vector};

#[cfg(test)]
mod tests {
    use std::fmt::Debug;
    use std::marker::PhantomData;

    use num_traits::Float;

    use super::*;

    /// Compares every operation of the level's vectors with the same on scalars.
    struct Check<T>(PhantomData<T>);

    impl<T: Real + Debug> Task for Check<T> {
        type Output = ();

        #[inline(always)]
        fn run<S: Simd>(self) {
            // SAFETY: the task runs at a level that the processor has.
            unsafe { check_vector::<T::Vector<S>>() }
        }
    }

    #[inline(always)]
    unsafe fn check_vector<V: Vector<Element: Real + Debug>>() {
        let number = |i: usize| <V::Element as num_traits::NumCast>::from(i).unwrap();
        let lanes = V::LANES;
        let x: Vec<_> = (0..lanes).map(|i| number(i * 7 % 5) - number(2)).collect();
        let y: Vec<_> = (0..lanes).map(|i| number(i * 3 % 7) + number(1)).collect();
        let z: Vec<_> = (0..lanes).map(number).collect();
        let mut out = vec![number(99); lanes + 1];
        // SAFETY: this runs with the vector's features, and all slices have at least `LANES`.
        unsafe {
            let (a, b, c) = (
                V::load(x.as_ptr()),
                V::load(y.as_ptr()),
                V::load(z.as_ptr()),
            );
            let mut expect = |vector: V, f: &dyn Fn(usize) -> V::Element| {
                vector.store(out.as_mut_ptr());
                assert_eq!(out[..lanes], (0..lanes).map(f).collect::<Vec<_>>());
                assert_eq!(out[lanes], number(99));
            };
            expect(V::splat(number(3)), &|_| number(3));
            expect(a.add(b), &|i| x[i] + y[i]);
            expect(a.sub(b), &|i| x[i] - y[i]);
            expect(a.mul(b), &|i| x[i] * y[i]);
            expect(a.div(b), &|i| x[i] / y[i]);
            expect(a.mul_add(b, c), &|i| x[i] * y[i] + z[i]);
            if cfg!(miri) && size_of::<V>() == 64 {
                println!("not tested: what miri cannot interpret of 512 bits");
            } else {
                expect(a.min(b), &|i| x[i].min(y[i]));
                expect(a.max(b), &|i| x[i].max(y[i]));
                let nan = V::splat(V::Element::nan());
                expect(nan.min(a), &|i| x[i]);
                expect(nan.max(a), &|i| x[i]);
                let both = |i: usize| if i < lanes { x[i] } else { y[i - lanes] };
                let (even, odd) = a.deinterleave(b);
                expect(even, &|i| both(2 * i));
                expect(odd, &|i| both(2 * i + 1));
            }
            assert_eq!(c.sum(), number(lanes * (lanes - 1) / 2));
            for count in 0..=lanes {
                let kept = |i| if i < count { y[i] } else { number(0) };
                expect(V::load_first(y.as_ptr(), count), &kept);
                let mut stored = x.clone();
                b.store_first(stored.as_mut_ptr(), count);
                assert!((0..lanes).all(|i| stored[i] == if i < count { y[i] } else { x[i] }));
            }
            let (rows, columns) = (lanes + 1, lanes + 2);
            let from: Vec<_> = (0..lanes * rows).map(number).collect();
            let mut to = vec![number(0); lanes * columns];
            V::transpose(|i| from.as_ptr().add(i * rows), to.as_mut_ptr(), columns);
            for (i, j) in (0..lanes).flat_map(|i| (0..lanes).map(move |j| (i, j))) {
                assert_eq!(to[j * columns + i], from[i * rows + j]);
            }
        }
    }

    #[test]
    fn vectors_of_every_level_compute_what_scalars_do() {
        each_level(|level| {
            level.run(Check::<f32>(PhantomData));
            level.run(Check::<f64>(PhantomData));
        });
    }
}
