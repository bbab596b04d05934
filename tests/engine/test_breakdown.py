from __future__ import annotations

from pathlib import Path

import pytest
from reference import config

from npc_sdk.engine.llama import breakdown as module
from npc_sdk.engine.llama.breakdown import MemoryMeter, has_breakdown
from npc_sdk.engine.llama.context import context_parameters
from npc_sdk.errors import BackendError, ModelError
from npc_sdk.models import read_header
from npc_sdk.models.footprint import FootprintReader, Sizes, batch_tokens, ubatch_tokens


def test_it_is_what_the_log_says(tiny_hybrid_path: Path) -> None:
    if not has_breakdown():
        pytest.skip("this build of llama.cpp has no memory breakdown")
    meter = MemoryMeter(tiny_hybrid_path, allocates=True)
    found = meter.read(config(tiny_hybrid_path, slots=3))
    meter.close()
    meter.close()
    assert found.is_exact and all(buffer.name for buffer in found.buffers)
    near = 0.01 * (1 << 20)
    assert found.context == pytest.approx(found.logged["KV"] + found.logged["RS"], abs=near)
    assert found.compute == pytest.approx(found.logged["compute"], abs=near)
    assert found.model == pytest.approx(found.logged["model"], abs=near)


def test_nothing_needs_to_be_allocated(tiny_attention_path: Path) -> None:
    if not has_breakdown():
        pytest.skip("this build of llama.cpp has no memory breakdown")
    one, other = (MemoryMeter(tiny_attention_path, allocates=allocates) for allocates in (False, True))
    asked = config(tiny_attention_path, slots=2)
    assert one.read(asked).buffers == other.read(asked).buffers
    assert one.read(asked, ubatch=16).compute < one.read(asked, ubatch=128).compute
    assert one.read(asked, outputs=1).compute == one.read(asked, outputs=2).compute


def test_without_the_function_the_log_has_to_do(tiny_hybrid_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SYMBOL", "there_is_no_such_function")
    meter = MemoryMeter(tiny_hybrid_path, allocates=True)
    found = meter.read(config(tiny_hybrid_path))
    meter.close()
    assert not found.is_exact and found.model > 3 << 20 and found.compute > 0 and found.context > 0
    with pytest.raises(BackendError) as caught:
        MemoryMeter(tiny_hybrid_path)
    assert caught.value.code == "no_memory_breakdown"


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        MemoryMeter(tmp_path / "missing.gguf")


@pytest.mark.parametrize(("quantum", "slots"), [(128, 4), (16, 4), (32, 100), (500, 1)])
def test_planned_batches_are_those_of_the_engine(tiny_hybrid_path: Path, quantum: int, slots: int) -> None:
    parameters = context_parameters(config(tiny_hybrid_path, quantum=quantum, slots=slots, gpu_layers=0))
    assert parameters.n_ubatch == ubatch_tokens(quantum, slots, uses_device=False)
    assert parameters.n_batch == batch_tokens(quantum, slots, uses_device=False)
    assert parameters.n_outputs_max == slots


def test_a_plan_is_what_llama_cpp_takes(tiny_hybrid_path: Path) -> None:
    meter = MemoryMeter(tiny_hybrid_path, allocates=True)
    found = meter.read(config(tiny_hybrid_path, slots=3, cells=1000, quantum=64, gpu_layers=0))
    meter.close()
    sizes = Sizes(gpu_layers=0, slots=3, cells=1000, quantum=64)
    host = FootprintReader(read_header(tiny_hybrid_path)).read(sizes)[1]
    planned = (host.weights, host.attention + host.recurrent, host.compute)
    assert planned == (found.model, found.context, found.compute)
