"""Builds GGUF files with true shapes and random weights, for tests and for measuring speed and memory.

Such a model says nothing that means anything; its file says so (``npc_sdk.synthetic``, ``general.name``).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np

from npc_sdk.errors import CapacityError, RequestError
from npc_sdk.models.extra import load_extra
from npc_sdk.models.random_blocks import Bytes, random_blocks
from npc_sdk.models.shape import Quantization, Shape, preset
from npc_sdk.models.synthetic_tensors import Filling, TensorPlan, plan_tensors
from npc_sdk.models.synthetic_vocabulary import BEGIN_TOKEN, END_TOKEN, make_vocabulary

SYNTHETIC_KEY: Final = "npc_sdk.synthetic"

_ALIGNMENT: Final = 32
_QUIET: Final = 1 / 16
_FILE_TYPES: Final[dict[Quantization, int]] = {"f32": 0, "f16": 1, "q8_0": 7, "q4_k_m": 15}

Progress = Callable[[int, int], None]


@lru_cache(maxsize=1)
def chat_template() -> str:
    """Return the Jinja2 chat template of synthetic models (the turns of Nemotron 3)."""
    return files("npc_sdk.models").joinpath("chat_template.jinja").read_text(encoding="utf-8")


def build(
    path: str | os.PathLike[str],
    shape: Shape | str,
    *,
    seed: int = 0,
    quantization: Quantization | None = None,
    progress: Progress | None = None,
    is_hollow: bool = False,
) -> Path:
    """Write a model file with random weights.

    The weights are scaled so that activations stay near one and logits spread by about three; the
    logits of control tokens are small, so that a greedy run hardly ever ends by itself.

    Args:
        path: Where to write; replaced at the end, in one step.
        shape: The dimensions, or the name of a preset.
        seed: The same seed gives the same file.
        quantization: Number format of the matrices; the shape's own by default.
        progress: Called with the bytes written and the bytes in all.
        is_hollow: Whether all numbers are left out. The file is as long as otherwise and its header as true,
            but it takes hardly any disk; it serves to plan and to measure memory, not to compute.

    Returns:
        The path.

    Raises:
        RequestError: The ``gguf`` library is missing, or the shape or format is unknown.
        CapacityError: The disk is too full (code ``disk_full``).

    Thread-safety: safe from any thread, for different paths.
    """
    target = Path(path)
    shape = preset(shape) if isinstance(shape, str) else shape
    quantization = quantization or shape.quantization
    if quantization not in _FILE_TYPES:
        raise RequestError(
            f"There is no format named {quantization!r}.", f"Use one of: {', '.join(_FILE_TYPES)}.", code="bad_shape"
        )
    plans = plan_tensors(shape, quantization)
    target.parent.mkdir(parents=True, exist_ok=True)
    if not is_hollow:
        _check_disk(target.parent, sum(plan.n_bytes for plan in plans))
    partial = target.with_name(target.name + ".building")
    try:
        _write_header(partial, shape, quantization, plans)
        with open(partial, "ab") as file:
            if is_hollow:
                _leave_hole(file, plans)
            else:
                _write_tensors(file, plans, seed, progress)
        os.replace(partial, target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def _check_disk(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes:
        raise CapacityError(
            f"The model takes {needed_bytes:,} bytes and {folder} has {free_bytes:,} left.",
            "Free some space or name another folder.",
            code="disk_full",
            needed_bytes=needed_bytes,
            free_bytes=free_bytes,
        )


def _write_header(path: Path, shape: Shape, quantization: Quantization, plans: list[TensorPlan]) -> None:
    gguf = load_extra("gguf", "bench")
    writer = gguf.GGUFWriter(path, shape.architecture)
    _add_general(writer, shape, quantization)
    _add_dimensions(writer, shape)
    _add_tokenizer(writer, shape)
    for plan in plans:
        kind = gguf.GGMLQuantizationType(plan.kind.identifier)
        writer.add_tensor_info(plan.name, plan.dimensions, np.dtype(np.float32), plan.n_bytes, raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    writer.close()


def _add_general(writer: Any, shape: Shape, quantization: Quantization) -> None:
    writer.add_type("model")
    writer.add_name(f"{shape.name} (synthetic, random weights)")
    writer.add_description("Random numbers in the shape of a model, for tests and benchmarks; it cannot talk.")
    writer.add_bool(SYNTHETIC_KEY, True)
    writer.add_file_type(_FILE_TYPES[quantization])
    writer.add_quantization_version(2)


def _add_dimensions(writer: Any, shape: Shape) -> None:
    writer.add_block_count(len(shape.pattern))
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.hidden)
    writer.add_vocab_size(shape.vocabulary)
    writer.add_head_count(shape.heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_layer_norm_rms_eps(1e-5)
    if shape.architecture != "nemotron_h":
        writer.add_feed_forward_length(shape.feed_forward)
        writer.add_head_count_kv(shape.kv_heads)
        writer.add_rope_dimension_count(shape.head_size)
        writer.add_rope_freq_base(10_000.0)
        return
    # A layer is recurrent for llama.cpp when both of these are 0.
    writer.add_feed_forward_length([shape.feed_forward if letter == "-" else 0 for letter in shape.pattern])
    writer.add_head_count_kv([shape.kv_heads if letter == "*" else 0 for letter in shape.pattern])
    writer.add_layer_norm_eps(1e-5)
    writer.add_ssm_conv_kernel(shape.convolution)
    writer.add_ssm_inner_size(shape.inner)
    writer.add_ssm_state_size(shape.state_size)
    writer.add_ssm_time_step_rank(shape.mamba_heads)
    writer.add_ssm_group_count(shape.groups)


def _add_tokenizer(writer: Any, shape: Shape) -> None:
    vocabulary = make_vocabulary(shape.vocabulary, shape.special_tokens)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(shape.pre_tokenizer)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.merges)
    writer.add_bos_token_id(BEGIN_TOKEN)
    writer.add_eos_token_id(END_TOKEN)
    writer.add_add_bos_token(False)
    writer.add_chat_template(chat_template())


def _write_tensors(file: BinaryIO, plans: list[TensorPlan], seed: int, progress: Progress | None) -> None:
    total = sum(plan.n_bytes for plan in plans)
    done = 0
    for index, plan in enumerate(plans):
        file.write(bytes(-file.tell() % _ALIGNMENT))
        generator = np.random.Generator(np.random.SFC64([seed, index]))
        for piece in _data(plan, generator):
            file.write(piece.data)
            done += piece.nbytes
            if progress is not None:
                progress(done, total)
    file.write(bytes(-file.tell() % _ALIGNMENT))


def _leave_hole(file: BinaryIO, plans: list[TensorPlan]) -> None:
    end = file.tell()
    for plan in plans:
        end += -end % _ALIGNMENT + plan.n_bytes
    file.truncate(end + -end % _ALIGNMENT)


def _data(plan: TensorPlan, generator: np.random.Generator) -> Iterator[Bytes]:
    elements = prod(plan.dimensions)
    if plan.filling is Filling.NORMAL:
        quiet = plan.quiet_rows * plan.dimensions[-1]
        yield from random_blocks(plan.kind.name, quiet, plan.size * _QUIET, generator)
        yield from random_blocks(plan.kind.name, elements - quiet, plan.size, generator)
        return
    yield _special(plan, elements, generator).astype("<f4").view(np.uint8)


def _special(plan: TensorPlan, elements: int, generator: np.random.Generator) -> Any:
    if plan.filling is Filling.SCALE:
        return plan.size * (1.0 + 0.1 * generator.standard_normal(elements))
    if plan.filling is Filling.DECAY:
        return -generator.uniform(1.0, 16.0, elements)
    steps = np.exp(generator.uniform(np.log(0.001), np.log(0.1), elements))
    return np.log(np.expm1(steps))
