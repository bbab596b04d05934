"""Writes a trained model as a GGUF file of llama.cpp's architecture ``nemotron_h``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from npc_sdk.forge.extra import needs_forge_extra
from npc_sdk.forge.shape import ATTENTION, FEED_FORWARD, MAMBA, ModelShape
from npc_sdk.forge.storage import check_room, replacing
from npc_sdk.forge.tokenizer import BEGIN, PRE_TOKENIZER_NAME, SPECIAL_TOKENS, TURN_END, ForgeTokenizer

with needs_forge_extra():
    import gguf

ARCHITECTURE = "nemotron_h"
Weights = Mapping[str, NDArray[np.float32]]
Tensor = tuple[str, NDArray[np.float32]]


def export(
    path: Path,
    weights: Weights,
    shape: ModelShape,
    tokenizer: ForgeTokenizer,
    *,
    number_format: Literal["f32", "f16"] = "f32",
    name: str = "NPC starter",
    description: str = "",
    metadata: Mapping[str, str | int | float] | None = None,
) -> Path:
    """Write a model file, in one step at the end.

    Args:
        path: Where to write; replaced when everything is there.
        weights: Parameters of :class:`npc_sdk.forge.model.HybridModel` by name.
        shape: Its sizes.
        tokenizer: Its vocabulary; the chat template goes along.
        number_format: How matrices are stored; vectors stay F32.
        name: ``general.name``.
        description: ``general.description``.
        metadata: More keys, stored as ``npc_sdk.<key>``.

    Raises:
        CapacityError: With code ``disk_full`` when there is no room.
    """
    check_room(path.parent, sum(array.nbytes for array in weights.values()) * 2)
    with replacing(path) as partial:
        writer = gguf.GGUFWriter(str(partial), ARCHITECTURE)
        _write_general(writer, name, description, number_format, metadata or {})
        _write_shape(writer, shape)
        _write_vocabulary(writer, tokenizer)
        for tensor, array in tensors(weights, shape):
            half = number_format == "f16" and _is_matrix(tensor)
            writer.add_tensor(tensor, np.ascontiguousarray(array, dtype=np.float16 if half else np.float32))
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
    return path


def tensors(weights: Weights, shape: ModelShape) -> Iterator[Tensor]:
    """Yield every tensor under the name and in the form that llama.cpp reads."""
    yield "token_embd.weight", weights["embedding"]
    yield "output_norm.weight", weights["final_norm.weight"]
    forms: dict[str, Callable[[Weights, str, str, ModelShape], Iterator[Tensor]]] = {
        MAMBA: _mamba,
        ATTENTION: _attention,
        FEED_FORWARD: _feed_forward,
    }
    for index, letter in enumerate(shape.pattern):
        yield f"blk.{index}.attn_norm.weight", weights[f"norms.{index}.weight"]
        yield from forms[letter](weights, f"layers.{index}.", f"blk.{index}.", shape)


def _mamba(weights: Weights, source: str, target: str, shape: ModelShape) -> Iterator[Tensor]:
    yield target + "ssm_in.weight", weights[source + "input.weight"]
    yield target + "ssm_conv1d.weight", weights[source + "convolution"]
    yield target + "ssm_conv1d.bias", weights[source + "convolution_bias"]
    yield target + "ssm_dt.bias", weights[source + "step_bias"]
    yield target + "ssm_a", -np.exp(weights[source + "rate_logarithm"])[:, None]
    yield target + "ssm_d", weights[source + "skip"][:, None]
    yield target + "ssm_norm.weight", weights[source + "norm_weight"].reshape(shape.groups, -1)
    yield target + "ssm_out.weight", weights[source + "output.weight"]


def _attention(weights: Weights, source: str, target: str, shape: ModelShape) -> Iterator[Tensor]:
    for name, tensor in (("query", "attn_q"), ("key", "attn_k"), ("value", "attn_v"), ("output", "attn_output")):
        yield f"{target}{tensor}.weight", weights[f"{source}{name}.weight"]


def _feed_forward(weights: Weights, source: str, target: str, shape: ModelShape) -> Iterator[Tensor]:
    yield target + "ffn_up.weight", weights[source + "up.weight"]
    yield target + "ffn_down.weight", weights[source + "down.weight"]


def _is_matrix(tensor: str) -> bool:
    return tensor.endswith(".weight") and "ssm_conv1d" not in tensor and "norm" not in tensor


def _write_general(
    writer: Any, name: str, description: str, number_format: str, metadata: Mapping[str, str | int | float]
) -> None:
    writer.add_name(name)
    writer.add_license("apache-2.0")
    if description:
        writer.add_description(description)
    kinds = gguf.LlamaFileType
    writer.add_file_type(kinds.MOSTLY_F16 if number_format == "f16" else kinds.ALL_F32)
    for key, value in metadata.items():
        add = {str: writer.add_string, int: writer.add_uint32, float: writer.add_float32}[type(value)]
        add(f"npc_sdk.{key}", value)


def _write_shape(writer: Any, shape: ModelShape) -> None:
    pattern = shape.pattern
    writer.add_block_count(len(pattern))
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_feed_forward_length([shape.feed_forward if letter == FEED_FORWARD else 0 for letter in pattern])
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv([shape.key_value_heads if letter == ATTENTION else 0 for letter in pattern])
    writer.add_key_length(shape.head_width)
    writer.add_value_length(shape.head_width)
    # llama.cpp demands the first of these too, although only the second is used.
    writer.add_layer_norm_eps(shape.epsilon)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_ssm_conv_kernel(shape.convolution)
    writer.add_ssm_inner_size(shape.inner)
    writer.add_ssm_state_size(shape.state)
    writer.add_ssm_time_step_rank(shape.ssm_heads)
    writer.add_ssm_group_count(shape.groups)


def _write_vocabulary(writer: Any, tokenizer: ForgeTokenizer) -> None:
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    end = next(iter(tokenizer.end_tokens))
    begin = tokenizer.token_id(BEGIN)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER_NAME)
    writer.add_token_list(list(tokenizer.pieces))
    writer.add_token_types([control if piece in SPECIAL_TOKENS else normal for piece in tokenizer.pieces])
    writer.add_token_merges(list(tokenizer.merges))
    writer.add_bos_token_id(begin)
    writer.add_pad_token_id(begin)
    writer.add_eos_token_id(end)
    writer.add_eot_token_id(tokenizer.token_id(TURN_END))
    writer.add_add_bos_token(False)
    writer.add_chat_template(tokenizer.chat_template)
