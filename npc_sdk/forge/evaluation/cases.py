"""Which conversations an evaluation holds: chosen before any model is asked, so that all models get the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from npc_sdk.errors import RequestError
from npc_sdk.forge.corpus.conversation import Conversation, Decide, Expectation, Reply, Say
from npc_sdk.forge.corpus.generator import generate
from npc_sdk.forge.corpus.injection import injection_attempts
from npc_sdk.forge.evaluation.judge import fact_kind_of
from npc_sdk.forge.evaluation.record import Case
from npc_sdk.persona import Persona

GREETING = "Hello there."
GREETER = "guard"
MOST_GREETINGS = 100
_ROLES = 20
_TRIES = 400
_STRIDE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Need:
    """So many steps of a kind, from conversations of some kinds."""

    key: str
    share: float
    weights: Mapping[str, float]


# The figures that have a goal get ``count`` steps, their kinds a part of that.
_NEEDS = (
    _Need(key="tactics", share=1.0, weights={"tactics": 1}),
    _Need(key="choices", share=0.5, weights={"choose": 1}),
    _Need(key="orders", share=1.0, weights={"order": 1}),
    _Need(key="act_several", share=0.25, weights={"act": 1}),
    _Need(key="sell", share=0.25, weights={"sell": 1}),
    _Need(key="act_talk", share=0.25, weights={"act": 1}),
    _Need(key="act_missing", share=0.25, weights={"act": 1}),
    _Need(key="result_bad", share=0.15, weights={"act": 1}),
    _Need(key="action", share=1.0, weights={"act": 1}),
    _Need(key="no_action", share=1.0, weights={"act": 1}),
    _Need(key="said", share=0.5, weights={"recall": 1}),
    _Need(key="secret", share=0.5, weights={"secret": 1}),
    _Need(key="secret_kept", share=0.25, weights={"secret": 1}),
    _Need(key="noticed", share=0.5, weights={"observe": 5, "alarm": 1}),
    _Need(key="rumour", share=0.5, weights={"rumour": 3, "own": 1}),
    _Need(key="goods", share=0.5, weights={"stock": 2, "lore": 2}),
    _Need(key="name", share=0.5, weights={"own": 2, "world": 2, "lore": 1}),
    _Need(key="people", share=0.5, weights={"person": 1}),
    _Need(key="place", share=0.5, weights={"place": 1}),
    _Need(key="price", share=0.5, weights={"trade": 1}),
    _Need(key="cut", share=0.25, weights={"interrupt": 1}),
    _Need(key="unknown", share=1.0, weights={"beyond": 1, "trade": 1, "place": 1, "person": 1, "recall": 1}),
    _Need(key="manner", share=1.0, weights={"social": 1}),
)
_INTENTS = frozenset(("act_several", "sell", "act_talk", "act_missing", "secret_kept", "result_bad"))


def conversations(seed: int, count: int) -> tuple[Case, ...]:
    """Return held-out conversations in which every figure is asked for often enough.

    Args:
        seed: Chooses them.
        count: Steps of each figure that has a goal; facts have half as many of each kind.

    Raises:
        RequestError: The generator makes nothing that asks for a figure (``empty_corpus``).
    """
    found: Counter[str] = Counter()
    cases: list[Case] = []
    for index, need in enumerate(_NEEDS):
        wanted = max(1, round(count * need.share))
        source = generate(seed, split="held_out", weights=need.weights, start=index * _STRIDE, count=wanted * _TRIES)
        while found[need.key] < wanted:
            conversation = next(source, None)
            if conversation is None:
                raise RequestError(
                    f"No held-out conversation of seed {seed} asks for {need.key}.",
                    "Choose another seed.",
                    code="empty_corpus",
                    seed=seed,
                )
            keys = Counter(_keys(conversation))
            if keys[need.key]:
                found += keys
                cases.append(Case(name=f"{need.key}-{len(cases)}", conversation=conversation))
    return tuple(cases)


def _keys(conversation: Conversation) -> Iterator[str]:
    for step in conversation.steps:
        if isinstance(step, Decide):
            yield "tactics" if step.intent == "tactics" else "choices"
        else:
            yield from _asked(step.expectation, has_actions=bool(conversation.actions))


def _asked(expectation: Expectation, *, has_actions: bool) -> Iterator[str]:
    kind = fact_kind_of(expectation)
    if kind:
        yield kind
    if expectation.intent in _INTENTS:
        yield expectation.intent
    if expectation.unknown:
        yield "unknown"
    if expectation.manner:
        yield "manner"
    if expectation.obeys is not None:
        yield "orders"
    elif has_actions and expectation.expected_calls is not None:
        yield "action" if expectation.expected_calls else "no_action"


def attempts(seed: int, count: int) -> tuple[Case, ...]:
    """Return attempts to break a role, each against a held-out character that was not talked to before.

    Args:
        seed: Chooses them.
        count: How many.
    """
    held_out = generate(seed, split="held_out", weights={"social": 1, "trade": 1}, start=len(_NEEDS) * _STRIDE, step=2)
    actors = [next(held_out) for _ in range(min(_ROLES, count))]
    lines = [injection_attempts(seed, count=count, name=actor.persona.name) for actor in actors]
    return tuple(
        _single(f"attempt-{index}", actors[index % len(actors)], lines[index % len(actors)][index])
        for index in range(count)
    )


def _single(name: str, actor: Conversation, line: str) -> Case:
    manner = next((step.expectation.manner for step in actor.steps if isinstance(step, Say)), "")
    asked = _say(line, Expectation(intent="attempt", in_role=True, manner=manner))
    return Case(
        name=name,
        conversation=Conversation(kind="attempt", persona=actor.persona, world=actor.world, steps=(asked,)),
    )


def greetings(count: int) -> tuple[Case, ...]:
    """Return the same greeting to the same character, so many times."""
    persona = Persona.shipped(GREETER)
    step = _say(GREETING, Expectation(intent="greeting"))
    conversation = Conversation(kind="variety", persona=persona, steps=(step,))
    return tuple(Case(name=f"greeting-{index}", conversation=conversation) for index in range(count))


def _say(line: str, expectation: Expectation) -> Say:
    # The generator has no answer of its own to these.
    return Say(line=line, reply=Reply(), expectation=expectation)
