"""The operators of TensorFlow.js that work on shapes and indices.

All integers are int64 here: ONNX indexes by them, and TensorFlow's int32 fit.
"""

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray
from onnx import TensorProto

from lineament.vision.tfjs_build import Build
from lineament.vision.tfjs_model import Node, UnsupportedGraph

_TYPES = {
    "DT_FLOAT": TensorProto.FLOAT,
    "DT_INT32": TensorProto.INT64,
    "DT_BOOL": TensorProto.BOOL,
}
_DIRECT = {
    "Reshape": "Reshape",
    "Shape": "Shape",
    "LogicalAnd": "And",
    "LessEqual": "LessOrEqual",
    "GreaterEqual": "GreaterOrEqual",
    "AddN": "Sum",
    "Range": "Range",
    "Tile": "Tile",
}
_END = 2**31 - 1
"""Beyond the end of any axis."""


def _direct(build: Build, node: Node) -> None:
    build.emit(_DIRECT[node.kind], [build.last(name) for name in node.inputs], node.name)


def _products(build: Build, node: Node) -> None:
    """Emit the products of two stacks of matrices."""
    inputs = [build.last(name) for name in node.inputs]
    if node.flag("adj_x"):
        raise UnsupportedGraph(f"{node.name} multiplies transposed matrices")
    if node.flag("adj_y"):
        build.emit("Einsum", inputs, node.name, equation="...ij,...kj->...ik")
    else:
        build.emit("MatMul", inputs, node.name)


def _cast(build: Build, node: Node) -> None:
    target = _TYPES.get(node.dtype("DstT"))
    if target is None:
        raise UnsupportedGraph(f"{node.name} casts to {node.dtype('DstT')}")
    build.emit("Cast", [build.last(node.inputs[0])], node.name, to=target)


def _slice(build: Build, node: Node) -> None:
    """Emit x[a:b:c, ...], by TensorFlow's bit masks; an ellipsis only where it comes first."""
    source, *ends = node.inputs
    starts, stops, steps = (build.value(name).astype(np.int64) for name in ends)
    axes = np.arange(len(starts))
    dropped = _bits(node, "shrink_axis_mask", axes)
    for mask, values, ahead, back in (("begin", starts, 0, _END), ("end", stops, _END, -_END)):
        for axis in _bits(node, f"{mask}_mask", axes):
            values[axis] = ahead if steps[axis] > 0 else back
    for axis in dropped:  # one index; behind the last one there is no number to end at
        stops[axis] = starts[axis] + 1 if starts[axis] != -1 else _END
    ellipsis = node.number("ellipsis_mask")
    if ellipsis > 1 or node.number("new_axis_mask") or (ellipsis and dropped):
        raise UnsupportedGraph(f"{node.name} slices in a way that is not known here")
    if ellipsis:  # what follows it counts from the end
        starts, stops, steps, axes = starts[1:], stops[1:], steps[1:], axes[1:] - len(axes)
    parts = {"starts": starts, "stops": stops, "axes": axes, "steps": steps}
    names = [build.constant(f"{node.name}:{part}", value) for part, value in parts.items()]
    output = f"{node.name}:sliced" if dropped else node.name
    build.emit("Slice", [build.last(source), *names], output)
    if dropped:
        build.emit(
            "Squeeze",
            [output, build.constant(f"{node.name}:dropped", np.array(dropped))],
            node.name,
        )


def _bits(node: Node, mask: str, axes: NDArray[np.int64]) -> list[int]:
    return [int(axis) for axis in axes if node.number(mask) >> int(axis) & 1]


def _pack(build: Build, node: Node) -> None:
    axis = node.number("axis")
    axes = build.constant(f"{node.name}:axes", np.array([axis]))
    parts = [
        build.emit("Unsqueeze", [build.last(name), axes], f"{node.name}:{position}")
        for position, name in enumerate(node.inputs)
    ]
    build.emit("Concat", parts, node.name, axis=axis)


def _expand(build: Build, node: Node) -> None:
    axes = build.constant(f"{node.name}:axes", build.value(node.inputs[1]).reshape(-1))
    build.emit("Unsqueeze", [build.last(node.inputs[0]), axes], node.name)


def _squeeze(build: Build, node: Node) -> None:
    axes = build.constant(f"{node.name}:axes", np.array(node.numbers("squeeze_dims")))
    build.emit("Squeeze", [build.last(node.inputs[0]), axes], node.name)


def _transpose(build: Build, node: Node) -> None:
    order = [int(axis) for axis in build.value(node.inputs[1])]
    build.emit("Transpose", [build.last(node.inputs[0])], node.name, perm=order)


def _gather(build: Build, node: Node) -> None:
    source, indices, axis = node.inputs
    if node.number("batch_dims"):
        raise UnsupportedGraph(f"{node.name} gathers in batches")
    inputs = [build.last(source), build.last(indices)]
    build.emit("Gather", inputs, node.name, axis=int(build.value(axis)))


def _fill(build: Build, node: Node) -> None:
    shape, value = node.inputs
    build.emit("Expand", [build.last(value), build.last(shape)], node.name)


def _zeros(build: Build, node: Node) -> None:
    nothing = build.constant(f"{node.name}:zero", np.array(0, np.float32))
    build.emit("Mul", [build.last(node.inputs[0]), nothing], node.name)


def _angle(build: Build, node: Node) -> None:
    """Emit atan2(y, x), which ONNX lacks: atan(y / x), half a turn on where x is negative."""
    y, x = (build.last(name) for name in node.inputs)
    zero, half, back = (
        build.constant(f"{node.name}:{value:.0f}", np.array(value, np.float32))
        for value in (0, np.pi, -np.pi)
    )
    name = node.name
    near = build.emit("Atan", [build.emit("Div", [y, x], f"{name}:ratio")], f"{name}:near")
    below = build.emit("Less", [y, zero], f"{name}:below")
    turn = build.emit("Where", [below, back, half], f"{name}:turn")
    behind = build.emit("Less", [x, zero], f"{name}:behind")
    build.emit("Add", [near, build.emit("Where", [behind, turn, zero], f"{name}:more")], name)


SHAPE_OPERATORS: Mapping[str, Callable[[Build, Node], None]] = {
    **dict.fromkeys(_DIRECT, _direct),
    "BatchMatMulV2": _products,
    "Cast": _cast,
    "StridedSlice": _slice,
    "Pack": _pack,
    "ExpandDims": _expand,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "GatherV2": _gather,
    "Fill": _fill,
    "ZerosLike": _zeros,
    "Atan2": _angle,
}
"""By TensorFlow's name."""
