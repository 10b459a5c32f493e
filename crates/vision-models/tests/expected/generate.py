"""Writes what torchvision 0.29 makes of each model after `torch.manual_seed(0)`.

`NAME.txt` is the printed model; `NAME.tsv` has a line per entry of the state: name, shape, sum of the
elements, and last what `torch.rand(1)` returns then.
"""

import torch
import torchvision

for name in ["alexnet", "resnet18", "vgg16"]:
    torch.manual_seed(0)
    model = torchvision.models.get_model(name)
    after = torch.rand(1).item()
    with open(f"{name}.txt", "w") as file:
        print(model, file=file)
    with open(f"{name}.tsv", "w") as file:
        for key, tensor in model.state_dict().items():
            print(key, list(tensor.shape), tensor.double().sum().item(), sep="\t", file=file)
        print("rand", [1], after, sep="\t", file=file)
