"""Prints the samples that PyTorch's own tests (OpInfo) run an operation with, and PyTorch's results.

OpInfoTest runs it, and says which samples it knows. A sample is a line of the operation and its numbers, and a line for
each tensor, the result last: name, extents, a colon, elements. What Residual has no operation for is left out:
signals and volumes, images without a batch, tensors without elements, ceil_mode.
"""

import importlib.util
import sys
import types
import unittest

import torch

if importlib.util.find_spec("expecttest") is None:
    # PyTorch's own tests import it; their samples do without.
    sys.modules["expecttest"] = types.SimpleNamespace(TestCase=unittest.TestCase)

from torch.testing._internal.common_methods_invocations import op_db


class LeftOut(Exception):
    """The sample asks for what Residual does not have."""


def need(condition):
    if not condition:
        raise LeftOut


def pair(value):
    return list(value) * (2 // len(value)) if isinstance(value, (tuple, list)) else [value, value]


def images(*tensors):
    need(all(t.dim() == 4 and t.numel() > 0 for t in tensors))


def convolution(x, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    images(x, weight)
    kernel, stride, dilation = list(weight.shape[2:]), pair(stride), pair(dilation)
    if isinstance(padding, str):
        total = [d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel)]
        begin = [t // 2 for t in total]
        end = [t - b for t, b in zip(total, begin)]
    else:
        begin = end = pair(padding)
    tensors = {"src": x, "weights": weight}
    if bias is not None:
        tensors["bias"] = bias
    return ["conv2d", *kernel, *stride, *begin, *end, *dilation, groups], tensors


def max_pool(x, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    images(x)
    need(not ceil_mode)
    padding = pair(padding)
    return ["max_pool2d", *pair(kernel_size), *pair(stride or kernel_size), *padding, *padding, *pair(dilation)], {"src": x}


def avg_pool(x, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None):
    images(x)
    need(not ceil_mode and divisor_override is None)
    padding = pair(padding)
    numbers = [*pair(kernel_size), *pair(stride or kernel_size), *padding, *padding, 1, 1, int(count_include_pad)]
    return ["avg_pool2d", *numbers], {"src": x}


def adaptive_pool(x, output_size):
    images(x)
    size = [extent if given is None else given for given, extent in zip(pair(output_size), x.shape[2:])]
    return ["adaptive_avg_pool2d", *size], {"src": x}


def batch_norm(x, mean, variance, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5):
    images(x)
    need(mean is not None and variance is not None)
    channels = x.shape[1]
    scale = torch.ones(channels) if weight is None else weight
    shift = torch.zeros(channels) if bias is None else bias
    return ["batch_norm", int(training), 0.1, eps], {  # The momentum is of no result.
        "src": x, "scale": scale, "shift": shift, "mean": mean.clone(), "variance": variance.clone()}


def linear(x, weight, bias=None):
    need(x.dim() == 2 and weight.dim() == 2 and x.numel() > 0 and weight.numel() > 0)
    tensors = {"src": x, "weights": weight}
    if bias is not None:
        tensors["bias"] = bias
    return ["linear"], tensors


def softmax(x, dim, dtype=None):
    need(x.dim() == 2 and dim in (1, -1) and x.numel() > 0 and dtype is None)
    return ["softmax"], {"src": x}


def cross_entropy(x, target, weight=None, reduction="mean", ignore_index=-100, label_smoothing=0.0):
    need(x.dim() == 2 and x.numel() > 0 and weight is None and reduction == "mean")
    need(target.is_floating_point() or bool((target != ignore_index).all()))
    return ["cross_entropy", label_smoothing], {"src": x, "targets" if target.is_floating_point() else "labels": target}


def elementwise(name, *defaults):
    def function(x, *arguments, **options):
        need(x.numel() > 0 and x.dim() > 0)
        options.pop("inplace", None)
        given = [*arguments, *options.values()]
        need(all(isinstance(number, (int, float)) for number in given))
        return [name, *given, *defaults[len(given):]], {"src": x}

    return function


OPERATIONS = {
    "nn.functional.conv2d": convolution,
    "nn.functional.max_pool2d": max_pool,
    "nn.functional.avg_pool2d": avg_pool,
    "nn.functional.adaptive_avg_pool2d": adaptive_pool,
    "nn.functional.batch_norm": batch_norm,
    "nn.functional.linear": linear,
    "nn.functional.cross_entropy": cross_entropy,
    "softmax": softmax,
    "nn.functional.relu": elementwise("relu"),
    "nn.functional.leaky_relu": elementwise("leaky_relu", 0.01, 0.0),
    "nn.functional.hardtanh": elementwise("clip", -1.0, 1.0),
    "nn.functional.silu": elementwise("swish", 0.0, 0.0),
    "nn.functional.hardswish": elementwise("hard_swish", 1 / 6, 0.5),
    "nn.functional.hardsigmoid": elementwise("hard_sigmoid", 1 / 6, 0.5),
    "sigmoid": elementwise("sigmoid", 0.0, 0.0),
}


def show(name, tensor):
    numbers = tensor.detach().double().reshape(-1).tolist()
    print(name, *tensor.shape, ":", *(repr(number) for number in numbers))


def main():
    torch.manual_seed(1)
    left_out = 0
    for op in op_db:
        describe = OPERATIONS.get(op.name)
        if describe is None or op.variant_test_name not in ("", "with_train"):
            continue
        for sample in op.sample_inputs("cpu", torch.float64, requires_grad=False):
            try:
                words, tensors = describe(sample.input, *sample.args, **sample.kwargs)
            except LeftOut:
                left_out += 1
                continue
            print(*words)
            for name, tensor in tensors.items():
                show(name, tensor)
            result = op(sample.input, *sample.args, **sample.kwargs)
            show("dst", result[0] if isinstance(result, tuple) else result)
    print(left_out, "samples left out", file=sys.stderr)


main()
