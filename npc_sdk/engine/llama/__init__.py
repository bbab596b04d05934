"""llama.cpp through its low-level binding, and nothing of scheduling.

The only room, with :mod:`npc_sdk.engine.quantize`, that imports ``llama_cpp``.
"""

from npc_sdk.engine.llama.backend import backend_devices, library_version
from npc_sdk.engine.llama.context import KV_TYPES, LlamaContext, needs_new_context
from npc_sdk.engine.llama.model import LlamaModel
from npc_sdk.engine.llama.sampler import Sampler
from npc_sdk.engine.llama.tokenizer import LlamaTokenizer

__all__ = [
    "KV_TYPES",
    "LlamaContext",
    "LlamaModel",
    "LlamaTokenizer",
    "Sampler",
    "backend_devices",
    "library_version",
    "needs_new_context",
]
