"""The TFLite converter and the graph preparations."""

from collections.abc import Callable
from pathlib import Path

import flatbuffers
import numpy as np
import onnx
import onnxruntime
import pytest
import tflite
from onnx import TensorProto, helper, numpy_helper

from lineament.vision import graphs, tflite_graph
from lineament.vision.tflite_graph import UnsupportedGraph


def elementwise_model(operator: int, activation: int | None = None) -> bytes:
    """Return a TFLite model of one operator on two inputs of shape (2, 4, 4, 3)."""
    b = flatbuffers.Builder(0)

    def tensor(name: str, buffer: int) -> int:
        text = b.CreateString(name)
        tflite.TensorStartShapeVector(b, 4)
        for side in (3, 4, 4, 2):
            b.PrependInt32(side)
        shape = b.EndVector()
        tflite.TensorStart(b)
        tflite.TensorAddShape(b, shape)
        tflite.TensorAddType(b, tflite.TensorType.FLOAT32)
        tflite.TensorAddBuffer(b, buffer)
        tflite.TensorAddName(b, text)
        return tflite.TensorEnd(b)

    def vector(start: Callable, items: list[int], prepend: Callable) -> int:
        start(b, len(items))
        for item in reversed(items):
            prepend(item)
        return b.EndVector()

    tensors = vector(
        tflite.SubGraphStartTensorsVector,
        [tensor("x", 0), tensor("y", 0)],
        b.PrependUOffsetTRelative,
    )
    inputs = vector(tflite.OperatorStartInputsVector, [0, 0], b.PrependInt32)
    outputs = vector(tflite.OperatorStartOutputsVector, [1], b.PrependInt32)
    tflite.AddOptionsStart(b)
    tflite.AddOptionsAddFusedActivationFunction(b, activation or 0)
    options = tflite.AddOptionsEnd(b)
    tflite.OperatorStart(b)
    tflite.OperatorAddOpcodeIndex(b, 0)
    tflite.OperatorAddInputs(b, inputs)
    tflite.OperatorAddOutputs(b, outputs)
    tflite.OperatorAddBuiltinOptionsType(b, tflite.BuiltinOptions.AddOptions)
    tflite.OperatorAddBuiltinOptions(b, options)
    operators = vector(
        tflite.SubGraphStartOperatorsVector, [tflite.OperatorEnd(b)], b.PrependUOffsetTRelative
    )
    graph_inputs = vector(tflite.SubGraphStartInputsVector, [0], b.PrependInt32)
    graph_outputs = vector(tflite.SubGraphStartOutputsVector, [1], b.PrependInt32)
    tflite.SubGraphStart(b)
    tflite.SubGraphAddTensors(b, tensors)
    tflite.SubGraphAddInputs(b, graph_inputs)
    tflite.SubGraphAddOutputs(b, graph_outputs)
    tflite.SubGraphAddOperators(b, operators)
    subgraphs = vector(
        tflite.ModelStartSubgraphsVector, [tflite.SubGraphEnd(b)], b.PrependUOffsetTRelative
    )
    tflite.OperatorCodeStart(b)
    tflite.OperatorCodeAddDeprecatedBuiltinCode(b, operator)
    codes = vector(
        tflite.ModelStartOperatorCodesVector,
        [tflite.OperatorCodeEnd(b)],
        b.PrependUOffsetTRelative,
    )
    tflite.BufferStart(b)
    buffers = vector(
        tflite.ModelStartBuffersVector, [tflite.BufferEnd(b)], b.PrependUOffsetTRelative
    )
    tflite.ModelStart(b)
    tflite.ModelAddVersion(b, 3)
    tflite.ModelAddOperatorCodes(b, codes)
    tflite.ModelAddSubgraphs(b, subgraphs)
    tflite.ModelAddBuffers(b, buffers)
    b.Finish(tflite.ModelEnd(b), b"TFL3")
    return bytes(b.Output())


def run(model: onnx.ModelProto, values: np.ndarray) -> np.ndarray:
    """Run a graph of one input and one output."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {session.get_inputs()[0].name: values})[0]


def test_known_operator_is_converted_with_a_free_batch() -> None:
    """Faces of one photo could not be embedded in one batch."""
    model = tflite_graph.to_onnx(elementwise_model(tflite.BuiltinOperator.ADD))
    values = np.random.default_rng(1).normal(size=(5, 3, 4, 4)).astype(np.float32)
    assert np.array_equal(run(model, values), values + values)


def test_unknown_operator_is_refused() -> None:
    """A guessed operator would give wrong vectors without a word."""
    with pytest.raises(UnsupportedGraph, match="SOFTMAX"):
        tflite_graph.to_onnx(elementwise_model(tflite.BuiltinOperator.SOFTMAX))


def test_unknown_option_is_refused() -> None:
    """An activation that is dropped would give wrong vectors without a word."""
    fused = elementwise_model(tflite.BuiltinOperator.ADD, tflite.ActivationFunctionType.RELU)
    with pytest.raises(UnsupportedGraph, match="fused activation"):
        tflite_graph.to_onnx(fused)


@pytest.mark.parametrize("broken", [b"", b"TFL3", b"\x00" * 40])
def test_what_is_no_model_is_refused(broken: bytes) -> None:
    """A wrong file would be a stack trace of the flatbuffers library."""
    with pytest.raises(UnsupportedGraph):
        tflite_graph.to_onnx(broken)


def prelu_model() -> onnx.ModelProto:
    """Return PRelu on (batch, 4, 5, 5)."""
    slope = np.array([0.1, -0.7, 1.4, 0.0], np.float32).reshape(4, 1, 1)
    graph = helper.make_graph(
        [helper.make_node("PRelu", ["x", "a"], ["y"])],
        "prelu",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 4, 5, 5])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 4, 5, 5])],
        [numpy_helper.from_array(slope, "a")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    return model


def test_spread_prelu_computes_the_same() -> None:
    """The faster form would change every vector."""
    values = np.random.default_rng(2).normal(size=(3, 4, 5, 5)).astype(np.float32)
    expected = run(prelu_model(), values)
    spread = graphs.spread_prelus(prelu_model())
    assert "PRelu" not in {node.op_type for node in spread.graph.node}
    assert np.allclose(run(spread, values), expected, atol=1e-6)


def test_default_models_keep_their_batch_free(model_dir: Path) -> None:
    """A photo with several faces would fail, or take several times as long."""
    for name, channels, side in (
        ("mobilefacenet.onnx", 3, 112),
        ("sface.onnx", 3, 112),
        ("fr-landmark.onnx", 1, 64),
    ):
        model = onnx.load(model_dir / name)
        values = np.random.default_rng(3).normal(size=(3, channels, side, side)).astype(np.float32)
        together = run(model, values)
        alone = np.concatenate([run(model, values[i : i + 1]) for i in range(3)])
        assert together.shape[0] == 3
        assert np.allclose(together, alone, atol=1e-4)
