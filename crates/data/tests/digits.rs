use rushlight_autograd::DType;
use rushlight_data::{Dataset, Result, digits};

#[test]
fn the_digits_are_those_of_the_source() -> Result<()> {
    let digits = digits()?;
    let (images, labels) = digits.tensors();
    assert_eq!(digits.len(), 1797);
    assert_eq!(
        (images.dtype(), images.shape().to_vec()),
        (DType::F32, vec![1797, 1, 8, 8])
    );
    assert_eq!(
        (labels.dtype(), labels.shape().to_vec()),
        (DType::I64, vec![1797])
    );

    let labels = labels.to_vec::<i64>()?;
    let counts: Vec<usize> = (0..10)
        .map(|class| labels.iter().filter(|&&label| label == class).count())
        .collect();
    assert_eq!(counts, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]);

    // The sum of all pixels, and the first image as the source prints it.
    let pixels: Vec<f32> = images.to_vec()?;
    assert_eq!(
        pixels
            .iter()
            .map(|pixel| f64::from(pixel * 16.0))
            .sum::<f64>(),
        PIXEL_SUM
    );
    let first: Vec<u8> = pixels[..64]
        .iter()
        .map(|pixel| (pixel * 16.0) as u8)
        .collect();
    assert_eq!(
        first[..16],
        [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0]
    );
    assert_eq!(labels[..5], [0, 1, 2, 3, 4]);
    Ok(())
}

/// As summed over `digits.csv.gz`.
const PIXEL_SUM: f64 = 561_718.0;
