"""Writes what torchvision and Pillow make of small images: `python generate.py`."""

import numpy
import torch
from PIL import Image
from torchvision.transforms import InterpolationMode, functional, transforms
from torchvision.transforms._presets import ImageClassification

MODES = {"bilinear": InterpolationMode.BILINEAR, "bicubic": InterpolationMode.BICUBIC}


def picture(height, width):
    """Waves, edges and a little noise."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [128 + 100 * numpy.sin(x / 3 + y / 5), 255 * ((x // 6 + y // 4) % 2), 255 - 5 * x - y]
    noise = numpy.random.default_rng(0).normal(0, 12, (3, height, width))
    return numpy.clip(numpy.stack(waves) + noise, 0, 255).astype(numpy.uint8)


def bytes_of(image):
    return functional.pil_to_tensor(image.convert("RGB"))


expected = {}
rgb = Image.fromarray(picture(23, 37).transpose(1, 2, 0))
tensor = bytes_of(rgb)
expected["rgb.png"] = tensor

variants = {
    "rgb.png": rgb,
    "grey.png": rgb.convert("L"),
    "grey-alpha.png": rgb.convert("LA"),
    "alpha.png": rgb.convert("RGBA"),
    "palette.png": rgb.quantize(16),
    "bits.png": rgb.convert("1"),
}
for name, image in variants.items():
    image.save(name)
    expected[name] = bytes_of(Image.open(name))
for name, options in {
    "444.jpg": dict(subsampling=0),
    "420.jpg": dict(subsampling=2),
    "progressive.jpg": dict(progressive=True),
}.items():
    rgb.save(name, quality=90, **options)
    expected[name] = bytes_of(Image.open(name))
rgb.convert("L").save("grey.jpg", quality=90)
expected["grey.jpg"] = bytes_of(Image.open("grey.jpg"))

for mode, interpolation in MODES.items():
    for size in [[10], [40], [23], [1], [5, 60], [50, 7]]:
        name = f"{mode} {'x'.join(map(str, size))}"
        resize = transforms.Resize(size if len(size) == 2 else size[0], interpolation)
        expected[f"pillow {name}"] = bytes_of(resize(rgb))
        expected[f"tensor {name}"] = resize(tensor)
        if size in ([10], [5, 60]):
            expected[f"float {name}"] = resize(tensor / 255)

for size in [16, 23, 30, 45]:
    expected[f"center {size}"] = functional.center_crop(tensor, [size, size])
for mode, interpolation in MODES.items():
    preset = ImageClassification(crop_size=28, resize_size=32, interpolation=interpolation)
    expected[f"preset {mode}"] = preset(rgb)

torch.manual_seed(0)
crop = transforms.RandomResizedCrop(12)
for index in range(4):
    expected[f"random crop {index}"] = bytes_of(crop(rgb))
# No part of such a form fits.
wide = transforms.RandomResizedCrop((4, 12), scale=(0.9, 1.0), ratio=(3.0, 4.0))
expected["wide crop"] = bytes_of(wide(rgb))
flip = transforms.Compose([transforms.RandomHorizontalFlip(), transforms.RandomVerticalFlip(0.3)])
for index in range(6):
    expected[f"random flip {index}"] = bytes_of(flip(rgb))
torch.save({name: value.contiguous() for name, value in expected.items()}, "images.pth")
