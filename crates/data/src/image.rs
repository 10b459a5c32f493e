//! Decoding of PNG and JPEG files.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use png::{ColorType, Limits, Transformations};
use rushlight_autograd::Tensor;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{Error, Result, files};

/// The most bytes that a decoded image may have: 178 million pixels, where Pillow stops, too.
const MAX_BYTES: usize = 3 * 178_956_970;
/// The largest height and width.
const MAX_SIZE: usize = 1 << 16;

/// What PNG files begin with.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n";
/// What JPEG files begin with.
const JPEG: &[u8] = b"\xff\xd8";

/// Reads a PNG or JPEG file as bytes `[3, height, width]` of red, green and blue.
///
/// The content tells the format. Grey becomes all three channels, transparency is left out, as
/// Pillow's `convert("RGB")` does. PNG files decode to the bit as elsewhere; the bytes of JPEG files
/// differ a little between decoders.
///
/// # Errors
/// If the file cannot be read, is no such image, is damaged, or is larger than 178 million pixels.
pub fn read_image(path: impl AsRef<Path>) -> Result<Tensor> {
    let path = path.as_ref();
    let bytes = files::read(path)?;
    decode(&bytes).map_err(|problem| Error::malformed(path, problem))
}

/// Decodes a PNG or JPEG file that is in memory; see [`read_image`].
///
/// # Errors
/// If it is no such image, is damaged, or is larger than 178 million pixels.
pub fn decode_image(bytes: &[u8]) -> Result<Tensor> {
    decode(bytes).map_err(|problem| Error::malformed("image in memory", problem))
}

fn decode(bytes: &[u8]) -> Result<Tensor, String> {
    let decode = match bytes {
        _ if bytes.starts_with(PNG) => decode_png,
        _ if bytes.starts_with(JPEG) => decode_jpeg,
        _ => return Err("neither PNG nor JPEG".to_owned()),
    };
    // A decoder that stumbles over a damaged file must not take the program with it.
    let decoded = catch_unwind(AssertUnwindSafe(|| decode(bytes)));
    let pixels = decoded.unwrap_or_else(|_| Err("the decoder panics".to_owned()))?;
    pixels.into_tensor().map_err(|error| error.to_string())
}

/// Pixels in rows, each of one or more bytes.
struct Pixels {
    bytes: Vec<u8>,
    height: usize,
    width: usize,
    channels: usize,
}

impl Pixels {
    fn into_tensor(self) -> Result<Tensor> {
        let pixel = |pixel: &[u8]| match *pixel {
            [red, green, blue, ..] => [red, green, blue],
            [grey, ..] => [grey; 3],
            [] => [0; 3],
        };
        let pixels = self.bytes.chunks_exact(self.channels).map(pixel);
        let bytes: Vec<u8> = pixels.flatten().collect();
        let rows = Tensor::from_vec(bytes, &[self.height, self.width, 3])?;
        Ok(rows.permute(&[2, 0, 1])?.contiguous()?)
    }
}

fn decode_png(bytes: &[u8]) -> Result<Pixels, String> {
    let limits = Limits { bytes: MAX_BYTES };
    let mut decoder = png::Decoder::new_with_limits(Cursor::new(bytes), limits);
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut reader = decoder.read_info().map_err(|error| error.to_string())?;
    let size = reader.output_buffer_size();
    let size = size.filter(|&size| size <= MAX_BYTES / 3 * 4);
    let size = size.ok_or("more pixels than 178 million")?;
    let mut bytes = vec![0; size];
    let frame = reader.next_frame(&mut bytes);
    let frame = frame.map_err(|error| error.to_string())?;
    bytes.truncate(frame.buffer_size());
    let channels = match frame.color_type {
        ColorType::Grayscale => 1,
        ColorType::GrayscaleAlpha => 2,
        ColorType::Rgb => 3,
        ColorType::Rgba => 4,
        ColorType::Indexed => return Err("colours of a palette that is not there".to_owned()),
    };
    Ok(Pixels {
        bytes,
        height: frame.height as usize,
        width: frame.width as usize,
        channels,
    })
}

fn decode_jpeg(bytes: &[u8]) -> Result<Pixels, String> {
    let options = DecoderOptions::default()
        .set_max_width(MAX_SIZE)
        .set_max_height(MAX_SIZE)
        .set_strict_mode(true)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder
        .decode_headers()
        .map_err(|error| error.to_string())?;
    let size = decoder.output_buffer_size();
    if size.is_none_or(|size| size > MAX_BYTES) {
        return Err("more pixels than 178 million".to_owned());
    }
    let (width, height) = decoder.dimensions().ok_or("no size")?;
    let bytes = decoder.decode().map_err(|error| error.to_string())?;
    Ok(Pixels {
        bytes,
        height,
        width,
        channels: 3,
    })
}
