"""Prepare ONNX graphs for running: free batch and image sizes, foldable constants, fast PReLUs.

What comes out computes what went in did, up to rounding.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from lineament.vision import expression_graph, tfjs_graph, tflite_graph, trunk

_PRELU = ("Relu", "Abs", "Sub", "Mul", "Add")


def prepare_centerface(raw: bytes) -> onnx.ModelProto:
    """Free CenterFace's fixed 10 x 3 x 32 x 32 input."""
    model = hide_constants(onnx.load_from_string(raw))
    _set_dimensions(model, ["batch", 3, "height", "width"], ["batch", None, "rows", "columns"])
    return model


def prepare_batch(raw: bytes) -> onnx.ModelProto:
    """Let a graph that is exported with a batch of one take any number."""
    model = hide_constants(onnx.load_from_string(raw))
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "Constant":
            constants[node.output[0]] = node.attribute[0].t
    for node in model.graph.node:
        if node.op_type == "Reshape":
            shape = numpy_helper.to_array(constants[node.input[1]]).copy()
            if shape[0] == 1:
                shape[0] = 0  # ONNX: as in the input
                tensor = constants[node.input[1]]
                tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
    _set_dimensions(model, ["batch"], ["batch"])
    return spread_prelus(model)


def prepare_dequantised(raw: bytes) -> onnx.ModelProto:
    """Turn weights that are quantised by blocks into floats, then `prepare_batch`.

    They are smaller in the package only: onnxruntime would make floats of them at every start.
    """
    model = onnx.load_from_string(raw)
    graph = model.graph
    known = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    rest = []
    for node in graph.node:
        if node.op_type == "Constant":
            known[node.output[0]] = numpy_helper.to_array(node.attribute[0].t)
        elif node.op_type == "DequantizeLinear" and all(name in known for name in node.input):
            known[node.output[0]] = _dequantised(node, [known[name] for name in node.input])
        elif node.op_type == "Reshape" and all(name in known for name in node.input):
            values, shape = (known[name] for name in node.input)
            known[node.output[0]] = values.reshape(shape)
        else:
            rest.append(node)
    del graph.node[:]
    graph.node.extend(rest)
    del graph.initializer[:]
    used = {name for node in rest for name in node.input}
    graph.initializer.extend(
        numpy_helper.from_array(values, name) for name, values in known.items() if name in used
    )
    return prepare_batch(model.SerializeToString())


def prepare_tflite(raw: bytes) -> onnx.ModelProto:
    """Convert a TFLite graph, whose PReLUs are spelt out in the slowest way."""
    return spread_prelus(join_prelus(tflite_graph.to_onnx(raw)))


def prepare_trunk(raw: bytes) -> onnx.ModelProto:
    """Convert MobileFaceNet as `prepare_tflite` does, and keep its first part."""
    return trunk.cut_mobilefacenet(prepare_tflite(raw))


def prepare_tfjs(topology: bytes, weights: bytes) -> onnx.ModelProto:
    """Convert a TensorFlow.js graph, which is two files."""
    return spread_prelus(join_clips(tfjs_graph.to_onnx(topology, weights)))


def hide_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take what is constant or unused off the inputs (what can be fed cannot be folded)."""
    constants = {tensor.name for tensor in model.graph.initializer}
    used = {name for node in model.graph.node for name in node.input}
    kept = [tensor for tensor in model.graph.initializer if tensor.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    inputs = [value for value in model.graph.input if value.name in used - constants]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model


def join_clips(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn max(min(relu(x), a), b) with b <= 0 <= a into Clip(x, 0, a), which joins a convolution.

    A quarter of the time of a MobileNet that spells its activations so.
    """
    nodes = model.graph.node
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    makers = {node.output[0]: node for node in nodes}
    uses = Counter(name for node in nodes for name in node.input)
    uses.update(output.name for output in model.graph.output)
    joined: dict[str, onnx.NodeProto] = {}
    spelled: set[str] = set()
    for node in nodes:
        chain = _chain_back(node, ("Max", "Min", "Relu"), makers, uses)
        bounds = [constants[each.input[1]] for each in chain[:2] if each.input[1] in constants]
        if len(bounds) != 2 or any(each.ndim for each in bounds):  # noqa: PLR2004
            continue
        if not bounds[0] <= 0 <= bounds[1]:
            continue
        low, high = (f"{node.output[0]}:{end}" for end in ("low", "high"))
        model.graph.initializer.append(numpy_helper.from_array(np.zeros((), np.float32), low))
        model.graph.initializer.append(numpy_helper.from_array(bounds[1], high))
        inputs = [chain[2].input[0], low, high]
        joined[node.output[0]] = helper.make_node("Clip", inputs, [node.output[0]])
        spelled |= {each.output[0] for each in chain[1:]}
    kept = [joined.get(node.output[0], node) for node in nodes if node.output[0] not in spelled]
    del nodes[:]
    nodes.extend(kept)
    return hide_constants(model)


