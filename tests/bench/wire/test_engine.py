from __future__ import annotations

import queue
from typing import Any

from npc_sdk.bench.wire.engine import StampedEngine
from npc_sdk.bench.wire.stamp import now_us, stamps
from npc_sdk.engine.request import Ended, Request, TokensOut


def test_each_word_tells_when_it_was_born() -> None:
    events: queue.Queue[Any] = queue.Queue()
    engine = StampedEngine(words=5, words_per_s=500.0)
    engine.start(events.put)
    try:
        engine.submit(Request(id=1, kind="generate", sequence="bron", tokens=(65,), max_tokens=10))
        text = b""
        while not isinstance(event := events.get(timeout=5.0), Ended):
            text += event.data if isinstance(event, TokensOut) else b""
    finally:
        engine.close()
    told = stamps(text.decode(), now_us())
    assert [number for number, _ in told] == [0, 1, 2, 3, 4]
    assert all(age_us < 5_000_000 for _, age_us in told)
    assert engine.requests == ()
