"""The first part of a recogniser, as a describer of how a face looks rather than of whose it is.

A network that learns who somebody is throws away, layer by layer, what changes from photo to photo:
glasses, a beard, an open mouth. In the middle of the network it is all still there, each place of
the face by itself.
"""

import onnx
from onnx import TensorProto, helper

_BLOCK = "MobileFaceNet/MobileFaceNet/Conv2d_4_InvResBlock_5/Add"
"""The last of MobileFaceNet's maps of 14 x 14 places, each of 128 channels."""
_CHANNELS, _PLACES = 128, 7
_OUTPUT = "places"


def cut_mobilefacenet(model: onnx.ModelProto) -> onnx.ModelProto:
    """Keep what leads to the maps of 14 x 14 and halve those to 7 x 7 by means.

    Returns:
        From `input`, shape (batch, 3, 112, 112), to `places`, shape (batch, 128, 7, 7).

    Raises:
        ValueError: the model is not MobileFaceNet.
    """
    needed, kept = {_BLOCK}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            needed |= set(node.input)
            kept.append(node)
    if not kept:
        raise ValueError(f"the graph has no {_BLOCK}")
    del model.graph.node[:]
    model.graph.node.extend(reversed(kept))
    model.graph.node.append(
        helper.make_node("AveragePool", [_BLOCK], [_OUTPUT], kernel_shape=[2, 2], strides=[2, 2])
    )
    constants = [tensor for tensor in model.graph.initializer if tensor.name in needed]
    del model.graph.initializer[:]
    model.graph.initializer.extend(constants)
    del model.graph.output[:]
    shape = ["batch", _CHANNELS, _PLACES, _PLACES]
    model.graph.output.append(helper.make_tensor_value_info(_OUTPUT, TensorProto.FLOAT, shape))
    del model.graph.value_info[:]
    return model
