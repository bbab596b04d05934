"""What a client asks of its characters; each request has a stream that ends once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, model_validator
from typing_extensions import Self

from npc_sdk.wire.messages.base import Count, Document, Duration, Many, Message, Name, RequestId, Text, Tick, Value

MAX_SEED = 2**63 - 1
MAX_OPTIONS = 26
MAX_REFERENCE = 64

ReferenceName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]*$", max_length=MAX_REFERENCE)]
Speaker = Annotated[str, Field(min_length=1, max_length=256)]


class Request(Message):
    """A message that is answered by a stream.

    Args:
        id: Names the request: larger than every id before it, never used twice by this client.
    """

    id: RequestId


class NpcRequest(Request):
    """A request to one character.

    Args:
        npc: Its name in this session.
    """

    npc: Name


class Reference(Value):
    """A persona or a world: exactly one of the three. Never a path.

    Args:
        value: The whole document, with the fields of a persona or world file.
        shipped: The name of one that comes with the package.
        named: The name of one in the host's folder for it.
    """

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [{"required": [one]} for one in ("value", "shipped", "named")]}
    )

    value: Document | None = None
    shipped: ReferenceName | None = None
    named: ReferenceName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(part is not None for part in (self.value, self.shipped, self.named)) != 1:
            raise ValueError("exactly one of value, shipped and named is needed")
        return self


class NpcSpawn(Request):
    """Brings a character into the session, or takes up one that this owner has kept under the name.

    Args:
        persona: Who it is. A kept character takes the new persona and keeps what it remembers.
        name: Its name in the session; None takes the persona's, with a number when that is taken here.
        world: Its setting; None takes the host's.
        actions: What it can do, as JSON Schema documents.
        waits_for: Names of actions whose results its turns wait for.
        seed: Start of its random numbers; None has the host choose one.
        priority: Who goes first when the machine is busy.
    """

    type: Literal["npc.spawn"] = "npc.spawn"
    persona: Reference
    name: Name | None = None
    world: Reference | None = None
    actions: Many[Document] = ()
    waits_for: Many[Name] = ()
    seed: Annotated[int, Field(ge=0, le=MAX_SEED)] | None = None
    priority: Literal["player", "companion", "ambient"] = "player"


class NpcSay(NpcRequest):
    """Says something to a character.

    Args:
        text: The player's words.
        speaker: Who speaks, when there are several.
        deadline_ms: When the answer must be complete, counted from the receipt; None takes the host's.
    """

    type: Literal["npc.say"] = "npc.say"
    text: Text
    speaker: Speaker | None = None
    deadline_ms: Duration | None = None


class NpcDecide(NpcRequest):
    """Has a character choose one of several options.

    Args:
        situation: What is decided about.
        options: 2 to 26 different texts.
        default: The option to take when the model does not answer; None takes the first.
        deadline_ms: When the choice must be there, counted from the receipt; None takes the host's.
    """

    type: Literal["npc.decide"] = "npc.decide"
    situation: Text
    options: Annotated[tuple[Text, ...], Field(strict=False, min_length=2, max_length=MAX_OPTIONS)]
    default: Text | None = None
    deadline_ms: Duration | None = None


class NpcObserve(NpcRequest):
    """Tells a character what it notices.

    Args:
        text: One short line.
        ttl_ms: How long it matters, counted from the receipt; None takes the host's.
    """

    type: Literal["npc.observe"] = "npc.observe"
    text: Text
    ttl_ms: Duration | None = None


class NpcGreet(NpcRequest):
    """Lets a character remember that it said its greeting; only as the first line of a conversation."""

    type: Literal["npc.greet"] = "npc.greet"


class NpcPark(NpcRequest):
    """Gives a character's slot to others; its state is kept in host memory."""

    type: Literal["npc.park"] = "npc.park"


class NpcDespawn(NpcRequest):
    """Takes a character out of the runtime and out of the store; a running turn ends as ``cut``.

    Args:
        is_kept: Whether the store keeps it, for a later spawn under its name.
    """

    type: Literal["npc.despawn"] = "npc.despawn"
    is_kept: bool = False


class NpcHistory(NpcRequest):
    """Asks what a character remembers of its conversation.

    Args:
        last: Most lines, the latest ones; None asks for all, as far as they fit one message.
    """

    type: Literal["npc.history"] = "npc.history"
    last: Annotated[int, Field(ge=1, le=1_000_000)] | None = None


class NpcHeard(NpcRequest):
    """Reports how much of a turn the player has heard; the last report counts.

    Args:
        turn: The id of the ``npc.say``.
        characters: Unicode code points of the speech put together.
    """

    type: Literal["npc.heard"] = "npc.heard"
    turn: RequestId
    characters: Count


class NpcResult(NpcRequest):
    """Tells a character what came of an action.

    Args:
        action_id: That of the action event.
        result: One short text.
        may_continue: Whether the character may go on speaking because of it.
    """

    type: Literal["npc.result"] = "npc.result"
    action_id: Annotated[str, Field(min_length=1, max_length=64)]
    result: str
    may_continue: bool = True


class WorldSet(Request):
    """Says what is true in the game now.

    Args:
        npc: For whom; None is for every character of the session, also those that are spawned later.
        tick: The game's time; None leaves it.
        vocabularies: Lists by name, each replaced as a whole; others stay.
    """

    type: Literal["world.set"] = "world.set"
    npc: Name | None = None
    tick: Tick | None = None
    vocabularies: dict[Name, Many[str]] = {}


class BudgetReserve(Request):
    """Asks for graphics memory to be kept free for the game.

    Args:
        mib: Mebibytes; replaces what this session reserved before. The host adds up all sessions.
    """

    type: Literal["budget.reserve"] = "budget.reserve"
    mib: Annotated[int, Field(ge=0, le=1_048_576)]
