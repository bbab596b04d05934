"""The process of the game from outside, played by small scripts."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from npc_sdk.bench.frame import game_process
from npc_sdk.bench.frame.game_process import play
from npc_sdk.errors import BackendError, DeadlineError, RequestError


def script(*lines: str) -> tuple[str, ...]:
    head = (
        "import json, sys\nsay = lambda event: print(json.dumps(event), flush=True)\norder = json.loads(sys.argv[1])\n"
    )
    return sys.executable, "-c", head + "\n".join(lines)


def followed(command: tuple[str, ...], limit_s: float = 60.0) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    events: list[dict[str, Any]] = []
    result = play({"units": 3}, limit_s=limit_s, on_event=events.append, command=command)
    return result, events


def test_what_it_says_is_passed_on() -> None:
    result, events = followed(
        script("say({'event': 'second'})", "print('no event')", "say({'event': 'done', 'result': order})")
    )
    assert result == {"units": 3} and events == [{"event": "second"}]


def test_an_error_there_is_one_here() -> None:
    error = json.dumps(RequestError("No.", "Do.", code="missing_extra").to_dict())
    with pytest.raises(RequestError) as caught:
        followed(script(f"say({{'event': 'failed', 'error': json.loads('''{error}''')}})"))
    assert caught.value.code == "missing_extra"


def test_it_ends_without_a_word() -> None:
    with pytest.raises(BackendError, match="code 3: alas") as caught:
        followed(script("print('alas', file=sys.stderr)", "sys.exit(3)"))
    assert caught.value.code == "bench_game_ended"


def test_it_takes_too_long() -> None:
    with pytest.raises(DeadlineError) as caught:
        followed(script("import time", "time.sleep(600)"), limit_s=0.3)
    assert caught.value.code == "bench_game_stuck"


def test_ctrl_c_brings_what_was_measured() -> None:
    def interrupt(event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    command = script("say({'event': 'second'})", "sys.stdin.read()", "say({'event': 'done', 'result': {'frames': 9}})")
    with pytest.raises(KeyboardInterrupt) as caught:
        play({}, limit_s=60.0, on_event=interrupt, command=command)
    assert getattr(caught.value, "result", None) == {"frames": 9}


def test_ctrl_c_when_it_does_not_listen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(game_process, "STOP_LIMIT_S", 0.3)

    def interrupt(event: dict[str, Any]) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        play(
            {},
            limit_s=60.0,
            on_event=interrupt,
            command=script("import time", "say({'event': 'second'})", "time.sleep(600)"),
        )
    assert getattr(caught.value, "result", 0) is None


def test_what_breaks_there_is_told() -> None:
    pytest.importorskip("pygame")
    done = subprocess.run(
        [*game_process.COMMAND, "{}"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "Traceback" in done.stderr and "KeyError" in done.stderr
