"""The TensorFlow.js converter, on graphs written here; each result is computed apart with numpy."""

import base64
import json
from typing import Any

import numpy as np
import onnxruntime
import pytest

from lineament.vision import graphs, tfjs_graph
from lineament.vision.tfjs_model import UnsupportedGraph

RNG = np.random.default_rng(3)
SIDES = (4, 6, 3)


def text(value: str) -> dict[str, str]:
    """Return a text as TensorFlow.js stores it."""
    return {"s": base64.b64encode(value.encode()).decode()}


def texts(*values: str) -> dict[str, Any]:
    return {"list": {"s": [text(value)["s"] for value in values]}}


def numbers(*values: int) -> dict[str, Any]:
    return {"list": {"i": [str(value) for value in values]}}


def node(name: str, kind: str, *inputs: str, **attributes: Any) -> dict[str, Any]:
    return {"name": name, "op": kind, "input": list(inputs), "attr": attributes}


def model(
    nodes: list[dict[str, Any]],
    constants: dict[str, np.ndarray],
    rank: int = 4,
    quantised: str = "",
) -> tuple[bytes, bytes]:
    """Return model.json and weights of a graph from `x` to `y`."""
    sides = [{"size": str(side)} for side in (-1, *SIDES)]
    graph = [
        node("x", "Placeholder", dtype={"type": "DT_FLOAT"}, shape={"shape": {"dim": sides}}),
        *(node(name, "Const") for name in constants),
        *nodes,
    ]
    specs: list[dict[str, Any]] = []
    raw = b""
    for name, value in constants.items():
        spec: dict[str, Any] = {
            "name": name,
            "shape": list(value.shape),
            "dtype": str(value.dtype),
        }
        if quantised == "float16" and value.dtype == np.float32:
            spec["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
            value = value.astype(np.float16)  # noqa: PLW2901
        elif quantised == "uint8" and value.dtype == np.float32:
            low, scale = float(value.min()), float(np.ptp(value)) / 255
            spec["quantization"] = {"dtype": "uint8", "min": low, "scale": scale}
            value = np.round((value - low) / scale).astype(np.uint8)  # noqa: PLW2901
        specs.append(spec)
        raw += value.tobytes()
    outputs = {"y": {"name": "y:0", "tensorShape": {"dim": [{"size": "-1"}] * rank}}}
    topology = {
        "format": "graph-model",
        "signature": {"outputs": outputs},
        "modelTopology": {"node": graph},
        "weightsManifest": [{"paths": ["weights.bin"], "weights": specs}],
    }
    return json.dumps(topology).encode(), raw


def run(files: tuple[bytes, bytes], values: np.ndarray) -> np.ndarray:
    """Convert and run; `values` are NHWC, as in the source."""
    session = onnxruntime.InferenceSession(
        graphs.prepare_tfjs(*files).SerializeToString(), providers=["CPUExecutionProvider"]
    )
    return session.run(None, {"x": np.ascontiguousarray(values.transpose(0, 3, 1, 2))})[0]


def image(count: int = 2) -> np.ndarray:
    return RNG.normal(size=(count, *SIDES)).astype(np.float32)


def weights(*shape: int) -> np.ndarray:
    return RNG.normal(size=shape).astype(np.float32)


def convolve(values: np.ndarray, kernel: np.ndarray, stride: int) -> np.ndarray:
    """Return TensorFlow's SAME convolution of NHWC values, by its definition."""
    rows, columns = kernel.shape[:2]
    pads = []
    for side, size in zip(values.shape[1:3], (rows, columns), strict=True):
        total = max((-(-side // stride) - 1) * stride + size - side, 0)
        pads.append((total // 2, total - total // 2))
    padded = np.pad(values, ((0, 0), *pads, (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (rows, columns), axis=(1, 2))
    return np.einsum("nhwcij,ijco->nhwo", windows[:, ::stride, ::stride], kernel)


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("activation", ["Relu", "Relu6", "Prelu"])
def test_fused_convolution(stride: int, activation: str) -> None:
    """A pixel's shift or a lost activation would spoil every face without a word."""
    kernel, bias, slope = weights(3, 3, 3, 5), weights(5), weights(1, 1, 5)
    constants = {"k": kernel, "b": bias, **({"a": slope} if activation == "Prelu" else {})}
    conv = node(
        "y",
        "_FusedConv2D",
        "x",
        *constants,
        strides=numbers(1, stride, stride, 1),
        padding=text("SAME"),
        fused_ops=texts("BiasAdd", activation),
    )
    values = image()
    plain = convolve(values, kernel, stride) + bias
    expected = {
        "Relu": np.maximum(plain, 0),
        "Relu6": np.clip(plain, 0, 6),
        "Prelu": np.where(plain > 0, plain, plain * slope),
    }[activation]
    np.testing.assert_allclose(run(model([conv], constants), values), expected, atol=1e-5)


def test_depthwise_convolution_with_a_multiplier() -> None:
    """Channels in another order would mix what belongs apart."""
    kernel = weights(3, 3, 3, 2)
    conv = node(
        "y",
        "DepthwiseConv2dNative",
        "x",
        "k",
        strides=numbers(1, 1, 1, 1),
        padding=text("SAME"),
    )
    values = image()
    apart = [
        convolve(values[..., [channel]], kernel[:, :, [channel]], 1) for channel in range(SIDES[2])
    ]
    expected = np.concatenate(apart, axis=3)
    np.testing.assert_allclose(run(model([conv], {"k": kernel}), values), expected, atol=1e-5)


@pytest.mark.parametrize(("stored", "error"), [("float16", 2e-3), ("uint8", 2e-2)])
def test_quantised_weights_are_restored(stored: str, error: float) -> None:
    """Small packages store small numbers; read as others they are noise."""
    constants = {"k": np.linspace(-1, 1, 3).astype(np.float32)}
    values = image()
    found = run(model([node("y", "Mul", "x", "k")], constants, quantised=stored), values)
    np.testing.assert_allclose(found, values * constants["k"], atol=error * 4)


def test_mean_product_and_softmax() -> None:
    """The head of a classifier would be read in the wrong order."""
    constants = {
        "axes": np.array([1, 2], np.int32),
        "k": weights(3, 4),
        "b": weights(4),
    }
    nodes = [
        node("mean", "Mean", "x", "axes", keep_dims={"b": False}),
        node("dense", "_FusedMatMul", "mean", "k", "b", fused_ops=texts("BiasAdd")),
        node("y", "Softmax", "dense"),
    ]
    values = image()
    logits = values.mean(axis=(1, 2)) @ constants["k"] + constants["b"]
    powers = np.exp(logits)
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run(model(nodes, constants, 2), values), expected, atol=1e-5)


def test_padding_and_joining_of_channels() -> None:
    """The mesh networks widen images by empty channels; at another axis they would fail."""
    constants = {
        "pads": np.array([[0, 0], [0, 1], [2, 0], [0, 3]], np.int32),
        "axis": np.array(3, np.int32),
    }
    nodes = [node("pad", "Pad", "x", "pads"), node("y", "ConcatV2", "pad", "pad", "axis")]
    values = image()
    padded = np.pad(values, ((0, 0), (0, 1), (2, 0), (0, 3)))
    expected = np.concatenate([padded, padded], axis=3)
    assert np.array_equal(run(model(nodes, constants), values), expected)


def clipped(*more: dict[str, Any]) -> tuple[bytes, bytes]:
    """Return a graph of max(min(relu(x), 0.5), 0), as some MobileNets spell their activation."""
    constants = {"high": np.array(0.5, np.float32), "low": np.array(0, np.float32)}
    nodes = [
        node("relu", "Relu", "x"),
        node("least", "Minimum", "relu", "high"),
        node("y" if not more else "most", "Maximum", "least", "low"),
        *more,
    ]
    return model(nodes, constants)


def test_spelled_clip_is_one_operator() -> None:
    """Each activation of a MobileNet would be three passes over the image."""
    graph = graphs.prepare_tfjs(*clipped()).graph
    assert "Clip" in {each.op_type for each in graph.node}
    assert not {"Relu", "Min", "Max"} & {each.op_type for each in graph.node}
    values = image()
    assert np.array_equal(run(clipped(), values), np.clip(values, 0, np.float32(0.5)))


def test_spelled_clip_with_another_user_stays() -> None:
    """What somebody else reads in the middle of a chain would be gone."""
    files = clipped(node("y", "AddV2", "most", "relu"))
    values = image()
    expected = np.clip(values, 0, np.float32(0.5)) + np.maximum(values, 0)
    assert np.array_equal(run(files, values), expected)


def test_unknown_operator_is_refused() -> None:
    """A guessed operator would give wrong answers without a word."""
    with pytest.raises(UnsupportedGraph, match="Betainc"):
        tfjs_graph.to_onnx(*model([node("y", "Betainc", "x")], {}))


def test_unknown_activation_is_refused() -> None:
    """An activation that is dropped would give wrong answers without a word."""
    nodes = [
        node("flat", "Mean", "x", "axes"),
        node("y", "_FusedMatMul", "flat", "k", "b", fused_ops=texts("BiasAdd", "Elu")),
    ]
    constants = {"axes": np.array([1, 2], np.int32), "k": weights(3, 2), "b": weights(2)}
    with pytest.raises(UnsupportedGraph, match="Elu"):
        tfjs_graph.to_onnx(*model(nodes, constants, 2))


@pytest.mark.parametrize("change", [b"", b"1234"])
def test_weights_of_another_length_are_refused(change: bytes) -> None:
    """A file cut short would become a model of noise."""
    topology, raw = model([node("y", "Mul", "x", "k")], {"k": weights(3)})
    with pytest.raises(UnsupportedGraph, match="weights"):
        tfjs_graph.to_onnx(topology, raw + change if change else raw[:-4])


@pytest.mark.parametrize("raw", [b"", b"{}", b"[]", b'{"modelTopology": {"node": 3}}'])
def test_other_files_are_refused(raw: bytes) -> None:
    """A wrong file in a package would be a stack trace to whoever installs."""
    with pytest.raises(UnsupportedGraph, match="not a TensorFlow"):
        tfjs_graph.to_onnx(raw, b"")
