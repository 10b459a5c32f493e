//! Random numbers, equal to those of PyTorch's CPU generator bit for bit.
//!
//! A [`Generator`] is a mersenne twister; every draw is a function that fills a slice from it. The
//! functions know nothing of shapes: PyTorch fills a tensor in the order of its memory, so the
//! caller hands over the memory and not the logical order. They check the parameters of their
//! distribution and leave the slice and the generator alone when one is wrong.
//!
//! ```
//! use rushlight_tensor::random::{Generator, uniform};
//!
//! let mut generator = Generator::from_seed(0);
//! let mut out = [0.0_f32; 2];
//! uniform(&mut generator, &mut out, 0.0, 1.0).unwrap();
//! assert_eq!(out, [0.4962566, 0.7682218]); // as torch.rand(2) after torch.manual_seed(0)
//! ```

mod default;
mod distributions;
mod element;
mod generator;
mod integers;
mod mt19937;
mod multinomial;
mod normal;
mod normal_block;
mod uniform;

pub use default::{default_generator, initial_seed, manual_seed, rng_state, seed, set_rng_state};
pub use distributions::{bernoulli, bernoulli_each, cauchy, exponential, geometric, log_normal};
pub use element::{Draw, DrawFloat, WideFloat};
pub use generator::Generator;
pub use integers::{randint, randint_from, random_full, random_full_64_bits, randperm};
pub use multinomial::multinomial;
pub use normal::{normal, normal_each, skip_normal};
pub use uniform::{skip_uniform, uniform};

#[cfg(test)]
mod tests;
