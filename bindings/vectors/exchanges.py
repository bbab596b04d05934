"""The scripted exchanges: one function each, which plays it with the cores and returns its steps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgpack
from exchange import Exchange
from samples import OPEN_GATE, PERSONA

from npc_sdk.errors import EngineCrashError, StateError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import TAG


def _turn(text: str, source: str = "model", why: str = "stop", **more: Any) -> m.TurnResult:
    return m.TurnResult.model_validate({"text": text, "source": source, "why": why, **more})


def _spawned(about: str) -> Exchange:
    exchange = Exchange(about)
    exchange.start()
    id = exchange.ask(m.NpcSpawn, persona={"value": PERSONA}, actions=[OPEN_GATE], waits_for=["open_gate"])
    exchange.finish(id, m.NpcResultBody(npc="Bron", persona="Bron", fallback=("Hm.",), actions=("open_gate",)))
    return exchange


def normal() -> dict[str, Any]:
    """A turn from hello to bye."""
    exchange = _spawned("A turn, from hello to bye.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.", deadline_ms=1500)
    exchange.emit(id, m.Speech(text="Halt! Who"))
    exchange.emit(id, m.Speech(text=" goes there?"))
    exchange.emit(id, m.SpokenSentence(text="Halt! Who goes there?", ends_at=21))
    exchange.finish(id, _turn("Halt! Who goes there?"))
    exchange.wait(300)
    heard = exchange.ask(m.NpcHeard, npc="Bron", turn=id, characters=21)
    exchange.finish(heard, m.Done())
    exchange.wait(1000)
    exchange.close()
    return exchange.result()


def action() -> dict[str, Any]:
    """An action whose result lets the turn go on."""
    exchange = _spawned("An action, and what came of it.")
    world = exchange.ask(m.WorldSet, npc="Bron", tick=7, vocabularies={"gates": ["north", "south"]})
    exchange.finish(world, m.Done())
    id = exchange.ask(m.NpcSay, npc="Bron", text="Open the north gate!")
    exchange.emit(id, m.Speech(text="Very well."))
    exchange.emit(id, m.SpokenSentence(text="Very well.", ends_at=10))
    exchange.emit(id, m.ActionEvent(action_id="1", name="open_gate", arguments={"gate": "north"}, tick=7))
    result = exchange.ask(m.NpcResult, npc="Bron", action_id="1", result="The north gate is open.")
    exchange.finish(result, m.Done())
    exchange.emit(id, m.Speech(text=" It is open."))
    exchange.emit(id, m.SpokenSentence(text="It is open.", ends_at=22))
    exchange.finish(id, _turn("Very well. It is open.", calls=1))
    return exchange.result()


def interrupted() -> dict[str, Any]:
    """A second line interrupts the first answer."""
    exchange = _spawned("A second npc.say interrupts the turn that runs.")
    first = exchange.ask(m.NpcSay, npc="Bron", text="Tell me everything.")
    exchange.emit(first, m.Speech(text="It was long ago, when"))
    second = exchange.ask(m.NpcSay, npc="Bron", text="Never mind.")
    exchange.finish(first, _turn("It was long ago, when", "cut", "interrupted"))
    exchange.emit(second, m.Speech(text="As you wish."))
    exchange.finish(second, _turn("As you wish."))
    return exchange.result()


def cancelled() -> dict[str, Any]:
    """A turn is cancelled over the control channel."""
    exchange = _spawned("A turn is cancelled; a cancel after its end does nothing.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Tell me everything.")
    exchange.emit(id, m.Speech(text="It was"))
    exchange.cancel(id)
    exchange.finish(id, _turn("It was", "cut", "cancelled"))
    exchange.cancel(id)
    return exchange.result()


def deadline() -> dict[str, Any]:
    """A fallback line at the deadline."""
    exchange = _spawned("At the deadline the host answers with a fallback line of the persona.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.", deadline_ms=200)
    exchange.wait(200)
    exchange.emit(id, m.Speech(text="Hm.", source="fallback"))
    exchange.emit(id, m.SpokenSentence(text="Hm.", source="fallback", ends_at=3))
    exchange.finish(id, _turn("Hm.", "fallback", "deadline"))
    return exchange.result()


def engine_restart() -> dict[str, Any]:
    """The engine crashes in a turn and comes back."""
    exchange = _spawned("The engine crashes in the middle of a turn and is started again.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.")
    exchange.emit(id, m.Speech(text="Halt! Who"))
    crash = EngineCrashError("The engine process ended.", "It is started again.")
    exchange.notify("engine_down", {"code": crash.code, "is_final": False})
    exchange.emit(id, m.Speech(text="Hm.", source="fallback"))
    exchange.finish(id, _turn("Hm.", "fallback", crash.code, error=crash.to_dict()))
    exchange.notify("engine_up", {"restarts": 1})
    return exchange.result()


def reconnect() -> dict[str, Any]:
    """The connection breaks and messages are lost; the stream goes on without a gap."""
    exchange = _spawned("The connection breaks, items are lost, and the same session goes on.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.")
    exchange.emit(id, m.Speech(text="Halt!"))
    exchange.lose(2)
    exchange.emit(id, m.Speech(text=" Who"))
    exchange.emit(id, m.Speech(text=" goes"))
    exchange.reconnect()
    exchange.wait(1000)
    exchange.emit(id, m.Speech(text=" there?"))
    exchange.finish(id, _turn("Halt! Who goes there?"))
    exchange.wait(1000)
    return exchange.result()


def host_lost() -> dict[str, Any]:
    """The network is cut for longer than the client waits."""
    exchange = _spawned("Nothing is heard of the host for 3 s: the turn ends at the client, observations wait.")
    id = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.", deadline_ms=20_000)
    exchange.emit(id, m.Speech(text="Halt!"))
    exchange.wait(3500, is_cut=True)
    observed = exchange.ask(m.NpcObserve, npc="Bron", text="It starts to rain.")
    exchange.wait(4000)
    exchange.finish(id, _turn("Halt!", "cut", "cancelled"))
    exchange.finish(observed, m.Done())
    exchange.wait(1000)
    return exchange.result()


def host_restarted() -> dict[str, Any]:
    """The host is killed and started again: a new session, the characters come back."""
    exchange = _spawned("The host is started again: another session, and the characters are spawned again.")
    world = exchange.ask(m.WorldSet, tick=7, vocabularies={"gates": ["north"]})
    exchange.finish(world, m.Done())
    say = exchange.ask(m.NpcSay, npc="Bron", text="Good evening.", deadline_ms=20_000)
    observe = exchange.ask(m.NpcObserve, npc="Bron", text="It starts to rain.")
    exchange.emit(say, m.Speech(text="Halt!"))
    exchange.restart()
    exchange.wait(1000)
    # The characters and the world are said again under the next ids.
    exchange.finish(observe + 1, m.NpcResultBody(npc="Bron", persona="Bron", fallback=("Hm.",), is_new=False))
    exchange.finish(observe + 2, m.Done())
    exchange.finish(observe, m.Done())
    exchange.wait(300)
    return exchange.result()


def decide() -> dict[str, Any]:
    """A decision, and one that fails."""
    exchange = _spawned("A decision; then one for a character that is not there.")
    id = exchange.ask(m.NpcDecide, npc="Bron", situation="Two goblins come.", options=["attack", "retreat"])
    shares = (0.25, 0.75)
    exchange.finish(id, m.DecisionResult(choice="retreat", index=1, probabilities=shares, source="model", why="scored"))
    wrong = exchange.ask(m.NpcDecide, npc="Bran", situation="Two goblins come.", options=["attack", "retreat"])
    exchange.fail(wrong, StateError("This session has no npc 'Bran'.", "Spawn it.", code="unknown_npc"))
    return exchange.result()


def refused() -> dict[str, Any]:
    """A wrong token."""
    exchange = Exchange("The token is wrong.", token="another-token")
    exchange.start()
    return exchange.result()


def unusable() -> dict[str, Any]:
    """Messages that cannot be used do not end the session."""
    exchange = _spawned("An unknown type, a field that cannot be used, and a foreign message do not end the session.")
    exchange.client_raw([TAG, msgpack.packb({"type": "npc.dance", "id": 900, "npc": "Bron"})])
    exchange.client_raw([TAG, msgpack.packb({"type": "npc.say", "id": 901, "npc": "Bron", "text": 5})])
    exchange.client_raw([TAG, b"\xc1"])
    exchange.client_raw([b"MDPC02", b""])
    id = exchange.ask(m.NpcObserve, npc="Bron", text="It starts to rain.")
    exchange.finish(id, m.Done())
    return exchange.result()


EXCHANGES: dict[str, Callable[[], dict[str, Any]]] = {
    "normal": normal,
    "action": action,
    "interrupted": interrupted,
    "cancelled": cancelled,
    "deadline": deadline,
    "engine-restart": engine_restart,
    "reconnect": reconnect,
    "host-lost": host_lost,
    "host-restarted": host_restarted,
    "decide": decide,
    "refused": refused,
    "unusable": unusable,
}
