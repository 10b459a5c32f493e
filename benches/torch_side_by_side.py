"""PyTorch's side of `src/bin/side_by_side.rs`: `torch_side_by_side.py CASE[,CASE] THREADS`.

The same work under the same names, measured in the same way. `CHANNELS_LAST=1` gives images and
weights that memory format.
"""

import os
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

CONVOLUTIONS = {
    "conv3x3_64_56_n1": (64, 64, 3, 1, 1, 56, 1, 1),
    "conv3x3_64_56_n16": (64, 64, 3, 1, 1, 56, 16, 1),
    "conv3x3_128_28_n1": (128, 128, 3, 1, 1, 28, 1, 1),
    "conv3x3_256_14_n1": (256, 256, 3, 1, 1, 14, 1, 1),
    "conv3x3_512_7_n1": (512, 512, 3, 1, 1, 7, 1, 1),
    "conv7x7s2_3_224_n1": (3, 64, 7, 2, 3, 224, 1, 1),
    "conv1x1_256_64_56_n1": (256, 64, 1, 1, 0, 56, 1, 1),
    "conv1x1_960_160_7_n1": (960, 160, 1, 1, 0, 7, 1, 1),
    "conv1x1_320_1280_7_n8": (320, 1280, 1, 1, 0, 7, 8, 1),
    "conv1x1s2_256_512_56_n1": (256, 512, 1, 2, 0, 56, 1, 1),
    "conv3x3s2_3_32_224_n1": (3, 32, 3, 2, 1, 224, 1, 1),
    "conv3x3s2_256_512_14_n1": (256, 512, 3, 2, 1, 14, 1, 1),
    "convdw3x3_32_112_n1": (32, 32, 3, 1, 1, 112, 1, 32),
    "convdw3x3_96_56_n1": (96, 96, 3, 1, 1, 56, 1, 96),
    "convdw3x3_384_14_n1": (384, 384, 3, 1, 1, 14, 1, 384),
    "convdw3x3_960_7_n1": (960, 960, 3, 1, 1, 7, 1, 960),
    "convdw3x3s2_144_56_n1": (144, 144, 3, 2, 1, 56, 1, 144),
    "convdw5x5_240_28_n1": (240, 240, 5, 1, 2, 28, 1, 240),
    "convdw5x5s2_672_14_n1": (672, 672, 5, 2, 2, 14, 1, 672),
}
LARGE, ROWS = (10_000_000,), (4096, 1024)
UNARY = {
    "ew_relu": (LARGE, torch.relu),
    "ew_gelu": (LARGE, F.gelu),
    "ew_exp": (LARGE, torch.exp),
    "ew_tanh": (LARGE, torch.tanh),
    "sum_last": (ROWS, lambda x: x.sum(-1)),
    "sum_first": (ROWS, lambda x: x.sum(0)),
    "softmax": (ROWS, lambda x: x.softmax(-1)),
    "transpose_4096": ((4096, 4096), lambda x: x.t().contiguous()),
}


def formatted(images):
    last = os.environ.get("CHANNELS_LAST") == "1"
    return images.to(memory_format=torch.channels_last) if last else images


def inference(call):
    def work():
        with torch.inference_mode():
            return call()

    return work


def backward(leaves, call):
    def work():
        for leaf in leaves:
            leaf.grad = None
        call()

    return work


def gemm(sizes):
    sizes = [int(size) for size in sizes.split("x")]
    m, k, n = sizes * 3 if len(sizes) == 1 else sizes
    a, b = torch.randn(m, k), torch.randn(k, n)
    return inference(lambda: a @ b)


