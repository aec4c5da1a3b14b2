"""Graphs that were made cheaper answer what they answered before."""

import numpy as np
import onnx
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from lineament.vision.graphs import spread_prelus
from lineament.vision.tuning import folded, scale_slopes, tuned

CHANNELS = 3


def model(slopes: list[float], *, shared: bool = False) -> onnx.ModelProto:
    """Return conv, batch normalisation, PReLU; `shared`: the conv's output is an output as well."""
    draws = np.random.default_rng(4)
    tensors = {
        "weights": draws.normal(size=(CHANNELS, CHANNELS, 3, 3)),
        "gamma": draws.uniform(0.5, 2, CHANNELS),
        "beta": draws.normal(size=CHANNELS),
        "mean": draws.normal(size=CHANNELS),
        "variance": draws.uniform(0.5, 2, CHANNELS),
        "slope": np.array(slopes).reshape(CHANNELS, 1, 1),
    }
    nodes = [
        helper.make_node("Conv", ["input", "weights"], ["conv"], pads=[1, 1, 1, 1]),
        helper.make_node(
            "BatchNormalization", ["conv", "gamma", "beta", "mean", "variance"], ["bn"]
        ),
        helper.make_node("PRelu", ["bn", "slope"], ["output"]),
    ]
    shape = ["batch", CHANNELS, 8, 8]
    outputs = [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)]
    if shared:
        outputs.append(helper.make_tensor_value_info("bn", TensorProto.FLOAT, shape))
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        outputs,
        [numpy_helper.from_array(v.astype(np.float32), name) for name, v in tensors.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)


def answer(graph: onnx.ModelProto) -> list[NDArray[np.float32]]:
    """Run a graph on two fixed inputs."""
    session = onnxruntime.InferenceSession(
        graph.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    values = np.random.default_rng(6).normal(size=(2, CHANNELS, 8, 8)).astype(np.float32)
    return list(session.run(None, {"input": values}))


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("slopes", [[0.1, 0.25, 0.9], [-0.5, 0.0, 0.3], [0.2, 1.0, 1.7]])
def test_answers_stay(slopes: list[float], shared: bool) -> None:
    """Lost: a recogniser whose vectors changed when it was made faster."""
    before = answer(model(slopes, shared=shared))
    after = answer(tuned(spread_prelus(model(slopes, shared=shared))))
    for one, other in zip(before, after, strict=True):
        assert np.abs(one - other).max() < 1e-5


def test_normalisation_goes_into_the_convolution() -> None:
    """Lost: each start works it out again."""
    kinds = [node.op_type for node in folded(model([0.1, 0.2, 0.3])).graph.node]
    assert kinds == ["Conv", "PRelu"]


def test_a_slope_costs_one_multiplication_less() -> None:
    """Lost: the time that it was done for; and with slopes above one it must not be done."""
    usual = folded(spread_prelus(model([0.1, 0.2, 0.3])))
    assert count(usual, "Mul") == 2
    assert count(scale_slopes(usual), "Mul") == 1
    steep = folded(spread_prelus(model([0.1, 0.2, 1.5])))
    assert count(scale_slopes(steep), "Mul") == 2


def count(graph: onnx.ModelProto, kind: str) -> int:
    """Return how many nodes of a kind there are."""
    return sum(node.op_type == kind for node in graph.graph.node)
