"""Writes the files beside it with PyTorch, and checks that PyTorch reads them back.

Run with torch 2.15: `python3 make.py`. All tensors count upwards, so that tests can tell their
elements without a second file.
"""

import collections
import io
import pickle
import struct
import tarfile
import warnings

import torch
from torch import nn

warnings.filterwarnings("ignore")

DTYPES = [
    torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64,
    torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
]  # fmt: skip


def counting(model):
    """Fills the tensors of a model with 0, 1, 2, ..."""
    state = model.state_dict()
    for tensor in state.values():
        tensor.copy_(torch.arange(tensor.numel()).view(tensor.shape))
    return state


def save(name, value):
    torch.save(value, f"zip_{name}.pt")
    torch.save(value, f"legacy_{name}.pt", _use_new_zipfile_serialization=False)


def save_tar(value, tensors, path):
    """The form of PyTorch 0.1, which PyTorch still reads but no longer writes."""
    storages, contents = {}, io.BytesIO()
    for tensor in tensors:
        storages.setdefault(tensor.untyped_storage()._cdata, tensor)
    pickle.dump(len(storages), contents, protocol=2)
    for key, tensor in storages.items():
        pickle.dump((key, "cpu", class_of(tensor, "Storage")), contents, protocol=2)
        raw = bytes(tensor.untyped_storage())
        contents.write(struct.pack("<q", len(raw) // tensor.element_size()) + raw)
    pickle.dump([], contents, protocol=2)

    layouts = io.BytesIO()
    pickle.dump(len(tensors), layouts, protocol=2)
    for tensor in tensors:
        storage = tensor.untyped_storage()._cdata
        pickle.dump((id(tensor), storage, class_of(tensor, "Tensor")), layouts, protocol=2)
        dims = tensor.dim()
        layouts.write(struct.pack("<ii", dims, 0))
        layout = (*tensor.shape, *tensor.stride(), tensor.storage_offset())
        layouts.write(struct.pack(f"<{dims}q{dims}qq", *layout))

    class Pickler(pickle.Pickler):
        def persistent_id(self, obj):
            return str(id(obj)) if isinstance(obj, torch.Tensor) else None

    objects = io.BytesIO()
    Pickler(objects, protocol=2).dump(value)
    with tarfile.open(path, "w:", format=tarfile.PAX_FORMAT) as tar:
        for name, part in [("pickle", objects), ("tensors", layouts), ("storages", contents)]:
            info = tarfile.TarInfo(name)
            info.size = len(part.getvalue())
            tar.addfile(info, io.BytesIO(part.getvalue()))
    torch.load(path, weights_only=False)


def class_of(tensor, suffix):
    """`torch.FloatStorage` or `torch.FloatTensor` for a float tensor, and so on."""
    return getattr(torch, tensor.type().split(".")[1].removesuffix("Tensor") + suffix)


model = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
save("state_dict", counting(model))
save("dtypes", {str(dtype): torch.arange(4).to(dtype) for dtype in DTYPES})
save("containers", {
    "numbers": [1, 300, 70000, -5, 2**70, -(2**63), 2.5, True, None, 1 + 2j],
    "bytes": (b"\x00\xff\x80", b"", bytearray(b"\xe9")),
    "text": "é漢😀",
    "set": {7},
    "size": torch.Size([2, 3]),
    "dtype": torch.bfloat16,
    "device": torch.device("cuda", 1),
    "layout": torch.strided,
    "counter": collections.Counter("aab"),
    (1, 2): {5: "nested"},
})  # fmt: skip

attributed = torch.arange(3.0)
attributed.tag = "dropped"
parameter = nn.Parameter(torch.arange(2.0), requires_grad=False)
parameter.tag = "dropped"
save("parameters", {"parameter": nn.Parameter(torch.arange(2.0)), "frozen": parameter, "tensor": attributed})

base = torch.arange(24.0).view(4, 6)
views = [base, base.t(), base[2], base[1:, ::2], base[0, :1].expand(3), base[0, 6:]]
save("views", views)
torch.save({"model": model.state_dict(), "list": [1, b"2", {3}, "x" * 300]}, "zip_protocol4.pt", pickle_protocol=4)
save_tar(dict(zip("abcdef", views)), views, "tar_views.pt")
