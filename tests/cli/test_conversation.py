from __future__ import annotations

import io
import signal
from collections.abc import Iterator
from dataclasses import replace

import pytest

from npc_sdk import Runtime
from npc_sdk.cli.chat_view import TextView, view_for
from npc_sdk.cli.conversation import Conversation, line_reader
from npc_sdk.cli.opening import Casting, opened
from npc_sdk.runtime import SystemClock, TurnEvent
from npc_sdk.testing import FakeEngine, Reply


@pytest.fixture
def talk(fake_engine: FakeEngine, capsys: pytest.CaptureFixture[str]) -> Iterator[Conversation]:
    casting = _guard()
    with opened(casting) as runtime:
        yield Conversation(runtime, casting, view_for("Dorrit", as_json=False, is_verbose=False))


def _guard() -> Casting:
    return Casting.of(
        persona="guard", world=None, has_actions=True, model="x", engine="process", settings_file=None, overrides={}
    )


class _Lines:
    """Reads what a player does: lines, keys, and the end."""

    def __init__(self, *steps: str | type[BaseException]) -> None:
        self._steps = iter(steps)

    def __call__(self) -> str:
        step = next(self._steps, EOFError)
        if isinstance(step, str):
            return step
        raise step


def test_the_end_of_the_input_leaves(talk: Conversation, capsys: pytest.CaptureFixture[str]) -> None:
    assert talk.run(_Lines("Hello"), is_interactive=True) == 0
    assert capsys.readouterr().out == "Dorrit: I hear you.\n"


def test_one_interrupt_warns_and_two_leave(talk: Conversation, capsys: pytest.CaptureFixture[str]) -> None:
    keys = (KeyboardInterrupt, "Hello", KeyboardInterrupt, KeyboardInterrupt, "never")
    assert talk.run(_Lines(*keys), is_interactive=True) == 130
    out = capsys.readouterr().out
    assert out.count("to leave") == 2
    assert out.count("I hear you.") == 1


def test_an_error_does_not_end_the_talk(talk: Conversation, capsys: pytest.CaptureFixture[str]) -> None:
    assert talk.run(_Lines("x" * 100_000, "/nonsense", "Hello"), is_interactive=True) == 0
    shown = capsys.readouterr()
    assert "text_too_long" in shown.err and "unknown_command" in shown.err
    assert "I hear you." in shown.out


def test_an_error_counts_in_a_script(talk: Conversation) -> None:
    assert talk.run(_Lines("/nonsense", "Hello"), is_interactive=False) == 3


def test_an_interrupt_ends_the_answer_and_not_the_talk(capsys: pytest.CaptureFixture[str]) -> None:
    engine = FakeEngine()
    engine.script("*", [Reply(text="One. Two. Three.", failure="silence", after_tokens=2), "Yes?"])
    casting = _guard()
    with Runtime(engine=engine, clock=SystemClock()) as runtime:
        talk = Conversation(runtime, casting, _InterruptingView(), deadline_ms=20_000)
        assert talk.run(_Lines("Hello", "You there?"), is_interactive=True) == 0
    assert talk.last_end is not None and talk.last_end.text == "Yes?"
    assert "cancelled" in capsys.readouterr().err


class _InterruptingView(TextView):
    """Presses Ctrl-C at the first word."""

    has_pressed = False

    def event(self, event: TurnEvent) -> None:
        super().event(event)
        if not self.has_pressed:
            self.has_pressed = True
            signal.raise_signal(signal.SIGINT)


def test_broken_text_from_a_terminal_is_mended(talk: Conversation, fake_engine: FakeEngine) -> None:
    assert talk.run(_Lines("caf\udce9"), is_interactive=True) == 0
    assert "caf?" in fake_engine.prompts()[-1]


def test_a_pipe_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("one\ntwo"))
    read = line_reader(is_interactive=False)
    assert [read(), read()] == ["one\n", "two"]
    with pytest.raises(EOFError):
        read()


def test_warnings_of_the_runtime_are_shown(
    talk: Conversation, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    status = replace(talk.runtime.status(), warnings=("No chat template.",))
    monkeypatch.setattr(talk.runtime, "status", lambda: status)
    talk.warn()
    assert list(capsys.readouterr()) == ["", "  [No chat template.]\n"]


def test_an_interrupt_leaves_the_half_typed_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def pressed(prompt: str) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("builtins.input", pressed)
    with pytest.raises(KeyboardInterrupt):
        line_reader(is_interactive=True)()
    assert capsys.readouterr().out == "\n"
