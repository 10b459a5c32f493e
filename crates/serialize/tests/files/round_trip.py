"""Reads a file with `weights_only`, says what is in it, and writes it again: `round_trip.py FILE`.

`FILE.zip` and `FILE.legacy` are what PyTorch writes of it, in both of its forms.
"""

import sys

import torch

path = sys.argv[1]
state = torch.load(path, weights_only=True)


def said(name, value):
    numbers = value.to(torch.float64).flatten().tolist()
    print(name, value.dtype, list(value.shape), list(value.stride()), value.storage_offset(), numbers)


for name, value in state["model"].items():
    said(name, value)
model = state["model"]
print("shared", model["view"].untyped_storage().data_ptr() == model["float32"].untyped_storage().data_ptr())
print("metadata", {key: value["version"] for key, value in model._metadata.items()})
print("rest", {key: value for key, value in state.items() if key != "model"})
torch.save(state, path + ".zip")
torch.save(state, path + ".legacy", _use_new_zipfile_serialization=False)
