"""Measures a network with PyTorch and prints one line of JSON; bench/README.md tells more."""

import argparse
import contextlib
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


class Device:
    """What computes, and what differs between a processor and a GPU.

    A rehearsal takes the way of a GPU on the processor.
    """

    def __init__(self, name, rehearsed, tf32, compile_mode):
        self.compile_mode = compile_mode
        self.like_gpu = name != "cpu"
        self.is_gpu = self.like_gpu and not rehearsed
        self.type = "cuda" if self.is_gpu else "cpu"
        self.name = name if self.is_gpu else "cpu"
        if not self.is_gpu:
            return
        if not torch.cuda.is_available():
            sys.exit(f"PyTorch {torch.__version__} of {sys.executable} finds no usable GPU")
        number = torch.device(name).index or 0
        if number >= torch.cuda.device_count():
            sys.exit(f"there is no GPU {number}: PyTorch finds {torch.cuda.device_count()}, counted from 0")
        torch.cuda.set_device(number)
        torch.backends.cudnn.benchmark = True
        torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = tf32

    def wait(self):
        if self.is_gpu:
            torch.cuda.synchronize()

    def forget_peak(self):
        if self.is_gpu:
            torch.cuda.reset_peak_memory_stats()

    def notes(self):
        notes = {"peakResidentMebibytes": peak_memory()}
        if self.is_gpu:
            notes["deviceMebibytes"] = torch.cuda.max_memory_allocated() / 2**20
        return notes

    def __str__(self):
        if not self.is_gpu:
            return "rehearsed on the processor" if self.like_gpu else self.name
        return (
            f"{torch.cuda.get_device_name()}, CUDA {torch.version.cuda}, cuDNN {torch.backends.cudnn.version()},"
            f" TF32 {'on' if torch.backends.cudnn.allow_tf32 else 'off'}"
        )


def compiled(net, device):
    return torch.compile(net, mode=device.compile_mode if device.like_gpu else None)


def training(net, kind, images, labels, autocast, device, dtype):
    sgd = torch.optim.SGD(
        net.parameters(), 1e-4, momentum=0.9, weight_decay=1e-4, fused=True if device.like_gpu else None
    )
    scaler = torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)
    forward = compiled(net, device) if kind == "compile" else net

    def step():
        sgd.zero_grad()
        with autocast():
            loss = nn.functional.cross_entropy(forward(images), labels)
        scaler.scale(loss).backward()
        scaler.step(sgd)
        scaler.update()

    return step


def inference(net, kind, images, autocast, device):
    net.eval()
    if kind == "compile":
        # Folds batch norms into the weights, and packs these once.
        torch._inductor.config.freezing = True
        forward = compiled(net, device)
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


def measure(step, device, samples, seconds):
    """The milliseconds of a step, as JMH: each sample is the mean over all steps within the time."""

    def run():
        step()
        device.wait()

    begin = time.perf_counter()
    for _ in range(2):
        run()
    while time.perf_counter() - begin < 2:
        run()
    device.forget_peak()
    milliseconds = []
    for _ in range(samples):
        count, begin, elapsed = 0, time.perf_counter(), 0
        while elapsed < seconds:
            run()
            count += 1
            elapsed = time.perf_counter() - begin
        milliseconds.append(elapsed / count * 1e3)
    return milliseconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mode", choices=["train", "infer"], required=True)
    parser.add_argument("--kind", choices=["eager", "compile"], required=True)
    parser.add_argument("--workload", required=True)
    parser.add_argument("--precision", choices=["f32", "bf16", "f16"], required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--device", default="cpu", help="cpu, cuda or cuda:N")
    parser.add_argument("--rehearse", action="store_true", help="take the way of the GPU on the processor")
    parser.add_argument("--tf32", action="store_true", help="let a GPU round factors of f32 to 10 bits of fraction")
    parser.add_argument(
        "--compile-mode", default="reduce-overhead", help="torch.compile's on a GPU; the default replays CUDA graphs"
    )
    parser.add_argument("--samples", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1, help="the least time of a sample")
    args = parser.parse_args()
    name, batch = re.split(r" *x *(?=\d+$)", args.workload)
    batch = int(batch)
    if not re.fullmatch(r"cpu|cuda(:\d+)?", args.device):
        sys.exit(f"unknown device {args.device}; there are cpu, cuda and cuda:N")
    device = Device(args.device, args.rehearse, args.tf32, args.compile_mode)
    if args.precision == "f16" and not device.like_gpu:
        sys.exit("f16 is measured on a GPU alone")
    torch.set_num_threads(args.threads)
    torch.manual_seed(1)
    net, size, classes = network(name)
    dtype = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}[args.precision]
    # On a processor, torch.compile chooses layouts itself, and is quicker when it is not given channels last.
    is_plain = args.kind == "compile" and not device.like_gpu
    layout = torch.contiguous_format if is_plain else torch.channels_last
    net = net.to(device.name, memory_format=layout)
    images = torch.randn(batch, 3, size, size).to(device.name, memory_format=layout)
    labels = (torch.arange(batch) % classes).to(device.name)
    # A GPU infers with weights that are halves once and for all.
    is_cast = args.mode == "infer" and device.like_gpu
    if is_cast:
        net, images = net.to(dtype), images.to(dtype)

    def autocast():
        if is_cast or dtype == torch.float32:
            return contextlib.nullcontext()
        # The cache of cast weights does not go with tracing.
        return torch.autocast(device.type, dtype, cache_enabled=args.mode == "train")

    if args.mode == "train":
        step = training(net, args.kind, images, labels, autocast, device, dtype)
    else:
        step = inference(net, args.kind, images, autocast, device)
    milliseconds = measure(step, device, args.samples, args.seconds)
    ways = {
        "eager": "channels last, training eager, inference traced, frozen and optimised for inference",
        "compile": "torch.compile, inference with frozen weights",
    }
    way = f"PyTorch {torch.__version__} of Python, {ways[args.kind]}"
    if device.like_gpu:
        way += f", training by autocast, inference with weights cast, {device}"
    print(json.dumps({"milliseconds": milliseconds, "notes": {"framework": way} | device.notes()}))


main()