def convolution(name, mode):
    from_, to, kernel, stride, padding, side, batch, groups = CONVOLUTIONS[name]
    x = formatted(torch.randn(batch, from_, side, side))
    weight = formatted(torch.randn(to, from_ // groups, kernel, kernel) * 0.05)
    call = lambda: F.conv2d(x, weight, None, stride, padding, 1, groups)
    if mode == "f":
        return inference(call)
    g = torch.randn_like(call())
    leaves = [x.requires_grad_(), weight.requires_grad_()]
    return backward(leaves, lambda: call().backward(g))


def model(name, **options):
    import torchvision

    return torchvision.models.get_model(name, weights=None, **options)


def infer(case):
    name, batch = case.rsplit("_b", 1)
    net = formatted(model(name).eval())
    x = formatted(torch.randn(int(batch), 3, 224, 224))
    return inference(lambda: net(x))


def step(optimizer, loss):
    optimizer.zero_grad()
    loss().backward()
    optimizer.step()


def train(case, is_frozen):
    case, side = case.rsplit("_", 1)
    name, batch = case.rsplit("_b", 1)
    classes = 10 if is_frozen else 1000
    net = formatted(model(name, num_classes=classes))
    net.train(not is_frozen)
    if is_frozen:
        for key, parameter in net.named_parameters():
            parameter.requires_grad_(key.startswith("fc."))
    learning = [parameter for parameter in net.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(learning, 1e-4, momentum=0.9)
    x = formatted(torch.randn(int(batch), 3, int(side), int(side)))
    y = torch.randint(0, classes, (int(batch),))
    return lambda: step(optimizer, lambda: F.cross_entropy(net(x), y))


def train_mlp():
    net = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
    x, y = torch.randn(32, 64), torch.randint(0, 10, (32,))

    def work():
        for _ in range(100):
            step(optimizer, lambda: F.cross_entropy(net(x), y))

    return work


def repeated_add():
    x, y = torch.randn(16, 16), torch.full((16, 16), 1e-4)

    def work():
        z = x
        for _ in range(1000):
            z = z + y
        return z

    return inference(work)


def prepare(case):
    torch.manual_seed(0)
    if case.startswith("gemm_"):
        return gemm(case.removeprefix("gemm_"))
    if case.startswith("conv"):
        return convolution(*case.rsplit("_", 1))
    if case.startswith("infer_"):
        return infer(case.removeprefix("infer_"))
    if case.startswith(("train_", "finetune_")):
        kind, name = case.split("_", 1)
        return train(name, kind == "finetune")
    if case in UNARY:
        shape, call = UNARY[case]
        x = torch.randn(shape)
        return inference(lambda: call(x))
    if case == "ew_add":
        x, y = torch.randn(LARGE), torch.randn(LARGE)
        return inference(lambda: x + y)
    if case == "ew_badd":
        x, y = torch.randn(ROWS), torch.randn(1024)
        return inference(lambda: x + y)
    if case == "layernorm":
        x, weight = torch.randn(ROWS), torch.randn(1024)
        return inference(lambda: F.layer_norm(x, (1024,), weight, weight))
    if case == "small_add1000":
        return repeated_add()
    if case == "mlp_train100":
        return train_mlp()
    if case == "lstm_fb":
        net, x = nn.LSTM(128, 256, 2), torch.randn(64, 32, 128)
        return backward(list(net.parameters()), lambda: net(x)[0].sum().backward())
    if case == "encoder_fb":
        net = nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)
        x = torch.randn(8, 128, 256)
        return backward(list(net.parameters()), lambda: net(x).sum().backward())
    raise KeyError("unknown case")


def measure(work):
    def once():
        start = time.perf_counter()
        result = work()
        took = (time.perf_counter() - start) * 1e3
        del result
        return took

    cpu = time.process_time()
    first = once()
    if "BENCH_ONCE" in os.environ:
        cpu, time_ = time.process_time(), once()
        return time_, time_, 1, (time.process_time() - cpu) * 1e3
    if first > 8000:
        return first, first, 1, (time.process_time() - cpu) * 1e3
    budget = float(os.environ.get("BENCH_BUDGET_S", 0.6)) * 1e3
    least = int(os.environ.get("BENCH_MIN_N", 3))
    if first > 2000:
        least = 1
    else:
        spent = once()
        while spent < 0.15 * budget:
            spent += once()
    times, cpu = [], time.process_time()
    while len(times) < least or (sum(times) < budget and len(times) < 5000):
        times.append(once())
    cpu = (time.process_time() - cpu) * 1e3 / len(times)
    times.sort()
    return times[len(times) // 2], times[0], len(times), cpu


def main():
    threads = int(sys.argv[2])
    torch.set_num_threads(threads)
    for case in sys.argv[1].split(","):
        try:
            median, least, count, cpu = measure(prepare(case))
            line = f"{median:.4f}\t{least:.4f}\t{count}\t{cpu:.4f}"
        except Exception as error:
            line = f"n/a\tn/a\t0\t{error}".replace("\n", " ")
        print(f"torch\t{case}\t{threads}\t{line}", flush=True)


if __name__ == "__main__":
    main()
