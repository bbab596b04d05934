from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from npc_sdk.bench.gpu import talk as module
from npc_sdk.bench.gpu.rig import Rig
from npc_sdk.bench.gpu.session import Session, running
from npc_sdk.bench.gpu.talk import HEARD, PERSONA, SPOKEN, Talk
from npc_sdk.engine.request import Request
from npc_sdk.errors import NpcError
from npc_sdk.models.footprint import Sizes


@pytest.fixture
def session(rig: Rig) -> Iterator[Session]:
    with running(rig, rig.config(Sizes(gpu_layers=0, slots=2, cells=2048, quantum=128))) as started:
        yield started


def test_everybody_goes_on_talking(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Request] = []
    submit = session.engine.submit
    monkeypatch.setattr(session.engine, "submit", lambda request: (asked.append(request), submit(request)))
    monkeypatch.setattr(module, "CELLS", PERSONA + 2 * (HEARD + SPOKEN))
    talk = Talk(session, 2)
    for _ in range(100):
        talk.run(0.1)
        if talk.turns >= 8:
            break
    talk.stop()
    assert talk.turns >= 8 and talk.spoken >= 6 * SPOKEN
    mine = [request for request in asked if request.sequence == "talker 0"]
    first, second, third = mine[:3]
    assert second.tokens[: len(first.tokens)] == first.tokens, "a conversation goes on where it was"
    assert len(second.tokens) == len(first.tokens) + SPOKEN + HEARD
    assert len(third.tokens) == len(first.tokens) and third.tokens[:PERSONA] == first.tokens[:PERSONA], "it was full"
    spoken = talk.spoken
    talk.run(0.3)
    assert talk.spoken > spoken, "after a stop it goes on too"
    talk.stop()


def test_an_engine_that_fails(rig: Rig, tmp_path: Path) -> None:
    with pytest.raises(NpcError):
        with running(rig, rig.config(Sizes(gpu_layers=0, slots=1, cells=256, quantum=16), tmp_path / "none.gguf")):
            pass


def test_a_request_that_fails_ends_the_figure(session: Session) -> None:
    with pytest.raises(NpcError):
        session.run([Request(id=session.id(), sequence="a", tokens=tuple(range(300, 4000)))])
