"""A game sees no difference between a runtime in its process and a host, with threads and with asyncio."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import pytest
from hosting import slow_engine
from sides import SIDES, Game, Someone, game_on

from npc_sdk import (
    Action,
    ActionCall,
    ActionDropped,
    AsyncClient,
    AsyncNpc,
    AsyncRemoteNpc,
    AsyncRuntime,
    Client,
    Npc,
    NpcError,
    Persona,
    RemoteNpc,
    Runtime,
    Sentence,
    SpeechDelta,
    TurnEnd,
    VocabularyName,
    connect,
)
from npc_sdk.testing import FakeEngine, act, say_and_act

BRON = Persona(name="Bron", role="the gate guard", fallback=("Hm.", "What?"), greeting="Halt, who goes there?")


class Strike(Action):
    """Strike an enemy."""

    target: Annotated[str, VocabularyName("enemies")]


class Look(Action):
    """Look around."""


Open = Callable[..., Game]


@pytest.fixture(params=SIDES)
def open_game(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens a game on one of the sides."""
    with ExitStack() as stack:

        def start(engine: FakeEngine, **options: Any) -> Game:
            return stack.enter_context(game_on(request.param, engine, tmp_path, **options))

        yield start


@pytest.fixture
def slow() -> Iterator[FakeEngine]:
    """An engine that needs 50 ms for a word."""
    engine, pace = slow_engine()
    yield engine
    pace.close()


def code(call: Callable[[], object]) -> str:
    """Return the code of the error that a call raises."""
    with pytest.raises(NpcError) as caught:
        call()
    return f"{type(caught.value).__name__}:{caught.value.code}"


def shown(events: list[Any]) -> list[Any]:
    """Return events without what differs from run to run."""
    found: list[Any] = []
    for event in events:
        if isinstance(event, ActionCall):
            found.append((event.name, dict(event.arguments), event.tick))
        elif isinstance(event, TurnEnd):
            found.append((event.text, event.source, event.why, event.calls, event.dropped, event.bad_calls))
        elif isinstance(event, ActionDropped):
            found.append((event.name, event.missing, event.tick, event.live_tick))
        else:
            found.append(event)
    return found


def settled(is_done: Callable[[], bool]) -> None:
    """Wait for something that comes by itself."""
    end_s = time.monotonic() + 10
    while not is_done() and time.monotonic() < end_s:
        time.sleep(0.005)
    assert is_done()


def test_a_turn(open_game: Open) -> None:
    engine = FakeEngine()
    engine.script("Bron", [say_and_act("Stop. Now!", "strike", target="goblin_1")])
    bron = open_game(engine).spawn(BRON, [Strike])
    assert (bron.name, bron.persona, [spec.name for spec in bron.actions]) == ("Bron", BRON, ["strike"])
    bron.world.update(tick=7, enemies=["goblin_1"])
    turn = bron.say("Let me in.", deadline_ms=5000)
    events = turn.all()
    assert turn.deadline_ms == 5000
    assert "".join(event.text for event in events if isinstance(event, SpeechDelta)) == "Stop. Now!"
    assert shown([event for event in events if not isinstance(event, SpeechDelta)]) == [
        Sentence(text="Stop.", ends_at=5),
        Sentence(text="Now!", ends_at=10),
        ("strike", {"target": "goblin_1"}, 7),
        ("Stop. Now!", "model", "stop", 1, 0, 0),
    ]
    end = turn.end
    assert (turn.is_over, turn.text, turn.events[-1], turn.result()) == (True, "Stop. Now!", end, end)
    assert (end.error, end.cost.requests, end.cost.is_complete, end.cost.source) == (None, 1, True, "model")
    assert not bron.is_talking
    assert [(line.speaker, line.text, line.actions) for line in bron.history] == [
        ("player", "Let me in.", ()),
        ("npc", "Stop. Now!", ("strike",)),
    ]


def test_a_result_is_waited_for(open_game: Open) -> None:
    engine = FakeEngine()
    engine.script("Bron", [act("look"), "A goblin!"])
    bron = open_game(engine).spawn(BRON, [Look], waits_for=[Look])
    events = bron.say("Look!").all(lambda call: call.reply("There is a goblin."))
    assert shown(events)[-1] == ("A goblin!", "model", "stop", 1, 0, 0)
    assert [line.speaker for line in bron.history] == ["player", "npc", "result", "npc"]


def test_what_has_left_the_world_is_dropped(open_game: Open, slow: FakeEngine) -> None:
    slow.script("Bron", [say_and_act("One two three four.", "strike", target="goblin_1")])
    bron = open_game(slow, is_paced=True).spawn(BRON, [Strike])
    bron.world.update(tick=1, enemies=["goblin_1", "goblin_2"])
    turn = bron.say("Strike!")
    turn.first()
    bron.world.update(tick=2, enemies=["goblin_2"])
    events = shown(turn.all())
    assert ("strike", ("goblin_1",), 1, 2) in events
    assert events[-1] == ("One two three four.", "model", "stop", 0, 1, 0)


