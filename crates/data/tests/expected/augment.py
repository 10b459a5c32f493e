"""Writes what torchvision makes of a small image at random: `python augment.py`.

Each case is done to bytes and to floating point after the same seeds. Every fifth byte is kept, every
13th number of floating point, and the number that the generator draws next.
"""

import numpy
import torch
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional

NEAREST, BILINEAR = v2.InterpolationMode.NEAREST, v2.InterpolationMode.BILINEAR


def picture(height, width):
    """Waves, edges, noise, and a corner of grey."""
    y, x = numpy.mgrid[0:height, 0:width]
    waves = [128 + 100 * numpy.sin(x / 3 + y / 5), 255 * ((x // 6 + y // 4) % 2), 255 - 9 * x - y]
    noise = numpy.random.default_rng(1).normal(0, 12, (3, height, width))
    image = numpy.clip(numpy.stack(waves) + noise, 0, 255).astype(numpy.uint8)
    image[:, :5, :7] = image[:1, :5, :7]
    return torch.from_numpy(image)


def on(function, **options):
    return lambda image: function(image, **options)


CORNERS = [[0, 0], [19, 0], [19, 15], [0, 15]]
MOVED = [[2, 1], [17, 3], [18, 14], [1, 12]]

# Name, transform, seeds.
CASES = [
    ("brightness", on(functional.adjust_brightness, brightness_factor=1.3), 1),
    ("darkness", on(functional.adjust_brightness, brightness_factor=0.37), 1),
    ("contrast", on(functional.adjust_contrast, contrast_factor=1.7), 1),
    ("saturation", on(functional.adjust_saturation, saturation_factor=0.6), 1),
    ("saturated", on(functional.adjust_saturation, saturation_factor=1.7), 1),
    ("hue", on(functional.adjust_hue, hue_factor=0.3), 1),
    ("hue back", on(functional.adjust_hue, hue_factor=-0.45), 1),
    ("sharpness", on(functional.adjust_sharpness, sharpness_factor=1.9), 1),
    ("softness", on(functional.adjust_sharpness, sharpness_factor=0.3), 1),
    ("autocontrast", on(functional.autocontrast), 1),
    ("equalize", on(functional.equalize), 1),
    ("grey", v2.Grayscale(3), 1),
    ("one grey", v2.Grayscale(), 1),
    ("affine", on(functional.affine, angle=20.0, translate=[2, -1], scale=1.2, shear=[5.0, -3.0]), 1),
    ("affine bilinear", on(functional.affine, angle=-50.0, translate=[0, 3], scale=0.8,
                           shear=[10.0, 4.0], interpolation=BILINEAR, fill=[9.0, 0.5, 0.2],
                           center=[4, 5]), 1),
    ("rotate", on(functional.rotate, angle=33.0, expand=True), 1),
    ("rotate bilinear", on(functional.rotate, angle=-71.5, interpolation=BILINEAR, expand=True,
                           fill=[0.5]), 1),
    ("quarter", on(functional.rotate, angle=90.0, expand=True), 1),
    ("quarter in place", on(functional.rotate, angle=90.0), 1),
    ("perspective", on(functional.perspective, startpoints=CORNERS, endpoints=MOVED), 1),
    ("smaller", v2.Resize([7, 11], NEAREST), 1),
    ("larger", v2.Resize([23, 40], NEAREST), 1),
    ("blur", on(functional.gaussian_blur, kernel_size=[5, 3], sigma=[0.8, 1.7]), 1),
    ("pad", v2.Pad([1, 2], fill=[200, 1, 0]), 1),
    ("pad edge", v2.Pad([1, 2, 3, 4], padding_mode="edge"), 1),
    ("pad reflect", v2.Pad([1, 2, 3, 4], padding_mode="reflect"), 1),
    ("pad symmetric", v2.Pad([1, 2, 3, 4], padding_mode="symmetric"), 1),
    ("jitter", v2.ColorJitter(0.4, (0.5, 1.4), 0.6, 0.2), 4),
    ("brightness jitter", v2.ColorJitter(brightness=2.0), 1),
    ("random grey", v2.RandomGrayscale(0.5), 2),
    ("invert", v2.RandomInvert(), 2),
    ("posterize", v2.RandomPosterize(3, p=0.7), 2),
    ("solarize", v2.RandomSolarize(0.4, p=0.7), 2),
    ("random sharpness", v2.RandomAdjustSharpness(2.0), 2),
    ("random autocontrast", v2.RandomAutocontrast(), 2),
    ("random equalize", v2.RandomEqualize(), 2),
    ("rotation", v2.RandomRotation(40.0, fill=[7.0]), 3),
    ("rotation expanded", v2.RandomRotation((10, 80), BILINEAR, expand=True, fill=[0.1, 0.2, 5]), 3),
    ("rotation around", v2.RandomRotation(180.0, center=[3.0, 4.0]), 2),
    ("random affine", v2.RandomAffine(30, (0.1, 0.3), (0.5, 1.5), 10, fill=[3.0]), 3),
    ("random affine bilinear", v2.RandomAffine((5, 90), None, (0.5, 1.5), (-5, 20, 0, 9), BILINEAR), 3),
    ("random perspective", v2.RandomPerspective(0.6, p=0.8), 3),
    ("random perspective nearest", v2.RandomPerspective(0.3, 1.0, NEAREST, fill=[4.0]), 2),
    ("random blur", v2.GaussianBlur(7, (0.3, 3.0)), 2),
    ("sometimes", v2.RandomApply([v2.GaussianBlur(3)], 0.6), 3),
    ("erasing", v2.RandomErasing(0.8), 4),
    ("erasing colour", v2.RandomErasing(1.0, (0.1, 0.9), (0.5, 4.0), [0.1, 0.2, 0.9]), 3),
    ("erasing noise", v2.RandomErasing(1.0, value="random"), 2),
    ("random crop", v2.RandomCrop((16, 20), padding=[3, 2], padding_mode="reflect"), 2),
    ("random crop padded", v2.RandomCrop(18, pad_if_needed=True, fill=0.25), 2),
    ("auto imagenet", v2.AutoAugment(v2.AutoAugmentPolicy.IMAGENET), 14),
    ("auto cifar10", v2.AutoAugment(v2.AutoAugmentPolicy.CIFAR10, BILINEAR, fill=[0.5]), 14),
    ("auto svhn", v2.AutoAugment(v2.AutoAugmentPolicy.SVHN), 14),
    ("rand augment", v2.RandAugment(), 14),
    ("rand augment strong", v2.RandAugment(3, 8, 10, BILINEAR, fill=[0.2, 0.4, 0.6]), 8),
    ("trivial augment", v2.TrivialAugmentWide(), 16),
    ("augmix", v2.AugMix(), 6),
    ("augmix deep", v2.AugMix(8, 2, 3, 0.6, all_ops=False), 4),
]

image = picture(16, 20)
expected = {"image": image}
shapes = {}
for name, transform, seeds in CASES:
    for seed in range(seeds):
        torch.manual_seed(seed)
        done = transform(image)
        following = torch.rand(1)
        torch.manual_seed(seed)
        kept = transform(image / 255).flatten()[::13]
        assert torch.equal(torch.rand(1), following)
        expected[f"{name} {seed}"] = done.flatten()[::5]
        shapes[f"{name} {seed}"] = list(done.shape)
        expected[f"{name} {seed} float"] = torch.cat([kept, following])

batch = torch.stack([image, image.flip(-1), image.flip(-2)]) / 255
labels = torch.tensor([2, 0, 3])
for name, mixer in [
    ("mix", v2.MixUp(num_classes=4)),
    ("mix little", v2.MixUp(alpha=0.2, num_classes=4)),
    ("cut", v2.CutMix(num_classes=4)),
    ("cut more", v2.CutMix(alpha=3.0, num_classes=4)),
]:
    for seed in range(3):
        torch.manual_seed(seed)
        images, shares = mixer(batch, labels)
        expected[f"{name} {seed}"] = shares
        expected[f"{name} {seed} float"] = torch.cat([images.flatten()[::13], torch.rand(1)])

# One tensor of each dtype, and where in it each is.
parts = {torch.uint8: [], torch.float32: []}
places = {}
for name, value in expected.items():
    before = parts[value.dtype]
    places[name] = [list(value.shape), sum(part.numel() for part in before)]
    before.append(value.contiguous().flatten())
file = {"bytes": torch.cat(parts[torch.uint8]), "floats": torch.cat(parts[torch.float32])}
torch.save({**file, "places": places, "shapes": shapes}, "augmented.pth")
