"""An ONNX graph in the making, out of a TensorFlow.js one, with track of the layout of images.

Names that are made here have a colon, which no name in TensorFlow.js has.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lineament.vision.tfjs_model import GraphModel, UnsupportedGraph

IMAGE_RANK = 4
TO_FIRST = (0, 3, 1, 2)
"""NHWC to NCHW."""
TO_LAST = (0, 2, 3, 1)
_OPSET = 13


class Build:
    """Collects nodes and constants.

    TensorFlow.js lays images out NHWC; the convolutions of ONNX want NCHW. Each tensor keeps the
    layout in which it was made, and is transposed only where an operator needs the other one.
    """

    def __init__(self, model: GraphModel) -> None:
        """Start with the constants of the source."""
        self._model = model
        self._nodes: list[onnx.NodeProto] = []
        self._tensors: dict[str, onnx.TensorProto] = {}
        self._inputs: list[onnx.ValueInfoProto] = []
        self._channels_first: set[str] = set()
        self._turned: dict[str, str] = {}
        """A tensor to its transposed copy."""

    def emit(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:  # noqa: ANN401 -- ONNX's attributes
        """Append a node whose output is laid out as in the source, and return the output's name."""
        self._nodes.append(helper.make_node(kind, inputs, [output], **options))
        return output

    def emit_image(self, kind: str, inputs: list[str], output: str, **options: Any) -> str:  # noqa: ANN401 -- as above
        """Append a node whose output is an image with its channels before rows."""
        self._channels_first.add(output)
        return self.emit(kind, inputs, output, **options)

    def emit_like(self, source: str, kind: str, output: str, *more: str) -> str:
        """Append a node of one tensor and plain constants, whose output is laid out as its input.

        Args:
            source: of the tensor.
            kind: ONNX's operator.
            output: name.
            more: names of ONNX constants.
        """
        if self.is_first(source):
            return self.emit_image(kind, [source, *more], output)
        return self.emit(kind, [self.last(source), *more], output)

    def add_input(self, name: str, kind: int, sides: list[int]) -> None:
        """Declare the input, an image, with a free batch size; sides are NHWC."""
        shape = ["batch", *(sides[axis] for axis in TO_FIRST[1:])]
        self._inputs.append(helper.make_tensor_value_info(name, kind, shape))
        self._channels_first.add(name)

    def constant(self, name: str, value: NDArray[Any]) -> str:
        """Add an initialiser and return its name; integers become int64, which ONNX indexes by."""
        kind = np.int64 if value.dtype == np.int32 else value.dtype
        contiguous = np.require(value, kind, "C")
        self._tensors[name] = numpy_helper.from_array(contiguous, name)
        return name

    def value(self, name: str) -> NDArray[Any]:
        """Return a constant of the source.

        Raises:
            UnsupportedGraph: the tensor is computed.
        """
        found = self._model.constants.get(name)
        if found is None:
            raise UnsupportedGraph(f"{name} is computed where a constant is expected")
        return found

    def is_constant(self, name: str) -> bool:
        """Tell whether a tensor is a constant of the source."""
        return name in self._model.constants

    def is_first(self, name: str) -> bool:
        """Tell whether a tensor is an image that was made NCHW."""
        return name in self._channels_first

    def last(self, name: str) -> str:
        """Return a tensor in the source's layout."""
        if self.is_constant(name):
            return self.constant(name, self.value(name))
        return self._turn(name, "last", TO_LAST) if self.is_first(name) else name

    def first(self, name: str) -> str:
        """Return an image, or a constant that is spread over one, with its channels before rows."""
        if not self.is_constant(name):
            return name if self.is_first(name) else self._turn(name, "first", TO_FIRST)
        value = self.value(name)
        if value.ndim:  # both line shapes up at their ends
            value = value.reshape((1,) * (IMAGE_RANK - value.ndim) + value.shape)
            value = value.transpose(TO_FIRST)
            value = value[0] if len(value) == 1 else value
        return self.constant(f"{name}:first", value)

    def finish(self) -> onnx.ModelProto:
        """Return the model, with the outputs of the source.

        Raises:
            UnsupportedGraph: shapes or types do not fit each other.
        """
        results = []
        for name, sides in self._model.outputs.items():
            if self.is_first(name):  # the output keeps its name, the image takes another
                self._rename(name, f"{name}:image")
                self.emit("Transpose", [f"{name}:image"], name, perm=TO_LAST)
            shape = ["batch", *(side if side > 0 else None for side in sides[1:])]
            results.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))
        graph = helper.make_graph(
            self._nodes, "converted", self._inputs, results, list(self._tensors.values())
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = 8
        try:
            model = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True)
            onnx.checker.check_model(model)
        except (onnx.shape_inference.InferenceError, onnx.checker.ValidationError) as error:
            raise UnsupportedGraph(f"the graph does not fit together: {error}") from error
        del model.graph.value_info[:]
        return model

    def _turn(self, name: str, layout: str, order: tuple[int, ...]) -> str:
        if name not in self._turned:
            self._turned[name] = self.emit("Transpose", [name], f"{name}:{layout}", perm=order)
        return self._turned[name]

    def _rename(self, name: str, other: str) -> None:
        for node in self._nodes:
            for names in (node.input, node.output):
                for position, found in enumerate(names):
                    if found == name:
                        names[position] = other