def test_a_decision(open_game: Open) -> None:
    engine = FakeEngine()
    engine.choose("Bron", ["retreat"])
    bron = open_game(engine).spawn(BRON)
    decision = bron.decide("Two goblins.", ["attack", "retreat", "hold"], default="hold")
    assert (decision.choice, decision.index, decision.source, decision.why) == ("retreat", 1, "model", "scored")
    assert list(decision.probabilities) == ["attack", "retreat", "hold"]
    assert sum(decision.probabilities.values()) == pytest.approx(1.0)
    assert bron.history == ()


def test_a_decision_in_time(open_game: Open) -> None:
    engine, pace = slow_engine(read_tokens_per_ms=0.01)
    bron = open_game(engine, is_paced=True).spawn(BRON)
    decision = bron.decide("Two goblins.", ["attack", "hold"], default="hold", deadline_ms=100)
    pace.close()
    assert (decision.choice, decision.source, decision.why, decision.error) == ("hold", "fallback", "deadline", None)
    assert decision.probabilities == {"attack": 0.5, "hold": 0.5}


def test_greeting_and_observations(open_game: Open) -> None:
    engine = FakeEngine()
    bron = open_game(engine).spawn(BRON)
    assert bron.greet() == BRON.greeting
    bron.observe("It rains.", ttl_ms=60_000)
    assert bron.say("Hello.", speaker="Ann").result().text == "I hear you."
    assert "It rains." in engine.prompts()[-1]
    assert "Ann: Hello." in engine.prompts()[-1]
    assert [line.text for line in bron.history] == [BRON.greeting, "Ann: Hello.", "I hear you."]


def test_what_was_heard(open_game: Open) -> None:
    engine = FakeEngine()
    engine.script("Bron", ["The king is dead. Long live the queen."])
    bron = open_game(engine).spawn(BRON)
    turn = bron.say("News?")
    turn.result()
    for count in (3, 30, 17):
        turn.heard(count)
    assert bron.history[-1].text == "The king is dead."


def test_cancel_and_interrupt(open_game: Open, slow: FakeEngine) -> None:
    slow.script("Bron", ["One two three four five."] * 3)
    bron = open_game(slow, is_paced=True).spawn(BRON)
    turn = bron.say("Count.")
    turn.first()
    assert bron.is_talking
    turn.cancel()
    end = turn.result()
    assert (end.source, end.why, end.error) == ("cut", "cancelled", None)
    assert turn.text == end.text != ""
    interrupted = bron.say("Count again.")
    interrupted.first()
    after = bron.say("Stop.")
    assert (interrupted.result().source, interrupted.result().why) == ("cut", "interrupted")
    assert after.result().why == "stop"


def test_a_deadline(open_game: Open, slow: FakeEngine) -> None:
    bron = open_game(slow, is_paced=True).spawn(BRON)
    slow.script("Bron", ["one two three four five six seven eight nine ten eleven twelve"] * 2)
    for line in ("Hm.", "What?"):
        events = bron.say("Count.", deadline_ms=150).all()
        assert shown(events)[-3:] == [
            SpeechDelta(text=line, source="fallback"),
            Sentence(text=line, source="fallback", ends_at=len(line)),
            (line, "fallback", "deadline", 0, 0, 0),
        ]


def test_leaving_in_the_middle(open_game: Open, slow: FakeEngine) -> None:
    slow.script("Bron", ["One two three four five."])
    bron = open_game(slow, is_paced=True).spawn(BRON)
    turn = bron.say("Count.")
    turn.first()
    assert code(bron.park) == "StateError:npc_talking"
    bron.despawn()
    end = turn.result()
    assert (end.source, end.why, end.error) == ("cut", "despawned", None)
    bron.despawn()
    for call in (lambda: bron.say("You there?"), lambda: bron.observe("Rain."), bron.greet, bron.park):
        assert code(call) == "StateError:despawned"
    assert code(lambda: bron.decide("So?", ["a", "b"])) == "StateError:despawned"


def test_park_and_names(open_game: Open) -> None:
    game = open_game(FakeEngine())
    bron, other = game.spawn(BRON), game.spawn(BRON)
    assert (bron.name, other.name) == ("Bron", "Bron 2")
    bron.park()
    assert bron.say("Hello.").result().why == "stop"
    assert code(lambda: game.spawn(BRON, name="Bron")) == "StateError:name_taken"
    assert game.spawn(BRON, name="Gate guard", seed=3, priority="ambient").name == "Gate guard"


