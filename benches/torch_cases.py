"""PyTorch's side of the comparison: the cases of `src/cases.rs` by name.

Reads commands line by line: `version`, `threads N`, `prepare NAME`, `run ITERATIONS`; answers each
with one line.
"""

import inspect
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

from torch_operations import CALLS, OPERANDS, SIDE


def matmul(m, k, n, dtype=torch.float32):
    a, b = torch.randn(m, k, dtype=dtype), torch.randn(k, n, dtype=dtype)
    return lambda: a @ b


def unary(shape, call):
    x = torch.randn(shape)
    return lambda: call(x)


def binary(size, call):
    a, b = torch.randn(size), torch.randn(size)
    return lambda: call(a, b)


def layer(shape, module):
    x = torch.randn(shape)

    def work():
        with torch.no_grad():
            module(x)

    return work


def conv(shape, *arguments, groups=1):
    return layer(shape, nn.Conv2d(*arguments, groups=groups))


def conv_backward(shape, from_, to, kernel):
    module = nn.Conv2d(from_, to, kernel, padding=kernel // 2)
    x = torch.randn(shape, requires_grad=True)

    def work():
        x.grad = None
        module.zero_grad()
        module(x).sum().backward()

    return work


def attention_backward(*shape):
    operands = [torch.randn(shape, requires_grad=True) for _ in range(3)]

    def work():
        for operand in operands:
            operand.grad = None
        F.scaled_dot_product_attention(*operands).sum().backward()

    return work


def backward(shape, net, forward):
    x = torch.randn(shape)

    def work():
        net.zero_grad()
        forward(net, x).sum().backward()

    return work


def recurrent(module):
    return backward((64, 32, 128), module(128, 256, 2), lambda net, x: net(x)[0])


def encoder_layer():
    return nn.TransformerEncoderLayer(256, 8, 1024, dropout=0.0, batch_first=True)


def step(optimizer, **options):
    from torchvision.models import resnet18

    parameters = list(resnet18(weights=None).parameters())
    for parameter in parameters:
        parameter.grad = torch.randn_like(parameter)
    return optimizer(parameters, lr=1e-3, fused=True, **options).step


def train_mlp():
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    x, y = torch.randn(32, 64), torch.randint(0, 10, (32,))

    def work():
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()

    return work


def model_resnet18():
    from torchvision.models import resnet18

    return layer((1, 3, 224, 224), resnet18(weights=None).eval())


CASES = {
    "matmul/64": lambda: matmul(64, 64, 64),
    "matmul/256": lambda: matmul(256, 256, 256),
    "matmul/512": lambda: matmul(512, 512, 512),
    "matmul/1024": lambda: matmul(1024, 1024, 1024),
    "matmul/2048": lambda: matmul(2048, 2048, 2048),
    "matmul/512_f64": lambda: matmul(512, 512, 512, torch.float64),
    "matmul/skinny_32_1024_10": lambda: matmul(32, 1024, 10),
    "matmul/vector_1024": lambda: matmul(1024, 1024, 1),
    "elementwise/add_16": lambda: binary(16, torch.add),
    "elementwise/add_1m": lambda: binary(1 << 20, torch.add),
    "elementwise/exp_1m": lambda: unary(1 << 20, torch.exp),
    "elementwise/gelu_1m": lambda: unary(1 << 20, F.gelu),
    "elementwise/tanh_1m": lambda: unary(1 << 20, torch.tanh),
    "reduce/sum_1m": lambda: unary(1 << 20, torch.sum),
    "reduce/sum_rows": lambda: unary((1024, 1024), lambda x: x.sum(1)),
    "reduce/sum_columns": lambda: unary((1024, 1024), lambda x: x.sum(0)),
    "reduce/max_rows": lambda: unary((1024, 1024), lambda x: x.amax(1)),
    "softmax/rows_1024": lambda: unary((1024, 1024), lambda x: x.softmax(-1)),
    "norm/layer_512": lambda: layer((64, 32, 512), nn.LayerNorm(512)),
    "norm/batch2d_train": lambda: layer((16, 64, 28, 28), nn.BatchNorm2d(64)),
    "pool/max_2x2": lambda: layer((16, 64, 56, 56), nn.MaxPool2d(2)),
    "sort/rows_1024": lambda: unary((256, 1024), lambda x: x.sort(-1)[0]),
    "conv/7x7_s2_3_64": lambda: conv((4, 3, 224, 224), 3, 64, 7, 2, 3),
    "conv/3x3_64_56": lambda: conv((4, 64, 56, 56), 64, 64, 3, 1, 1),
    "conv/3x3_256_14": lambda: conv((4, 256, 14, 14), 256, 256, 3, 1, 1),
    "conv/1x1_256_28": lambda: conv((4, 256, 28, 28), 256, 128, 1),
    "conv/depthwise_128_28": lambda: conv((4, 128, 28, 28), 128, 128, 3, 1, 1, groups=128),
    "conv/3x3_64_56_backward": lambda: conv_backward((4, 64, 56, 56), 64, 64, 3),
    "attention/1024_backward": lambda: attention_backward(2, 8, 1024, 64),
    "recurrent/lstm_backward": lambda: recurrent(nn.LSTM),
    "recurrent/gru_backward": lambda: recurrent(nn.GRU),
    "recurrent/rnn_backward": lambda: recurrent(nn.RNN),
    "transformer/encoder_backward": lambda: backward(
        (8, 128, 256), encoder_layer(), lambda net, x: net(x)
    ),
    "optim/adam_resnet18": lambda: step(torch.optim.Adam),
    "optim/adamw_resnet18": lambda: step(torch.optim.AdamW),
    "optim/sgd_resnet18": lambda: step(torch.optim.SGD, momentum=0.9),
    "train/mlp_64_128_10": train_mlp,
    "model/resnet18_1": model_resnet18,
}


def operation(name, operands, low, high):
    """A row of the operation table, looked up by its name."""
    call = CALLS.get(name)
    if call is not None:
        made = [OPERANDS[operand]() for operand in inspect.signature(call).parameters]
        return lambda: call(*made)
    aliases = {"gelu_tanh": lambda x: F.gelu(x, approximate="tanh")}
    places = [torch, torch.special, F, torch.ops.aten]
    found = [getattr(place, name) for place in places if hasattr(place, name)]
    call = aliases.get(name) or (found[0] if found else None)
    if call is None:
        return None
    made = [torch.rand(SIDE * SIDE) * (high - low) + low for _ in range(operands)]
    try:
        call(*made)
    except (TypeError, RuntimeError):
        return None
    return lambda: call(*made)


def run(work, iterations):
    start = time.perf_counter()
    for _ in range(iterations):
        work()
    return (time.perf_counter() - start) / iterations


def prepare(name, numbers):
    if not name.startswith("op/"):
        return CASES[name]()
    operands, low, high = numbers or (0, 0, 0)
    return operation(name.removeprefix("op/"), int(operands), float(low), float(high))


def main():
    work = None
    for line in sys.stdin:
        command, _, argument = line.strip().partition(" ")
        answer = "done"
        if command == "version":
            answer = f"PyTorch {torch.__version__}"
        elif command == "threads":
            torch.set_num_threads(int(argument))
        elif command == "prepare":
            name, _, numbers = argument.partition(" ")
            work = prepare(name, numbers.split())
            answer = "done" if work else "unknown"
        elif command == "run":
            answer = run(work, int(argument))
        print(answer, flush=True)


main()
