"""Writes what torchvision 0.29 makes of models after `torch.manual_seed(0)`.

`NAME.txt` is a printed model; `NAME.tsv` has a line per entry of its state: name, shape, sum of the
elements, and last what `torch.rand(1)` returns then.

`models.tsv` has a line for each of the smallest models of each family: name, number of parameters, FNV-1a
of the printed model and of a line `name [shape]` per entry of the state, the sum of all elements of the
state and of their magnitudes, and what `torch.rand(1)` returns then. `vit_h_14.tsv` has the first three of
its model.
"""

import torch
import torchvision

MODELS = """
convnext_tiny densenet121 efficientnet_b0 efficientnet_v2_s googlenet inception_v3 maxvit_t mnasnet0_5
mobilenet_v2 mobilenet_v3_large mobilenet_v3_small regnet_x_400mf regnet_y_400mf resnet18 resnext50_32x4d
shufflenet_v2_x0_5 squeezenet1_0 squeezenet1_1 swin_t swin_v2_t vit_b_32
""".split()


def seeded(name):
    torch.manual_seed(0)
    return torchvision.models.get_model(name), torch.rand(1).item()


def fnv1a(text):
    digest = 0xCBF29CE484222325
    for byte in text.encode():
        digest = (digest ^ byte) * 0x100000001B3 % 2**64
    return f"{digest:016x}"


for name in ["alexnet", "resnet18", "vgg16"]:
    model, after = seeded(name)
    with open(f"{name}.txt", "w") as file:
        print(model, file=file)
    with open(f"{name}.tsv", "w") as file:
        for key, tensor in model.state_dict().items():
            print(key, list(tensor.shape), tensor.double().sum().item(), sep="\t", file=file)
        print("rand", [1], after, sep="\t", file=file)

with open("models.tsv", "w") as file:
    for name in MODELS:
        model, after = seeded(name)
        state = model.state_dict()
        listing = "".join(f"{key} {list(tensor.shape)}\n" for key, tensor in state.items())
        tensors = [tensor.double() for tensor in state.values()]
        print(
            name,
            sum(parameter.numel() for parameter in model.parameters()),
            fnv1a(str(model)),
            fnv1a(listing),
            sum(tensor.sum().item() for tensor in tensors),
            sum(tensor.abs().sum().item() for tensor in tensors),
            after,
            sep="\t",
            file=file,
        )

with torch.device("meta"):
    model = torchvision.models.vit_h_14()
state = model.state_dict()
listing = "".join(f"{key} {list(tensor.shape)}\n" for key, tensor in state.items())
count = sum(tensor.numel() for tensor in state.values())
with open("vit_h_14.tsv", "w") as file:
    print(count, fnv1a(str(model)), fnv1a(listing), sep="\t", file=file)
