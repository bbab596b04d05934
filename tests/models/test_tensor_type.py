from __future__ import annotations

import gguf

from npc_sdk.models.tensor_type import FILE_TYPES, TENSOR_TYPES, TENSOR_TYPES_BY_NAME


def test_sizes_agree_with_the_reference_library() -> None:
    for kind, (elements, n_bytes) in gguf.GGML_QUANT_SIZES.items():
        if kind.value in TENSOR_TYPES:
            found = TENSOR_TYPES[kind.value]
            assert (found.block_elements, found.name) == (elements, kind.name)
            # The library counts 8 more bytes in Q8_K, which never stands in files.
            assert found.block_bytes == n_bytes or kind.name in ("Q8_K", "Q8_1")


def test_bytes() -> None:
    assert TENSOR_TYPES_BY_NAME["Q4_K"].bytes_of(512) == 288
    assert TENSOR_TYPES_BY_NAME["F32"].bytes_of(3) == 12


def test_file_types_have_distinct_labels() -> None:
    assert len(set(FILE_TYPES.values())) == len(FILE_TYPES)
    assert FILE_TYPES[15] == "Q4_K_M"
