from __future__ import annotations

import io
import struct
from pathlib import Path

import pytest

from npc_sdk.errors import ModelError
from npc_sdk.models.cursor import MAX_HEADER_BYTES, MAX_ITEMS, Cursor


def cursor(data: bytes, claimed: int | None = None) -> Cursor:
    return Cursor(io.BytesIO(data), Path("model.gguf"), len(data) if claimed is None else claimed)


def test_values_in_turn() -> None:
    reader = cursor(struct.pack("<IQ", 7, 3) + b"abc" + b"rest")
    assert reader.number("I") == 7
    assert reader.string() == "abc"
    assert reader.raw(2) == b"re"
    reader.skip(1)
    assert reader.raw(1) == b"t"


def test_reading_past_the_end() -> None:
    with pytest.raises(ModelError) as caught:
        cursor(b"abc").raw(4)
    assert caught.value.code == "model_truncated"


def test_a_file_that_shrinks_while_it_is_read() -> None:
    with pytest.raises(ModelError) as caught:
        cursor(b"abc", claimed=100).raw(50)
    assert caught.value.code == "model_truncated"


def test_a_header_without_end() -> None:
    with pytest.raises(ModelError) as caught:
        cursor(b"", claimed=2**40).check(MAX_HEADER_BYTES + 1, 1, "things")
    assert caught.value.code == "model_malformed"


def test_too_many_values() -> None:
    reader = cursor(b"")
    reader.count_items(MAX_ITEMS)
    with pytest.raises(ModelError, match="values in lists"):
        reader.count_items(1)


def test_skipping_strings() -> None:
    words = b"".join(struct.pack("<Q", len(word)) + word for word in (b"a", b"", b"long" * 1000))
    reader = cursor(words + b"!")
    reader.skip_strings(3)
    assert reader.raw(1) == b"!"


def test_bytes_that_are_not_text_are_replaced() -> None:
    assert cursor(struct.pack("<Q", 2) + b"a\xff").string() == "a\ufffd"