def _chain_back(
    node: onnx.NodeProto,
    kinds: Sequence[str],
    makers: Mapping[str, onnx.NodeProto],
    uses: Mapping[str, int],
) -> list[onnx.NodeProto]:
    """Return the node and those before it where they are of these kinds, else nothing.

    Each but the first must have no other user.
    """
    chain: list[onnx.NodeProto] = []
    found: onnx.NodeProto | None = node
    for kind in kinds:
        if found is None or found.op_type != kind or (chain and uses[found.output[0]] != 1):
            return []
        chain.append(found)
        found = makers.get(found.input[0])
    return chain


def join_prelus(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn relu(x) + a * (x - |x|), five nodes, into PRelu(x, 2a)."""
    nodes = list(model.graph.node)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    joined: list[onnx.NodeProto] = []
    position = 0
    while position < len(nodes):
        window = nodes[position : position + len(_PRELU)]
        slope = _spelled_slope(window)
        if slope is None:
            joined.append(nodes[position])
            position += 1
            continue
        tensor = constants[slope]
        tensor.CopyFrom(numpy_helper.from_array(2 * numpy_helper.to_array(tensor), slope))
        joined.append(
            helper.make_node("PRelu", [window[0].input[0], slope], [window[-1].output[0]])
        )
        position += len(_PRELU)
    del model.graph.node[:]
    model.graph.node.extend(joined)
    return model


def spread_prelus(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn PRelu(x, a) into a * x + (1 - a) * relu(x).

    onnxruntime has no blocked-layout kernel for PRelu and leaves that layout for each one; these
    four nodes stay in it. Figures: docs/models.md.
    """
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    spread: list[onnx.NodeProto] = []
    for node in model.graph.node:
        if node.op_type != "PRelu":
            spread.append(node)
            continue
        source, slope, result = node.input[0], constants[node.input[1]], node.output[0]
        names = {part: f"{result}/{part}" for part in ("a", "rest", "relu", "line", "bend")}
        model.graph.initializer.extend(
            [
                numpy_helper.from_array(slope, names["a"]),
                numpy_helper.from_array(1 - slope, names["rest"]),
            ]
        )
        spread += [
            helper.make_node("Relu", [source], [names["relu"]]),
            helper.make_node("Mul", [source, names["a"]], [names["line"]]),
            helper.make_node("Mul", [names["relu"], names["rest"]], [names["bend"]]),
            helper.make_node("Add", [names["line"], names["bend"]], [result]),
        ]
    del model.graph.node[:]
    model.graph.node.extend(spread)
    return hide_constants(model)


def _dequantised(
    node: onnx.NodeProto, inputs: Sequence[NDArray[np.generic]]
) -> NDArray[np.float32]:
    """Compute DequantizeLinear with blocks along one axis. Source: ONNX operators, opset 21."""
    attributes = {each.name: each.i for each in node.attribute}
    axis, block = attributes.get("axis", 1), attributes.get("block_size", 0)
    values, scales, *zeros = inputs
    if block:
        length = values.shape[axis]
        scales, *zeros = (
            np.take(np.repeat(each, block, axis), np.arange(length), axis)
            for each in (scales, *zeros)
        )
    floats = [each.astype(np.float32) for each in (values, scales, *zeros)]
    shifted = floats[0] - floats[2] if zeros else floats[0]
    return np.asarray(shifted * floats[1], np.float32)


def _spelled_slope(window: list[onnx.NodeProto]) -> str | None:
    """Return the name of `a` where the nodes spell relu(x) + a * (x - |x|)."""
    if tuple(node.op_type for node in window) != _PRELU:
        return None
    relu, absolute, difference, product, total = window
    spelled = (
        relu.input[0] == absolute.input[0] == difference.input[0]
        and difference.input[1] == absolute.output[0]
        and product.input[1] == difference.output[0]
        and set(total.input) == {relu.output[0], product.output[0]}
    )
    return str(product.input[0]) if spelled else None


def _set_dimensions(
    model: onnx.ModelProto, inputs: Sequence[str | int | None], outputs: Sequence[str | int | None]
) -> None:
    """Overwrite the leading dimensions of all inputs and outputs; None keeps one."""
    for values, dimensions in ((model.graph.input, inputs), (model.graph.output, outputs)):
        for value in values:
            for axis, side in enumerate(dimensions):
                target = value.type.tensor_type.shape.dim[axis]
                if isinstance(side, str):
                    target.dim_param = side
                elif side is not None:
                    target.dim_value = side
    del model.graph.value_info[:]


PREPARATIONS: Mapping[str, Callable[..., onnx.ModelProto]] = {
    "centerface": prepare_centerface,
    "batch": prepare_batch,
    "dequantised": prepare_dequantised,
    "tflite": prepare_tflite,
    "trunk": prepare_trunk,
    "tfjs": prepare_tfjs,
    "expression": expression_graph.to_onnx,
}
"""By the name that models.json uses; each takes the files of an entry."""
