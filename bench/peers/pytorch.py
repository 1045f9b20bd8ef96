"""Measures a network with PyTorch and prints one line of JSON; bench/README.md tells more."""

import argparse
import json
import re
import sys
import time

try:
    import torch
    import torch._inductor.config
    from torch import nn
except ImportError as e:
    sys.exit(f"{sys.executable} has no torch: {e}")


class Shortcut(nn.Module):
    """Option A of the paper: every second position, and zeros for the new channels."""

    def __init__(self, channels):
        super().__init__()
        self.pad = channels // 4

    def forward(self, x):
        return nn.functional.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.pad, self.pad))


class Block(nn.Module):
    def __init__(self, convs, shortcut):
        super().__init__()
        layers = []
        for conv in convs:
            layers += [conv, nn.BatchNorm2d(conv.out_channels), nn.ReLU(inplace=True)]
        self.residual = nn.Sequential(*layers[:-1])
        self.shortcut = shortcut
        self.relu = nn.ReLU(inplace=True)

    def forward(self, x):
        y = self.residual(x)
        y += x if self.shortcut is None else self.shortcut(x)
        return self.relu(y)


def conv(i, o, k, stride=1):
    return nn.Conv2d(i, o, k, stride, k // 2, bias=False)


def block(i, width, stride, bottleneck, cifar):
    o = width * 4 if bottleneck else width
    if bottleneck:
        convs = [conv(i, width, 1), conv(width, width, 3, stride), conv(width, o, 1)]
    else:
        convs = [conv(i, width, 3, stride), conv(width, width, 3)]
    shortcut = None
    if stride != 1 or i != o:
        shortcut = Shortcut(o) if cifar else nn.Sequential(conv(i, o, 1, stride), nn.BatchNorm2d(o))
    return Block(convs, shortcut), o


def network(name):
    """The module, the size of its images and the number of its classes."""
    match = re.fullmatch(r"resnet(\d+)(-cifar)?", name)
    depth, cifar = (int(match[1]), bool(match[2])) if match else (0, False)
    plans = {18: [2, 2, 2, 2], 34: [3, 4, 6, 3], 50: [3, 4, 6, 3], 101: [3, 4, 23, 3], 152: [3, 8, 36, 3]}
    if not (cifar and depth % 6 == 2 or not cifar and depth in plans):
        sys.exit(f"bench/peers/pytorch.py has no {name}")
    width = 16 if cifar else 64
    counts = [(depth - 2) // 6] * 3 if cifar else plans[depth]
    layers = [conv(3, width, 3) if cifar else nn.Conv2d(3, width, 7, 2, 3, bias=False)]
    layers += [nn.BatchNorm2d(width), nn.ReLU(inplace=True)]
    if not cifar:
        layers.append(nn.MaxPool2d(3, 2, 1))
    channels = width
    for stage, count in enumerate(counts):
        for i in range(count):
            stride = 2 if stage > 0 and i == 0 else 1
            made, channels = block(channels, width << stage, stride, depth >= 50 and not cifar, cifar)
            layers.append(made)
    classes = 10 if cifar else 1000
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(channels, classes)]
    return nn.Sequential(*layers), 32 if cifar else 224, classes


def training(net, kind, images, labels, autocast):
    sgd = torch.optim.SGD(net.parameters(), 1e-4, momentum=0.9, weight_decay=1e-4)
    forward = torch.compile(net) if kind == "compile" else net

    def step():
        with autocast():
            loss = nn.functional.cross_entropy(forward(images), labels)
        sgd.zero_grad()
        loss.backward()
        sgd.step()

    return step


def inference(net, kind, images, autocast):
    net.eval()
    if kind == "compile":
        # Folds batch norms into the weights, and packs these once.
        torch._inductor.config.freezing = True
        forward = torch.compile(net)
    else:
        with torch.no_grad(), autocast():
            frozen = torch.jit.freeze(torch.jit.trace(net, images, check_trace=False))
            forward = torch.jit.optimize_for_inference(frozen)

    def step():
        with torch.inference_mode(), autocast():
            forward(images)

    return step


def peak_memory():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) / 1024 for line in status if line.startswith("VmHWM"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["train", "infer"], required=True)
    parser.add_argument("--kind", choices=["eager", "compile"], required=True)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--precision", choices=["f32", "bf16"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1, help="the least time of a sample")
    args = parser.parse_args()
    name, batch = re.split(r" *x *(?=\d+$)", args.workload)
    batch = int(batch)
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    net, size, classes = network(name)
    # torch.compile chooses layouts itself, and is quicker when it is not given channels last.
    layout = torch.contiguous_format if args.kind == "compile" else torch.channels_last
    net = net.to(memory_format=layout)
    images = torch.randn(batch, 3, size, size).contiguous(memory_format=layout)
    labels = torch.arange(batch) % classes

    def autocast():
        # The cache of cast weights does not go with tracing.
        return torch.autocast(
            "cpu", torch.bfloat16, enabled=args.precision == "bf16", cache_enabled=args.mode == "train"
        )

    if args.mode == "train":
        step = training(net, args.kind, images, labels, autocast)
    else:
        step = inference(net, args.kind, images, autocast)
    begin = time.perf_counter()
    for _ in range(2):
        step()
    while time.perf_counter() - begin < 2:
        step()
    samples = []
    for _ in range(args.samples):
        # As JMH: one sample is the mean over all steps within the time.
        count, begin, elapsed = 0, time.perf_counter(), 0
        while elapsed < args.seconds:
            step()
            count += 1
            elapsed = time.perf_counter() - begin
        samples.append(elapsed / count * 1e3)
    ways = {
        "eager": "channels last, training eager, inference traced, frozen and optimised for inference",
        "compile": "torch.compile, inference with frozen weights",
    }
    print(
        json.dumps(
            {
                "milliseconds": samples,
                "notes": {
                    "framework": f"PyTorch {torch.__version__} of Python, {ways[args.kind]}",
                    "peakResidentMebibytes": peak_memory(),
                },
            }
        )
    )


main()
