"""What a context will take is known from the header alone."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import pytest
from reference import config

from npc_sdk.engine import fit
from npc_sdk.engine.engine import EngineConfig
from npc_sdk.engine.llama import LlamaContext, LlamaModel
from npc_sdk.errors import CapacityError
from npc_sdk.models.header import read_header


@pytest.fixture(params=["hybrid", "attention"])
def path(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Path:
    return tiny_hybrid_path if request.param == "hybrid" else tiny_attention_path


@pytest.mark.parametrize("kv_type", ["f16", "f32", "q8_0"])
def test_the_figures_are_those_of_llama_cpp(path: Path, kv_type: str) -> None:
    """A state holds the cells of its tokens, a few bytes of position for each, and the recurrent part."""
    header = read_header(path)
    model = LlamaModel(path)
    context = LlamaContext(model, config(path, kv_type=kv_type, slots=1, quantum=128))
    sizes = []
    for length in (10, 110):
        context.remove(0)
        context.decode([(0, list(range(50, 60)) * (length // 10), 0, False)])
        sizes.append(context.state_bytes(0))
    grown = sizes[1] - sizes[0]
    expected = fit.attention_bytes(header, 100, kv_type)
    context.remove(0)
    recurrent = context.recurrent_bytes()
    context.close()
    model.close()
    assert expected <= grown <= expected + 100 * 32
    assert fit.recurrent_bytes(header) <= recurrent <= fit.recurrent_bytes(header) + 1000
    assert (recurrent > 0) == (header.architecture == "nemotron_h")


def test_what_fits_passes_and_what_does_not_is_refused(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    header = read_header(path)
    needed = fit.attention_bytes(header, 1024, "f16") + 4 * fit.recurrent_bytes(header)
    monkeypatch.setattr(fit, "available_memory", lambda: needed)
    fit.require_room(config(path))
    monkeypatch.setattr(fit, "available_memory", lambda: needed - 1)
    with pytest.raises(CapacityError) as caught:
        fit.require_room(config(path))
    assert caught.value.code == "context_does_not_fit"
    assert caught.value.details == {"needed_bytes": needed, "free_bytes": needed - 1}
    monkeypatch.setattr(fit, "available_memory", lambda: None)
    fit.require_room(config(path, cells=2**31 - 256))


def test_slots_count_for_a_hybrid(tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fit, "available_memory", lambda: 50 << 20)
    fit.require_room(config(tiny_hybrid_path, slots=8))
    with pytest.raises(CapacityError):
        fit.require_room(config(tiny_hybrid_path, slots=256))


def test_the_system_says_what_is_free() -> None:
    free = fit.available_memory()
    assert free is None or free > 1 << 20


@pytest.mark.parametrize("meminfo", [None, "", "MemAvailable:", "MemAvailable: much kB"])
def test_a_system_without_that_file_is_asked_otherwise(meminfo: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    def opened(*_: Any, **__: Any) -> io.StringIO:
        if meminfo is None:
            raise FileNotFoundError
        return io.StringIO(meminfo)

    monkeypatch.setattr(builtins, "open", opened)
    free = fit.available_memory()
    monkeypatch.undo()
    assert free is None or free > 0


def test_an_absurd_context_is_refused_quickly(path: Path) -> None:
    with pytest.raises(CapacityError):
        fit.require_room(EngineConfig(model_path=str(path), cells=2**40))
