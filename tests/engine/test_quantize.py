"""Other number formats by llama.cpp's own quantizer, which says nothing on the terminal."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from pathlib import Path

import llama_cpp
import pytest

from npc_sdk.engine.llama import LlamaModel
from npc_sdk.engine.llama.backend import backend_log
from npc_sdk.engine.quantize import quantize_file
from npc_sdk.errors import BackendError, RequestError
from npc_sdk.models import build


@pytest.fixture
def terminal() -> Iterator[list[bytes]]:
    """What llama.cpp says, after other code of the process has taken its log over."""
    said: list[bytes] = []
    callback = llama_cpp.llama_log_callback(lambda level, text, data: said.append(text))
    llama_cpp.llama_log_set(callback, ctypes.c_void_p(0))
    yield said
    backend_log().clear()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("source") / "source.gguf", "tiny-attention", quantization="f16")


def test_a_smaller_file_is_written_in_silence(
    source: Path, tmp_path: Path, terminal: list[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    made = quantize_file(source, tmp_path / "made.gguf", "Q8_0", threads=1)
    assert terminal == [] and capfd.readouterr() == ("", "")
    assert made.stat().st_size < source.stat().st_size
    assert list(tmp_path.iterdir()) == [made]
    LlamaModel(made).close()


def test_a_refusal_says_why_in_the_error_alone(
    tmp_path: Path, terminal: list[bytes], capfd: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "source.gguf"
    source.write_bytes(b"no model")
    with pytest.raises(BackendError) as caught:
        quantize_file(source, tmp_path / "made.gguf", "Q8_0", threads=1)
    assert terminal == [] and capfd.readouterr() == ("", "")
    error = caught.value
    assert error.code == "quantize_failed" and "failed to" in error.cause
    assert list(tmp_path.iterdir()) == [source]


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RequestError) as caught:
        quantize_file(tmp_path / "a", tmp_path / "b", "Q1")
    assert caught.value.code == "bad_number_format"
