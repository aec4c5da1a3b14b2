"""TFLite graphs to ONNX, for the operators that our face recogniser is made of.

TensorFlow's own converter would bring half a gigabyte of it. Every tensor is laid out NHWC in
TFLite and NCHW in what comes out; the batch size is left free. An operator or option that is not
known here is refused, never guessed.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
import tflite
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lineament.errors import LineamentError

_OPSET = 13
_NAMES = {
    code: name for name, code in vars(tflite.BuiltinOperator).items() if isinstance(code, int)
}
_ELEMENTWISE = {"ADD": "Add", "SUB": "Sub", "MUL": "Mul", "RELU": "Relu", "ABS": "Abs"}
_OPTIONS = {"ADD": tflite.AddOptions, "SUB": tflite.SubOptions, "MUL": tflite.MulOptions}
_CONVOLUTION_RANK = 4


class UnsupportedGraph(LineamentError):
    """The graph holds something that this converter does not know; the message names it."""


def to_onnx(model: bytes) -> onnx.ModelProto:
    """Convert a float TFLite model with one input and one output.

    Args:
        model: the bytes of a .tflite file.

    Returns:
        The same function as ONNX: input (batch, channels, height, width) float32, output as in the
        source with the batch size free.

    Raises:
        UnsupportedGraph: an operator, option or tensor type that is not known here.
    """
    try:
        parsed = tflite.Model.GetRootAsModel(model, 0)
        graph_count = parsed.SubgraphsLength()
    except Exception as error:  # flatbuffers raises struct.error, IndexError, TypeError ...
        raise UnsupportedGraph("not a TFLite model") from error
    if graph_count != 1:
        raise UnsupportedGraph(f"{graph_count} subgraphs; only one is converted")
    return _Converter(parsed).convert()


class _Converter:
    """One conversion; collects nodes and constants."""

    def __init__(self, model: tflite.Model) -> None:
        self._model = model
        self._graph = model.Subgraphs(0)
        self._nodes: list[onnx.NodeProto] = []
        self._constants: dict[str, NDArray[Any]] = {}
        self._emitters: dict[str, Callable[[str, tflite.Operator, list[int], str], None]] = {
            "CONV_2D": self._convolution,
            "DEPTHWISE_CONV_2D": self._convolution,
            "RESHAPE": self._reshape,
            **dict.fromkeys(_ELEMENTWISE, self._elementwise),
        }

    def convert(self) -> onnx.ModelProto:
        """Walk the operators in their order, which TFLite keeps topological."""
        for position in range(self._graph.OperatorsLength()):
            operator = self._graph.Operators(position)
            code = self._model.OperatorCodes(operator.OpcodeIndex())
            kind = _NAMES.get(code.BuiltinCode(), str(code.BuiltinCode()))
            emit = self._emitters.get(kind)
            if emit is None:
                raise UnsupportedGraph(f"operator {kind} is not known to the TFLite converter")
            inputs = [int(index) for index in operator.InputsAsNumpy()]
            emit(kind, operator, inputs, self._name(int(operator.Outputs(0))))
        return self._assemble()

    def _assemble(self) -> onnx.ModelProto:
        source, result = int(self._graph.Inputs(0)), int(self._graph.Outputs(0))
        _, height, width, channels = self._shape(source)
        graph = helper.make_graph(
            self._nodes,
            "converted",
            [
                helper.make_tensor_value_info(
                    self._name(source), TensorProto.FLOAT, ["batch", channels, height, width]
                )
            ],
            [
                helper.make_tensor_value_info(
                    self._name(result), TensorProto.FLOAT, ["batch", *self._shape(result)[1:]]
                )
            ],
            [numpy_helper.from_array(value, name) for name, value in self._constants.items()],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)])
        model.ir_version = 8
        onnx.checker.check_model(model)
        return model

    def _name(self, index: int) -> str:
        return str(self._graph.Tensors(index).Name().decode())

    def _shape(self, index: int) -> list[int]:
        return [int(side) for side in self._graph.Tensors(index).ShapeAsNumpy()]

    def _is_constant(self, index: int) -> bool:
        return bool(self._model.Buffers(self._graph.Tensors(index).Buffer()).DataLength())

    def _value(self, index: int) -> NDArray[np.float32]:
        """Return a constant tensor in its TFLite layout."""
        tensor = self._graph.Tensors(index)
        if tensor.Type() != tflite.TensorType.FLOAT32 or not self._is_constant(index):
            raise UnsupportedGraph(f"tensor {self._name(index)} is not a float32 constant")
        raw = self._model.Buffers(tensor.Buffer()).DataAsNumpy().tobytes()
        return np.frombuffer(raw, np.float32).reshape(self._shape(index))

    def _constant(self, name: str, value: NDArray[np.float32]) -> str:
        self._constants[name] = np.ascontiguousarray(value)
        return name

    def _operand(self, index: int) -> str:
        if not self._is_constant(index):
            return self._name(index)
        value = self._value(index)
        if value.ndim > 1:
            raise UnsupportedGraph(f"constant {self._name(index)} has {value.ndim} dimensions")
        # One value a channel: the last axis there, the second here.
        return self._constant(self._name(index), value.reshape(-1, 1, 1))

    def _elementwise(
        self, kind: str, operator: tflite.Operator, inputs: list[int], output: str
    ) -> None:
        if kind in _OPTIONS:
            _require_no_activation(kind, _options(operator, _OPTIONS[kind]))
        operands = [self._operand(index) for index in inputs]
        self._nodes.append(helper.make_node(_ELEMENTWISE[kind], operands, [output]))

    def _convolution(
        self, kind: str, operator: tflite.Operator, inputs: list[int], output: str
    ) -> None:
        depthwise = kind == "DEPTHWISE_CONV_2D"
        options = _options(
            operator, tflite.DepthwiseConv2DOptions if depthwise else tflite.Conv2DOptions
        )
        _require_no_activation(kind, options)
        # (1, rows, columns, out) where depthwise, else (out, rows, columns, in).
        axes = (3, 0, 1, 2) if depthwise else (0, 3, 1, 2)
        weights = self._value(inputs[1]).transpose(axes)
        strides = [options.StrideH(), options.StrideW()]
        dilations = [options.DilationHFactor(), options.DilationWFactor()]
        shape = self._shape(inputs[0])
        if len(shape) != _CONVOLUTION_RANK or dilations != [1, 1]:
            raise UnsupportedGraph(f"{kind} with shape {shape} and dilations {dilations}")
        kernel = list(weights.shape[2:])
        self._nodes.append(
            helper.make_node(
                "Conv",
                [
                    self._name(inputs[0]),
                    self._constant(self._name(inputs[1]), weights),
                    self._constant(self._name(inputs[2]), self._value(inputs[2])),
                ],
                [output],
                group=shape[3] if depthwise else 1,
                kernel_shape=kernel,
                strides=strides,
                pads=_pads(options.Padding(), shape[1:3], kernel, strides),
            )
        )

    def _reshape(
        self, kind: str, operator: tflite.Operator, inputs: list[int], output: str
    ) -> None:
        before, after = self._shape(inputs[0]), self._shape(int(operator.Outputs(0)))
        if before[1:3] != [1, 1] or after != [before[0], before[3]]:
            # With other sides, the order of the values depends on the layout.
            raise UnsupportedGraph(f"{kind} from {before} to {after}")
        self._nodes.append(helper.make_node("Flatten", [self._name(inputs[0])], [output], axis=1))


def _options(operator: tflite.Operator, kind: Callable[[], Any]) -> Any:  # noqa: ANN401 -- a class an operator
    options = kind()
    table = operator.BuiltinOptions()
    options.Init(table.Bytes, table.Pos)
    return options


def _require_no_activation(kind: str, options: Any) -> None:  # noqa: ANN401 -- as above
    if options.FusedActivationFunction() != tflite.ActivationFunctionType.NONE:
        raise UnsupportedGraph(f"{kind} with a fused activation")


def _pads(padding: int, sides: list[int], kernel: list[int], strides: list[int]) -> list[int]:
    """Return ONNX's pads (tops, lefts, bottoms, rights) for TensorFlow's SAME or VALID."""
    if padding == tflite.Padding.VALID:
        return [0, 0, 0, 0]
    totals = [
        max((-(-side // stride) - 1) * stride + size - side, 0)
        for side, size, stride in zip(sides, kernel, strides, strict=True)
    ]
    before = [total // 2 for total in totals]
    return [*before, *(total - half for total, half in zip(totals, before, strict=True))]
