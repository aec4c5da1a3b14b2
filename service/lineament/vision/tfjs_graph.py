"""TensorFlow.js graph models to ONNX, for the operators that the face models are made of.

TensorFlow's own converter would bring half a gigabyte of it. The batch size is left free. An
operator or option that is not known here is refused, never guessed.
"""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from lineament.vision.tfjs_build import IMAGE_RANK, TO_FIRST, Build
from lineament.vision.tfjs_model import Node, UnsupportedGraph, read_model

_SPATIAL = [1, 2]
_UNARY = ("Relu", "Sigmoid", "Tanh", "Neg", "Abs", "Floor", "Cos", "Sin", "Exp", "Identity")
_BINARY = {
    "Add": "Add",
    "AddV2": "Add",
    "BiasAdd": "Add",
    "Sub": "Sub",
    "Mul": "Mul",
    "RealDiv": "Div",
    "Minimum": "Min",
    "Maximum": "Max",
    "Prelu": "PRelu",
}
_REDUCTIONS = {"Mean": "ReduceMean", "Max": "ReduceMax", "Min": "ReduceMin"}


def to_onnx(topology: bytes, weights: bytes) -> onnx.ModelProto:
    """Convert a graph model with one input, an image.

    Args:
        topology: model.json.
        weights: the .bin files that its manifest lists, one after the other.

    Returns:
        The same function as ONNX: input (batch, channels, height, width) float32 where the source
        has (batch, height, width, channels); outputs with the names, order and layout of the
        source.

    Raises:
        UnsupportedGraph: not a graph model, or an operator, option or type that is not known here.
    """
    model = read_model(topology, weights)
    build = Build(model)
    for node in model.nodes:
        emit = _OPERATORS.get(node.kind)
        if emit is None:
            raise UnsupportedGraph(
                f"operator {node.kind} is not known to the TensorFlow.js converter"
            )
        emit(build, node)
    return build.finish()


def _constant(build: Build, node: Node) -> None:
    build.value(node.name)  # its users write it out, each in the layout that it needs


def _placeholder(build: Build, node: Node) -> None:
    sides = node.shape()
    if len(sides) != IMAGE_RANK or min(sides[1:]) < 1 or node.dtype() != "DT_FLOAT":
        raise UnsupportedGraph(f"input {node.name} of shape {sides} is not a float image")
    build.add_input(node.name, TensorProto.FLOAT, sides)


def _unary(build: Build, node: Node) -> None:
    _activate(build, node.kind, node.inputs[0], "", node.name)


def _binary(build: Build, node: Node) -> None:
    _spread(build, _BINARY[node.kind], node.inputs, node.name)


def _spread(build: Build, kind: str, names: list[str], output: str) -> None:
    """Emit an operator that spreads one operand over the other, where both are in one layout."""
    if any(build.is_first(name) for name in names):
        build.emit_image(kind, [build.first(name) for name in names], output)
    else:
        build.emit(kind, [build.last(name) for name in names], output)


def _activate(build: Build, kind: str, source: str, slope: str, output: str) -> None:
    if kind == "Relu6":
        bounds = [build.constant(f"{output}:{end}", np.array(end, np.float32)) for end in (0, 6)]
        build.emit_like(source, "Clip", output, *bounds)
    elif kind == "Prelu":
        _spread(build, "PRelu", [source, slope], output)
    elif kind in _UNARY:
        build.emit_like(source, kind, output)
    else:
        raise UnsupportedGraph(f"{output} is fused with {kind}")


def _convolution(build: Build, node: Node) -> None:
    weights = build.value(node.inputs[1])  # rows, columns, in, out; where depthwise: in, times
    rows, columns, sources, results = weights.shape
    depthwise = "Depthwise" in node.kind
    if depthwise:
        weights = weights.transpose(2, 3, 0, 1).reshape(sources * results, 1, rows, columns)
    else:
        weights = weights.transpose(3, 2, 0, 1)
    inputs = [build.first(node.inputs[0]), build.constant(f"{node.inputs[1]}:first", weights)]
    steps = node.texts("fused_ops")
    if steps[:1] == ["BiasAdd"]:
        bias = node.inputs[2]
        inputs.append(build.constant(f"{bias}:flat", build.value(bias).reshape(-1)))
        steps = steps[1:]
    output = _before(node, steps)
    build.emit_image(
        "Conv",
        inputs,
        output,
        group=sources if depthwise else 1,
        dilations=node.numbers("dilations", [1, 1, 1, 1])[1:3],
        **_window(node, [rows, columns]),
    )
    _fused(build, node, steps, output)


