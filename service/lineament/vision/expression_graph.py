"""The expression network of face-api.js as ONNX: its package holds weights, and no graph.

Four blocks of four 3 x 3 convolutions, each adding to what those before it gave; the first of a
block halves the image. All but the very first are separable: depthwise, then 1 x 1. What is left
of the image is averaged and goes through one matrix. Source: the layers' names and shapes in the
package's weights manifest, and face-api.js's documentation; checked against face-api itself.
"""

import json

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lineament.vision.tfjs_model import UnsupportedGraph, read_weights

SIDE = 112
"""Of the image that the network looks at, pixels."""
KINDS = 7
_BLOCKS = 4
_OPSET = 13


def to_onnx(manifest: bytes, weights: bytes) -> onnx.ModelProto:
    """Build the graph.

    Args:
        manifest: face_expression_model-weights_manifest.json.
        weights: face_expression_model.bin.

    Returns:
        Input `input` (batch, 3, 112, 112) float32; output `logits` (batch, 7).

    Raises:
        UnsupportedGraph: these are not the weights of that network.
    """
    try:
        specs = [spec for group in json.loads(manifest) for spec in group["weights"]]
        return _Network(read_weights(specs, weights)).build()
    except (ValueError, KeyError, TypeError) as error:
        raise UnsupportedGraph("not the weights of face-api's expression network") from error


class _Network:
    """One graph in the making."""

    def __init__(self, weights: dict[str, NDArray[np.float32]]) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: list[onnx.TensorProto] = []

    def build(self) -> onnx.ModelProto:
        image = "input"
        for number in range(_BLOCKS):
            image = self._block(f"dense{number}", image)
        pooled = self._emit("GlobalAveragePool", [image], "pooled")
        flat = self._emit("Flatten", [pooled], "flat")
        matrix, bias = (self._constant(f"fc/{part}") for part in ("weights", "bias"))
        self._emit("Gemm", [flat, matrix, bias], "logits")
        graph = helper.make_graph(
            self._nodes,
            "expression",
            [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, SIDE, SIDE])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", KINDS])],
            self._tensors,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model

    def _block(self, name: str, image: str) -> str:
        total = self._emit("Relu", [self._layer(f"{name}/conv0", image, 2)], f"{name}/0")
        image = total
        for number in (1, 2, 3):
            layer = self._layer(f"{name}/conv{number}", image, 1)
            total = self._emit("Add", [total, layer], f"{name}/sum{number}")
            image = self._emit("Relu", [total], f"{name}/{number}")
        return image

    def _layer(self, name: str, image: str, stride: int) -> str:
        bias = self._constant(f"{name}/bias")
        if f"{name}/filters" in self._weights:
            return self._convolve(f"{name}/filters", [image], bias, stride)
        depthwise = self._convolve(f"{name}/depthwise_filter", [image], "", stride)
        return self._convolve(f"{name}/pointwise_filter", [depthwise], bias, 1)

    def _convolve(self, name: str, inputs: list[str], bias: str, stride: int) -> str:
        kernel = self._weights[name]  # rows, columns, in, out; where depthwise: in, 1
        groups = kernel.shape[2] if name.endswith("depthwise_filter") else 1
        kernel = kernel.transpose((2, 3, 0, 1) if groups > 1 else (3, 2, 0, 1))
        self._tensors.append(numpy_helper.from_array(np.ascontiguousarray(kernel), name))
        return self._emit(
            "Conv",
            [*inputs, name, *([bias] if bias else [])],
            f"{name}/out",
            group=groups,
            strides=[stride, stride],
            auto_pad="SAME_UPPER",
        )

    def _constant(self, name: str) -> str:
        self._tensors.append(numpy_helper.from_array(self._weights[name], name))
        return name

    def _emit(self, kind: str, inputs: list[str], output: str, **options: object) -> str:
        self._nodes.append(helper.make_node(kind, inputs, [output], **options))
        return output
