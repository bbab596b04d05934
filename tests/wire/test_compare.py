from __future__ import annotations

from typing import Any

from npc_sdk.wire.compare import NOTHING, first_difference, is_compared


def end(**result: Any) -> dict[str, Any]:
    return {"type": "end", "id": 1, "seq": 2, "result": {"kind": "turn", **result}}


def test_the_first_difference_is_told_with_its_path() -> None:
    assert first_difference(end(text="a"), end(text="a")) is None
    assert first_difference(end(text="a"), end(text="b")) == ("result.text", "a", "b")
    assert first_difference(end(a=[1, {"b": 2}]), end(a=[1, {"b": 3}])) == ("result.a[1].b", 2, 3)
    assert first_difference(end(a=[1]), end(a=[1, 2])) == ("result.a[1]", NOTHING, 2)
    assert first_difference(end(a=1), end()) == ("result.a", 1, NOTHING)
    assert first_difference(end(a=1), end(a=True)) == ("result.a", 1, True)
    assert first_difference(end(), {"type": "error"}) == ("type", "end", "error")
    assert repr(NOTHING) == "(nothing)"


def test_times_words_of_errors_and_random_names_may_differ() -> None:
    assert first_difference(end(cost={"total_ms": 1.0}), end(cost={"total_ms": 2.0})) is None
    assert first_difference(end(error={"code": "a", "cause": "x"}), end(error={"code": "a", "cause": "y"})) is None
    assert first_difference(end(error={"code": "a"}), end(error={"code": "b"})) == ("result.error.code", "a", "b")
    event = {"type": "event", "id": 1, "seq": 0, "event": {"kind": "action", "action_id": "4.1", "name": "look"}}
    assert first_difference(event, {**event, "event": {**event["event"], "action_id": "7.1"}}) is None  # type: ignore[dict-item]
    assert first_difference(end(p=[0.1 + 0.2]), end(p=[0.3])) is None
    assert first_difference(end(p=[0.31]), end(p=[0.3])) == ("result.p[0]", 0.31, 0.3)
    assert first_difference(end(p=[0.31]), end(p=[0.3]), tolerance=0.02) is None


def test_what_depends_on_the_moment_is_not_compared() -> None:
    assert not is_compared({"type": "pong"}) and not is_compared({"type": "status.reply"})
    assert not is_compared({"type": "notice", "notice": {"kind": "budget_step"}})
    assert is_compared({"type": "notice", "notice": {"kind": "engine_down"}}) and is_compared(end())
