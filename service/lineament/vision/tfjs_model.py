"""Read a TensorFlow.js graph model: its nodes in running order, and its constants."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lineament.errors import LineamentError

_DTYPES = {"float32": np.float32, "int32": np.int32, "bool": np.bool_}
_QUANTISED = {"float16": np.float16, "uint8": np.uint8, "uint16": np.uint16}


class UnsupportedGraph(LineamentError):
    """The graph holds something that this converter does not know; the message names it."""


@dataclass(frozen=True, slots=True)
class Node:
    """One operator of the source."""

    name: str
    kind: str
    inputs: list[str]
    """Names of the tensors, without the suffix :0."""
    attributes: Mapping[str, Any]
    """In the JSON spelling of TensorFlow's AttrValue."""

    def flag(self, name: str) -> bool:
        """Return a boolean; false where it is not given."""
        return bool(self.attributes.get(name, {}).get("b", False))

    def number(self, name: str, default: int = 0) -> int:
        """Return an integer."""
        return int(self.attributes.get(name, {}).get("i", default))

    def numbers(self, name: str, default: Sequence[int] = ()) -> list[int]:
        """Return a list of integers; the default where it is absent or empty."""
        found = self.attributes.get(name, {}).get("list", {}).get("i") or default
        return [int(number) for number in found]

    def text(self, name: str, default: str = "") -> str:
        """Return a text."""
        raw = self.attributes.get(name, {}).get("s")
        return default if raw is None else base64.b64decode(raw).decode()

    def texts(self, name: str) -> list[str]:
        """Return a list of texts."""
        found = self.attributes.get(name, {}).get("list", {}).get("s", [])
        return [base64.b64decode(raw).decode() for raw in found]

    def dtype(self, name: str = "dtype") -> str:
        """Return the name of a type, such as DT_FLOAT."""
        return str(self.attributes.get(name, {}).get("type", ""))

    def shape(self) -> list[int]:
        """Return the sides of a placeholder; -1 where one is free."""
        dims = self.attributes.get("shape", {}).get("shape", {}).get("dim", [])
        return [int(dim.get("size", -1)) for dim in dims]


@dataclass(frozen=True, slots=True)
class GraphModel:
    """A parsed model."""

    nodes: tuple[Node, ...]
    """Each after those that it needs."""
    constants: Mapping[str, NDArray[Any]]
    """By the name of the Const node; float32, int32 or bool."""
    outputs: Mapping[str, list[int]]
    """Names of nodes to shapes (the first side is the batch's), in the order of the signature."""


def read_model(topology: bytes, weights: bytes) -> GraphModel:
    """Parse model.json and its weights.

    Args:
        topology: model.json.
        weights: the files of its weights manifest, one after the other.

    Raises:
        UnsupportedGraph: not a graph model, a type of weights that is not known here, or weights
            of another length.
    """
    try:
        model = json.loads(topology)
        graph = [_node(entry) for entry in model["modelTopology"]["node"]]
        specs = [spec for group in model["weightsManifest"] for spec in group["weights"]]
        signature = model.get("signature") or model["userDefinedMetadata"]["signature"]
        outputs = {
            _plain(item["name"]): [int(dim["size"]) for dim in item["tensorShape"]["dim"]]
            for item in signature["outputs"].values()
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsupportedGraph("not a TensorFlow.js graph model") from error
    return GraphModel(_in_order(graph), read_weights(specs, weights), outputs)


def _node(entry: Mapping[str, Any]) -> Node:
    # An input that starts with ^ only tells the order.
    inputs = [_plain(name) for name in entry.get("input", []) if not name.startswith("^")]
    return Node(entry["name"], entry["op"], inputs, entry.get("attr", {}))


def _plain(name: str) -> str:
    source, _, number = name.partition(":")
    if number not in ("", "0"):
        raise UnsupportedGraph(f"{name} is a second output; no known operator has one")
    return source


def _in_order(nodes: Sequence[Node]) -> tuple[Node, ...]:
    by_name = {node.name: node for node in nodes}
    try:
        order = list(TopologicalSorter({node.name: node.inputs for node in nodes}).static_order())
        return tuple(by_name[name] for name in order)
    except (CycleError, KeyError) as error:
        raise UnsupportedGraph("a node needs itself, or one that is not there") from error


def read_weights(specs: Sequence[Mapping[str, Any]], weights: bytes) -> dict[str, NDArray[Any]]:
    """Cut a weights file into arrays.

    Args:
        specs: entries of a weights manifest: name, shape, dtype, and how they are quantised.
        weights: the arrays, one after the other.

    Returns:
        float32, int32 or bool arrays by name.

    Raises:
        UnsupportedGraph: a type that is not known here, or weights of another length.
    """
    constants: dict[str, NDArray[Any]] = {}
    start = 0
    for spec in specs:
        quantisation = spec.get("quantization") or {}
        stored = _QUANTISED.get(quantisation.get("dtype", "")) or _DTYPES.get(spec["dtype"])
        if stored is None or spec["dtype"] not in _DTYPES:
            raise UnsupportedGraph(f"weights {spec['name']} are {spec['dtype']}, {quantisation}")
        count = int(np.prod(spec["shape"], dtype=np.int64))
        end = start + count * np.dtype(stored).itemsize
        if end > len(weights):
            raise UnsupportedGraph(f"the weights end before {spec['name']}")
        value: NDArray[Any] = np.frombuffer(weights[start:end], stored).astype(
            _DTYPES[spec["dtype"]]
        )
        if "scale" in quantisation:
            value = (value * quantisation["scale"] + quantisation["min"]).astype(np.float32)
        constants[spec["name"]] = value.reshape(spec["shape"])
        start = end
    if start != len(weights):
        raise UnsupportedGraph(f"{len(weights) - start} bytes of weights are left over")
    return constants
