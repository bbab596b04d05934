"""One message of every type, as they stand in the golden vectors and in the protocol's documentation."""

from __future__ import annotations

from npc_sdk.errors import RequestError
from npc_sdk.wire import messages as m
from npc_sdk.wire.codec import Direction
from npc_sdk.wire.limits import Limits

OWNER_KEY = "q6mIhZ0gWc3T8Rk1VbYd5sLxNfAeUo2jPzKtHn7XwMy"
INSTANCE = "4f1c09e2a7d84b6d"
SESSION = "Zk3PvX9QmB7sLw0a"
TOKEN = "T0kenOfTheConnectionFile-0123456789abcdefgh"
PERSONA = {"name": "Bron", "role": "the gate guard of Brackwater", "fallback": ["Hm."]}
OPEN_GATE = {
    "name": "open_gate",
    "description": "Open a gate of the town.",
    "parameters": {
        "type": "object",
        "properties": {"gate": {"type": "string", "x-vocabulary": "gates"}},
        "required": ["gate"],
    },
}
FAILURE = m.Failure.of(
    RequestError("This session has no npc 'Bran'.", "Bring it in with npc.spawn.", code="unknown_npc", npc="Bran")
)
COST = {
    "queue_ms": 0.5,
    "read": {"cached": 412, "new": 17, "ms": 21.5},
    "first_token_ms": 48.0,
    "decode": {"sampled": 9, "forced": 0, "ms": 130.0},
    "total_ms": 180.25,
    "deadline_ms": 1500.0,
    "source": "model",
    "why": "stop",
    "requests": 1,
    "state_from": "slot",
    "is_complete": True,
}

SAMPLES: dict[str, tuple[Direction, m.Message]] = {
    "hello": (
        "to_host",
        m.Hello(
            attempt=2,
            protocol="1.0",
            instance=INSTANCE,
            token=TOKEN,
            owner_key=OWNER_KEY,
            client=m.Client(name="Brackwater", version="0.3", language="python"),
            resume=(m.StreamPoint(id=7, next_seq=3),),
        ),
    ),
    "welcome": (
        "to_client",
        m.Welcome(
            attempt=2,
            protocol="1.0",
            session=SESSION,
            owner_key=OWNER_KEY,
            is_resumed=True,
            limits=Limits(),
            host=m.Host(version="0.1.0", host_id="b1f0", model="starter", fingerprint="9c41d2"),
            npcs=("Bron",),
            lost=(),
        ),
    ),
    "refused": (
        "to_client",
        m.Refused(
            attempt=1,
            error=m.Failure(
                kind="ProtocolError",
                code="bad_token",
                cause="The token is wrong.",
                next_step="Read the connection file again.",
            ),
        ),
    ),
    "bye": ("to_host", m.Bye(forget=False)),
    "session.ended": (
        "to_client",
        m.SessionEnded(
            session=SESSION,
            error=m.Failure(kind="StateError", code="closing", cause="The host is shutting down."),
        ),
    ),
    "attach": ("to_host_control", m.Attach(attempt=2, session=SESSION, owner_key=OWNER_KEY)),
    "attached": ("to_client_control", m.Attached(attempt=2, session=SESSION)),
    "npc.spawn": (
        "to_host",
        m.NpcSpawn(
            id=1,
            persona=m.Reference(value=PERSONA),
            world=m.Reference(shipped="brackwater"),
            actions=(OPEN_GATE,),
            waits_for=("open_gate",),
            seed=42,
            priority="player",
        ),
    ),
    "npc.say": ("to_host", m.NpcSay(id=7, npc="Bron", text="Open the north gate!", speaker="Ada", deadline_ms=1500.0)),
    "npc.decide": (
        "to_host",
        m.NpcDecide(id=8, npc="Bron", situation="Two goblins come.", options=("attack", "retreat"), default="retreat"),
    ),
    "npc.observe": ("to_host", m.NpcObserve(id=9, npc="Bron", text="It starts to rain.", ttl_ms=60_000.0)),
    "npc.greet": ("to_host", m.NpcGreet(id=10, npc="Bron")),
    "npc.heard": ("to_host", m.NpcHeard(id=11, npc="Bron", turn=7, characters=17)),
    "npc.result": (
        "to_host",
        m.NpcResult(id=12, npc="Bron", action_id="7.0", result="The north gate is open.", may_continue=True),
    ),
    "npc.history": ("to_host", m.NpcHistory(id=13, npc="Bron", last=20)),
    "npc.park": ("to_host", m.NpcPark(id=14, npc="Bron")),
    "npc.despawn": ("to_host", m.NpcDespawn(id=15, npc="Bron", is_kept=False)),
    "world.set": (
        "to_host",
        m.WorldSet(id=2, npc="Bron", tick=1200, vocabularies={"gates": ("north", "south")}),
    ),
    "budget.reserve": ("to_host", m.BudgetReserve(id=3, mib=512)),
    "event": ("to_client", m.Event(id=7, seq=0, event=m.Speech(text="Who goes"))),
    "end": ("to_client", m.End(id=7, seq=4, result=m.TurnResult(text="Who goes there?", source="model", why="stop"))),
    "error": ("to_client", m.Error(id=9, seq=0, error=FAILURE)),
    "ack": ("to_host", m.Ack(below=7, upto=(m.Receipt(id=7, seq=2), m.Receipt(id=8, seq=0)))),
    "cancel": ("to_host_control", m.Cancel(id=7)),
    "status": ("to_host_control", m.StatusAsk(n=5)),
    "status.reply": (
        "to_client_control",
        m.StatusReply(n=5, status={"turns": 1, "npcs": 1, "engine": {"steps": 4711}}),
    ),
    "frame": ("to_host_control", m.Frame(target_ms=16.7, measured_ms=15.2, mode="combat")),
    "ping": ("to_host", m.Ping(n=31)),
    "pong": ("to_client", m.Pong(n=31, steps=4711, requests=9, items=23)),
    "notice": ("to_client", m.Notice(seq=0, notice=m.News(kind="engine_down", data={"code": "engine_crashed"}))),
    "telemetry": ("telemetry", m.Telemetry(seq=12, at_ms=90_500.0, kind="figures", data={"tokens_per_s": 81.5})),
}

EVENTS: dict[str, m.EventBody] = {
    "speech": m.Speech(text="Who goes"),
    "sentence": m.SpokenSentence(text="Who goes there?", ends_at=15),
    "action": m.ActionEvent(action_id="7.0", name="open_gate", arguments={"gate": "north"}, tick=1200),
    "action_dropped": m.ActionDroppedEvent(
        name="open_gate", arguments={"gate": "north"}, missing=("north",), tick=1200, live_tick=1207
    ),
}

RESULTS: dict[str, m.Result] = {
    "done": m.Done(),
    "turn": m.TurnResult(text="Who goes there?", source="model", why="stop", cost=COST, calls=1),
    "decision": m.DecisionResult(
        choice="retreat", index=1, probabilities=(0.25, 0.75), source="model", why="scored", cost=COST
    ),
    "npc": m.NpcResultBody(
        npc="Bron", persona="Bron", greeting="", fallback=("Hm.",), actions=("open_gate",), is_new=True
    ),
    "greeting": m.GreetingResult(text="Halt! Who goes there?"),
    "history": m.HistoryResult(
        lines=(
            m.Line(speaker="player", text="Open the north gate!"),
            m.Line(speaker="npc", text="Very well.", actions=("open_gate",)),
            m.Line(speaker="result", text="The north gate is open."),
        )
    ),
}
