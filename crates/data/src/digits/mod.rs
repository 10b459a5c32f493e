use rushlight_autograd::Tensor;

use crate::{Result, TensorDataset};

/// Images there are.
const COUNT: usize = 1797;
/// Pixels of an image, 8 rows of 8.
const PIXELS: usize = 64;
/// A record is an image and its digit.
const RECORD: usize = PIXELS + 1;

/// See `SOURCE.md` beside it for its origin, licence and format.
static RECORDS: &[u8; COUNT * RECORD] = include_bytes!("digits.bin");

/// Handwritten digits that ship with the crate: 1,797 images and their classes from 0 to 9.
///
/// Shapes: images `[1797, 1, 8, 8]` of `f32` from 0 (paper) to 1 (ink) in steps of 1/16, and
/// labels `[1797]` of `i64`. Every class is about equally frequent. Neighbours are often by the same
/// writer, so a random split flatters a model a little.
///
/// They are the test set of *Optical Recognition of Handwritten Digits* by E. Alpaydin and
/// C. Kaynak, UCI Machine Learning Repository, licensed under CC BY 4.0.
///
/// ```
/// use rushlight_data::{Dataset, digits, random_split};
/// use rushlight_tensor::random::Generator;
///
/// # fn main() -> rushlight_data::Result<()> {
/// let digits = digits()?;
/// assert_eq!(digits.len(), 1797);
/// let [train, test] = random_split(digits, [0.8, 0.2], Some(&mut Generator::from_seed(0)))?;
/// assert_eq!((train.len(), test.len()), (1438, 359));
/// # Ok(()) }
/// ```
pub fn digits() -> Result<TensorDataset<(Tensor, Tensor)>> {
    let records = RECORDS.chunks_exact(RECORD);
    let pixels = records.clone().flat_map(|record| &record[..PIXELS]);
    let pixels: Vec<f32> = pixels.map(|&pixel| f32::from(pixel) / 16.0).collect();
    let labels: Vec<i64> = records.map(|record| record[PIXELS].into()).collect();
    let images = Tensor::from_vec(pixels, &[COUNT, 1, 8, 8])?;
    TensorDataset::new((images, Tensor::from_vec(labels, &[COUNT])?))
}
