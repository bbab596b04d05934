from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from npc_sdk.cli.chat_commands import ChatCommands
from npc_sdk.cli.conversation import Conversation
from npc_sdk.cli.opening import Casting, opened
from npc_sdk.errors import NpcError, RequestError
from npc_sdk.testing import FakeEngine


class Notes:
    """A view that only remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def greeting(self, text: str) -> None:
        self.texts.append(f"greeting: {text}")

    def event(self, event: Any) -> None:
        """Events are tested elsewhere."""

    def note(self, text: str) -> None:
        self.texts.append(text)

    def error(self, error: NpcError) -> None:
        self.texts.append(f"error: {error.code}")


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
def talk(fake_engine: FakeEngine, notes: Notes) -> Iterator[Conversation]:
    casting = Casting.of(
        persona="guard",
        world=None,
        has_actions=True,
        model="starter",
        engine="process",
        settings_file=None,
        overrides={},
    )
    with opened(casting) as runtime:
        yield Conversation(runtime, casting, notes)


@pytest.fixture
def run(talk: Conversation, notes: Notes) -> Callable[[str], str]:
    commands = ChatCommands(talk)

    def run(line: str) -> str:
        notes.texts.clear()
        commands.run(line)
        return "\n".join(notes.texts)

    return run


def test_help_names_every_command(run: Callable[[str], str]) -> None:
    text = run("/help")
    for name in ("/help", "/persona", "/world", "/history", "/cost", "/set", "/observe", "/reset", "/quit"):
        assert name in text


def test_persona_and_world_are_shown(run: Callable[[str], str]) -> None:
    assert "You are Dorrit Hale" in run("/persona")
    text = run("/world")
    assert "World: Brackwater" in text and "places: the mill" in text and "actions: open_gate" in text


def test_the_live_world_can_be_changed(run: Callable[[str], str], talk: Conversation) -> None:
    tick = talk.npc.world.tick
    assert run("/set enemies goblin one, goblin two ,") == "enemies: goblin one, goblin two"
    assert talk.npc.world.vocabularies["enemies"] == ("goblin one", "goblin two")
    assert talk.npc.world.tick == tick + 1
    assert run("/set enemies") == "enemies: empty"


@pytest.mark.parametrize("line", ["/set", "/set tick 3", "/set 3x y", "/observe", "/nonsense", "/"])
def test_what_cannot_be_done_is_refused(run: Callable[[str], str], line: str) -> None:
    with pytest.raises(RequestError):
        run(line)


def test_a_slip_of_the_pen_is_noticed(run: Callable[[str], str]) -> None:
    with pytest.raises(RequestError, match="Did you mean /history"):
        run("/histroy")


def test_an_observation_reaches_the_prompt(
    run: Callable[[str], str], talk: Conversation, fake_engine: FakeEngine
) -> None:
    run("/observe It starts to rain.")
    talk.say("Hello")
    assert "It starts to rain." in fake_engine.prompts()[-1]


def test_history_and_cost_follow_the_talk(run: Callable[[str], str], talk: Conversation) -> None:
    assert run("/history") == run("/cost") == "Nothing was said yet."
    talk.say("Hello")
    assert run("/history") == "player: Hello\nnpc: I hear you."
    assert "first token" in run("/cost")


def test_reset_forgets(run: Callable[[str], str], talk: Conversation) -> None:
    talk.say("Hello")
    assert run("/reset") == "greeting: Halt, traveller. Name and business."
    assert run("/history") == "npc: Halt, traveller. Name and business."
    assert run("/cost") == "Nothing was said yet."


@pytest.mark.parametrize("line", ["/quit", "/exit", "/QUIT"])
def test_there_are_ways_to_leave(talk: Conversation, line: str) -> None:
    assert ChatCommands(talk).is_leaving(line)
