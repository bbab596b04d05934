"""What llama.cpp needs to compute a batch, found from a model's dimensions alone.

llama.cpp reserves its compute buffers by writing down the largest computation and placing its tensors. This
room does the same for the architectures it knows, and overestimates for the others.
"""

from npc_sdk.models.compute.buffers import ComputeBytes, compute_bytes, is_known
from npc_sdk.models.compute.dimensions import ContextShape, ModelShape, row_padding
from npc_sdk.models.compute.graph import DEVICE, HOST

__all__ = [
    "DEVICE",
    "HOST",
    "ComputeBytes",
    "ContextShape",
    "ModelShape",
    "compute_bytes",
    "is_known",
    "row_padding",
]
