use rushlight_autograd::Tensor;
use rushlight_data::{Error, Result, decode_image, read_image};
use rushlight_serialize::StateDict;
use std::path::Path;

fn file(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/expected")
        .join(name)
}

/// How far the image is from Pillow's.
fn difference(name: &str) -> Result<f64> {
    let expected = rushlight_serialize::state_dict(file("images.pth")).expect("a dict of tensors");
    let expected = Tensor::new(
        StateDict::get(&expected, name)
            .expect("it is there")
            .clone(),
    );
    let image = read_image(file(name))?;
    assert_eq!(
        (image.shape(), image.dtype()),
        (expected.shape(), expected.dtype())
    );
    Ok(image
        .double()?
        .sub(&expected.double()?)?
        .abs()?
        .max()?
        .item()?)
}

#[test]
fn png_files_decode_to_the_bit() -> Result<()> {
    for name in [
        "rgb.png",
        "grey.png",
        "grey-alpha.png",
        "alpha.png",
        "palette.png",
        "bits.png",
    ] {
        assert_eq!(difference(name)?, 0.0, "{name}");
    }
    Ok(())
}

#[test]
fn jpeg_files_decode_nearly_as_elsewhere() -> Result<()> {
    for name in ["444.jpg", "420.jpg", "progressive.jpg", "grey.jpg"] {
        let difference = difference(name)?;
        assert!(difference <= 3.0, "{name}: {difference}");
    }
    Ok(())
}

#[test]
fn damaged_images_are_errors() {
    for name in ["rgb.png", "palette.png", "444.jpg", "progressive.jpg"] {
        let bytes = std::fs::read(file(name)).expect("it is there");
        for length in 0..bytes.len() - 24 {
            // A cut may leave the whole image; what it does not may be no panic.
            let _ = decode_image(&bytes[..length]);
        }
        assert!(decode_image(&bytes[..bytes.len() / 3]).is_err(), "{name}");
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] ^= 0x5a;
            let _ = decode_image(&bytes);
        }
    }
}

#[test]
fn enormous_images_are_errors() {
    let mut bytes = std::fs::read(file("rgb.png")).expect("it is there");
    // Width and height of the header; its checksum is wrong then, too.
    bytes[16..24].fill(0x7f);
    assert!(decode_image(&bytes).is_err());
}

#[test]
fn other_files_are_errors_with_their_path() {
    let error = read_image(file("images.pth")).expect_err("no image");
    assert!(matches!(error, Error::Malformed { .. }));
    assert!(
        error
            .to_string()
            .ends_with("images.pth\": neither PNG nor JPEG")
    );
    let error = read_image(file("nowhere.png")).expect_err("no file");
    assert!(matches!(error, Error::File { .. }));
    assert!(decode_image(&[]).is_err());
}
