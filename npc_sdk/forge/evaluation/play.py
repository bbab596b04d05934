"""Plays one conversation on a runtime, step by step, as a game would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from npc_sdk.errors import NpcError
from npc_sdk.forge.corpus.conversation import Call, Decide, Result, Say
from npc_sdk.forge.evaluation.knowledge import Knowledge
from npc_sdk.forge.evaluation.noticing import Noticing
from npc_sdk.forge.evaluation.record import Case, Chosen, Heard, Played
from npc_sdk.runtime import ActionCall, Npc, Runtime, Sentence, Turn, TurnEnd

DEADLINE_MS = 3_600_000.0
_ACCEPTED = "ok"


def play(runtime: Runtime, case: Case, *, sleep: Callable[[float], None] = time.sleep) -> Played:
    """Play a conversation; earlier answers in it are the model's own.

    Args:
        runtime: A runtime that works.
        case: The conversation.
        sleep: Lets the runtime's clock run on for so many seconds.
    """
    conversation = case.conversation
    try:
        npc = runtime.spawn(
            conversation.persona,
            conversation.actions,
            name=case.name,
            world=conversation.world,
            waits_for=_reported(case),
        )
    except NpcError as error:
        return Played(case=case.name, records=(), problem=error.code)
    player = _Player(npc, case, Noticing(npc, sleep))
    try:
        return Played(case=case.name, records=tuple(player.records()))
    except NpcError as error:
        return Played(case=case.name, records=(), problem=error.code)
    finally:
        npc.despawn()


def _reported(case: Case) -> frozenset[str]:
    """Return the actions whose results the conversation tells; turns wait for these."""
    steps = case.conversation.steps
    return frozenset(
        call.name
        for index, step in enumerate(steps[:-1])
        if isinstance(step, Say) and isinstance(steps[index + 1], Result)
        for call in step.reply.calls
    )


@dataclass(slots=True)
class _Answer:
    """What came in one turn: speech before the first action, actions, and speech after their results."""

    speech: str
    calls: tuple[Call, ...]
    reaction: str
    end: TurnEnd


class _Player:
    """Not thread safe; owned by the thread that plays.

    Args:
        npc: The character.
        case: The conversation.
        noticing: What the character notices.
    """

    def __init__(self, npc: Npc, case: Case, noticing: Noticing) -> None:
        self._npc = npc
        self._case = case
        self._noticing = noticing
        self._reported = _reported(case)
        self._knowledge = Knowledge(case.conversation)

    def records(self) -> Iterator[Heard | Chosen]:
        """Play all steps and yield what the character says and chooses."""
        steps = self._case.conversation.steps
        for index, step in enumerate(steps):
            self._knowledge.learn(step)
            if isinstance(step, Result):
                continue
            self._noticing.set(step.observations)
            if step.vocabulary:
                self._npc.world.update(tick=index, **step.vocabulary)
            if isinstance(step, Decide):
                yield self._choose(index, step)
            else:
                following = steps[index + 1] if index + 1 < len(steps) else None
                yield from self._talk(index, step, following if isinstance(following, Result) else None)

    def _choose(self, index: int, step: Decide) -> Chosen:
        decision = self._npc.decide(step.situation, step.options, deadline_ms=DEADLINE_MS)
        return Chosen(
            case=self._case.name,
            step=index,
            asked=step,
            index=decision.index,
            source=decision.source,
            why=decision.why,
        )

    def _talk(self, index: int, step: Say, result: Result | None) -> Iterator[Heard]:
        turn = self._npc.say(step.line, speaker=step.speaker, deadline_ms=DEADLINE_MS)
        answer = _follow(turn, result, self._reported)
        if step.reply.cut_at is not None:
            turn.heard(_cut(answer.end.text, step.reply.cut_at / max(1, len(step.reply.text))))
        yield self._heard(index, step, answer)
        wanted = sorted(call.name for call in step.reply.calls)
        # A character that did something else has other results to tell.
        if result is not None and sorted(call.name for call in answer.calls) == wanted:
            self._knowledge.learn(result)
            yield self._heard(index + 1, result, answer)

    def _heard(self, index: int, step: Say | Result, answer: _Answer) -> Heard:
        is_first = isinstance(step, Say)
        return Heard(
            case=self._case.name,
            step=index,
            persona=self._case.conversation.persona,
            has_actions=bool(self._case.conversation.actions),
            expectation=step.expectation,
            line=step.line if isinstance(step, Say) else "",
            speaker=step.speaker if isinstance(step, Say) else None,
            known=self._knowledge.text,
            text=answer.speech if is_first else answer.reaction,
            calls=answer.calls if is_first else (),
            bad_calls=answer.end.bad_calls if is_first else 0,
            source=answer.end.source,
            why=answer.end.why,
        )


def _follow(turn: Turn, result: Result | None, reported: frozenset[str]) -> _Answer:
    calls: list[Call] = []
    speech: list[str] = []
    reaction: list[str] = []
    for event in turn:
        if isinstance(event, Sentence):
            (reaction if calls and result is not None else speech).append(event.text)
        elif isinstance(event, ActionCall):
            texts = result.texts if result is not None else ()
            # Only what the turn waits for must be answered; elsewhere the conversation tells no result.
            if result is not None or event.name in reported:
                text = texts[len(calls)] if len(calls) < len(texts) else _ACCEPTED
                event.reply(text, continue_=result is not None)
            calls.append(Call(name=event.name, arguments=dict(event.arguments)))
    return _Answer(speech=" ".join(speech), calls=tuple(calls), reaction=" ".join(reaction), end=turn.result())


def _cut(text: str, share: float) -> int:
    """Return where a word ends near a share of a text."""
    ends = [index for index, mark in enumerate(text) if mark == " "]
    near = [end for end in ends if end <= share * len(text)]
    return near[-1] if near else ends[0] if ends else len(text)
