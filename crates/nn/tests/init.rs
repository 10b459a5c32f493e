use rushlight_autograd::{Result, Tensor};
use rushlight_nn::init;

#[test]
fn eye_and_dirac_place_their_ones() -> Result<()> {
    let matrix = Tensor::zeros(&[2, 3])?;
    init::eye_(&matrix)?;
    assert_eq!(matrix.to_vec::<f32>()?, [1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    let kernel = Tensor::zeros(&[4, 2, 3])?;
    init::dirac_(&kernel, 2)?;
    let ones: Vec<usize> = (0..24)
        .filter(|&i| kernel.to_vec::<f32>().unwrap()[i] == 1.0)
        .collect();
    assert_eq!(ones, [1, 10, 13, 22]);
    Ok(())
}

#[test]
fn shapes_that_make_no_sense_are_refused() -> Result<()> {
    let vector = Tensor::zeros(&[3])?;
    assert!(init::eye_(&vector).is_err());
    assert!(init::dirac_(&vector, 1).is_err());
    assert!(init::xavier_uniform_(&vector, 1.0).is_err());
    assert!(init::dirac_(&Tensor::zeros(&[3, 2, 1])?, 2).is_err());
    assert!(init::trunc_normal_(&vector, 0.0, 0.0, -1.0, 1.0).is_err());
    Ok(())
}