def refusals(game: Game, bron: Someone) -> dict[str, Callable[[], object]]:
    """Return calls that must be refused, by the error that they raise."""
    turn = bron.say("Hello.")
    turn.result()
    return {
        "PromptError:text_empty": lambda: bron.say("  "),
        "PromptError:text_invalid": lambda: bron.say(3),
        "PromptError:text_too_long": lambda: bron.say("x" * 9000),
        "PromptError:text_too_long ": lambda: bron.say("x", speaker="y" * 300),
        "PromptError:text_empty ": lambda: bron.observe(""),
        "PromptError:text_empty  ": lambda: bron.decide("", ["a", "b"]),
        "PromptError:bad_options": lambda: bron.decide("So?", ["a"]),
        "PromptError:bad_options ": lambda: bron.decide("So?", ["a", "b"], default="c"),
        "RequestError:bad_duration": lambda: bron.say("x", deadline_ms=0),
        "RequestError:bad_duration ": lambda: bron.observe("x", ttl_ms=-1),
        "RequestError:bad_duration  ": lambda: bron.decide("x", ["a", "b"], deadline_ms=float("nan")),
        "RequestError:bad_count": lambda: turn.heard("many"),
        "RequestError:bad_persona": lambda: game.spawn({"name": "Bron"}),
        "RequestError:bad_name": lambda: game.spawn(BRON, name="a/b"),
        "RequestError:bad_name ": lambda: game.spawn(BRON, name=" "),
        "RequestError:unknown_priority": lambda: game.spawn(BRON, priority="high"),
        "StateError:unknown_action": lambda: game.spawn(BRON, waits_for=["fly"]),
        "ActionError:bad_declaration": lambda: game.spawn(BRON, [3]),
        "ActionError:bad_actions": lambda: game.spawn(BRON, Look),
        "ActionError:duplicate_action": lambda: game.spawn(BRON, [Look, Look]),
        "ActionError:bad_vocabulary": lambda: bron.world.update(enemies="goblin"),
        "ActionError:bad_name": lambda: bron.world.update(**{"bad name": []}),
        "ActionError:bad_tick": lambda: bron.world.update(tick="now"),
    }


def test_the_same_errors(open_game: Open) -> None:
    game = open_game(FakeEngine())
    bron = game.spawn(BRON)
    for wanted, call in refusals(game, bron).items():
        assert code(call) == wanted.strip()
    assert bron.world.tick == 0
    assert bron.world.vocabularies == {}


def test_a_result_must_be_a_text(open_game: Open) -> None:
    engine = FakeEngine()
    engine.script("Bron", [act("look")])
    bron = open_game(engine).spawn(BRON, [Look])
    call = next(event for event in bron.say("Look!").all() if isinstance(event, ActionCall))
    assert code(lambda: call.reply(3)) == "PromptError:text_invalid"  # type: ignore[arg-type]


def test_after_the_end(open_game: Open, slow: FakeEngine) -> None:
    slow.script("Bron", ["One two three four five."])
    game = open_game(slow, is_paced=True)
    bron = game.spawn(BRON)
    turn = bron.say("Count.")
    turn.first()
    game.close()
    settled(lambda: turn.is_over)
    assert (turn.end.source, turn.end.why, turn.end.error) == ("cut", "closed", None)
    turn.heard(2)
    turn.cancel()
    for call in (lambda: bron.say("You there?"), lambda: bron.observe("Rain."), bron.greet, bron.despawn):
        assert code(call) == "StateError:closed"
    game.close()


TWINS = {"__enter__": "__aenter__", "__exit__": "__aexit__"}
# Keeping characters is what a host does by itself.
HERE_ONLY = {"export", "keep"}
# What a game asks of a runtime; the rest is for whoever sets one up.
ASKED_OF_A_RUNTIME = {"spawn", "close", "frame", "reserve"}
FRAME_LOOP_ONLY = {"begin_decision", "poll", "move", "make_calls", "is_closed"}


def surface(kind: type) -> set[str]:
    """Return the names that a game may use."""
    shown = {TWINS.get(name, name) for name in vars(kind)}
    return {name for name in shown if not name.startswith("_") or name in TWINS.values()}


@pytest.mark.parametrize(
    ("here", "remote"), [(Npc, RemoteNpc), (AsyncNpc, AsyncRemoteNpc), (Runtime, Client), (AsyncRuntime, AsyncClient)]
)
def test_both_have_the_same_shape(here: type, remote: type) -> None:
    shared = {name for name in vars(here) if not name.startswith("_")} - HERE_ONLY
    if here in (Runtime, AsyncRuntime):
        shared &= ASKED_OF_A_RUNTIME
    assert shared <= surface(remote)
    for name in shared:
        ours, theirs = vars(here)[name], vars(remote)[name]
        assert isinstance(ours, property) == isinstance(theirs, property), name
        assert inspect.iscoroutinefunction(ours) == inspect.iscoroutinefunction(theirs), name
        if not isinstance(ours, property):
            wanted = set(inspect.signature(ours).parameters) - {"kept", "on_kept"}
            assert wanted <= set(inspect.signature(theirs).parameters), name


@pytest.mark.parametrize(("sync", "twin"), [(RemoteNpc, AsyncRemoteNpc), (Client, AsyncClient)])
def test_asyncio_has_the_same_shape(sync: type, twin: type) -> None:
    names = surface(sync) - FRAME_LOOP_ONLY
    assert names == surface(twin)
    for name in names & set(vars(sync)) - {"start"}:
        ours, theirs = vars(sync)[name], vars(twin)[name]
        if not isinstance(ours, property):
            assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters), name
    assert list(inspect.signature(connect).parameters) == list(inspect.signature(AsyncClient).parameters)
