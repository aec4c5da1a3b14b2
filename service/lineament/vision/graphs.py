"""Prepare the ONNX graphs for running: free batch and image sizes, constants that fold.

Each function takes and returns a ModelProto that computes the same values as before.
"""

from collections.abc import Callable, Mapping

import onnx
from onnx import helper, numpy_helper

from lineament.vision import tflite_graph

_PRELU = ("Relu", "Abs", "Sub", "Mul", "Add")


def prepare_centerface(raw: bytes) -> onnx.ModelProto:
    """Free CenterFace's fixed 10 x 3 x 32 x 32 input."""
    model = hide_constants(onnx.load_from_string(raw))
    dimensions = (["batch", 3, "height", "width"], ["batch", None, "rows", "columns"])
    _set_dimensions(model, *dimensions)
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
    return model


def prepare_tflite(raw: bytes) -> onnx.ModelProto:
    """Convert a TFLite graph and join the PReLUs that TFLite had to spell out."""
    return join_prelus(tflite_graph.to_onnx(raw))


def hide_constants(model: onnx.ModelProto) -> onnx.ModelProto:
    """Take initialisers off the list of inputs: what can be fed cannot be folded."""
    constants = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in constants]
    del model.graph.input[:]
    model.graph.input.extend(inputs)
    return model


def join_prelus(model: onnx.ModelProto) -> onnx.ModelProto:
    """Turn relu(x) + a * (x - |x|) into PRelu(x, 2a), which reads x once instead of five times."""
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
    model: onnx.ModelProto, inputs: list[str | int | None], outputs: list[str | int | None]
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


PREPARATIONS: Mapping[str, Callable[[bytes], onnx.ModelProto]] = {
    "centerface": prepare_centerface,
    "batch": prepare_batch,
    "tflite": prepare_tflite,
}
"""By the name that models.json uses."""