def _product(build: Build, node: Node) -> None:
    first, second = node.inputs[:2]
    if node.flag("transpose_a"):
        raise UnsupportedGraph(f"{node.name} multiplies a transposed matrix")
    if node.flag("transpose_b"):
        right = build.constant(f"{second}:turned", build.value(second).T)
    else:
        right = build.last(second)
    steps = node.texts("fused_ops")
    output = _before(node, steps)
    build.emit("MatMul", [build.last(first), right], output)
    _fused(build, node, steps, output)


def _before(node: Node, steps: list[str]) -> str:
    """Return the name of what a product gives before the steps that are fused to it."""
    return f"{node.name}:product" if steps else node.name


def _fused(build: Build, node: Node, steps: list[str], source: str) -> None:
    """Emit the steps that the source has fused to a product, one node each."""
    extras = node.inputs[2:]  # bias, then the slope of a Prelu
    for number, step in enumerate(steps):
        output = node.name if number == len(steps) - 1 else f"{node.name}:{step}"
        if step == "BiasAdd":
            _spread(build, "Add", [source, extras[0]], output)
        else:
            _activate(build, step, source, extras[-1], output)
        source = output


def _pool(build: Build, node: Node) -> None:
    kind = "MaxPool" if node.kind == "MaxPool" else "AveragePool"
    window = _window(node, node.numbers("ksize")[1:3])
    build.emit_image(kind, [build.first(node.inputs[0])], node.name, **window)


def _window(node: Node, kernel: list[int]) -> dict[str, Any]:
    """Return ONNX's attributes of a convolution or pooling."""
    padding = node.text("padding")
    if padding not in ("SAME", "VALID") or node.text("data_format", "NHWC") != "NHWC":
        raise UnsupportedGraph(f"{node.name} with padding {padding}, or images not NHWC")
    return {
        "kernel_shape": kernel,
        "strides": node.numbers("strides")[1:3],
        # TensorFlow's SAME puts an odd pixel at the end, which ONNX calls upper.
        "auto_pad": "SAME_UPPER" if padding == "SAME" else "VALID",
    }


def _reduction(build: Build, node: Node) -> None:
    kind, source = _REDUCTIONS[node.kind], node.inputs[0]
    axes = [int(axis) for axis in build.value(node.inputs[1]).reshape(-1)]
    kept = node.flag("keep_dims")
    if build.is_first(source) and axes == _SPATIAL:
        emit = build.emit_image if kept else build.emit
        emit(kind, [source], node.name, axes=[2, 3], keepdims=int(kept))
    else:
        build.emit(kind, [build.last(source)], node.name, axes=axes, keepdims=int(kept))


def _softmax(build: Build, node: Node) -> None:
    build.emit("Softmax", [build.last(node.inputs[0])], node.name, axis=-1)


def _pad(build: Build, node: Node) -> None:
    source, pads = node.inputs[0], build.value(node.inputs[1])
    if build.is_first(source):
        pads = pads[list(TO_FIRST)]
    build.emit_like(
        source, "Pad", node.name, build.constant(f"{node.name}:pads", pads.T.reshape(-1))
    )


def _concatenation(build: Build, node: Node) -> None:
    *parts, axis_name = node.inputs
    axis = int(build.value(axis_name))
    if any(build.is_first(part) for part in parts):
        axis = TO_FIRST.index(axis % IMAGE_RANK)
        build.emit_image("Concat", [build.first(part) for part in parts], node.name, axis=axis)
    else:
        build.emit("Concat", [build.last(part) for part in parts], node.name, axis=axis)


_OPERATORS: Mapping[str, Callable[[Build, Node], None]] = {
    "Const": _constant,
    "Placeholder": _placeholder,
    "Conv2D": _convolution,
    "_FusedConv2D": _convolution,
    "DepthwiseConv2dNative": _convolution,
    "FusedDepthwiseConv2dNative": _convolution,
    "MatMul": _product,
    "_FusedMatMul": _product,
    "MaxPool": _pool,
    "AvgPool": _pool,
    "Relu6": _unary,
    "Softmax": _softmax,
    "Pad": _pad,
    "ConcatV2": _concatenation,
    **dict.fromkeys(_UNARY, _unary),
    **dict.fromkeys(_BINARY, _binary),
    **dict.fromkeys(_REDUCTIONS, _reduction),
}
