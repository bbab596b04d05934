"""Turns a training conversation into tokens with the same compiler that serves the player."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from npc_sdk.actions import Labels, QwenXml
from npc_sdk.forge.corpus.conversation import Conversation, Decide, Reply, Result, Say, Step
from npc_sdk.forge.examples import Example
from npc_sdk.forge.tokenizer import ForgeTokenizer
from npc_sdk.prompt import ChatTemplate, PromptCompiler
from npc_sdk.prompt.heard import cut_mark

# How often what a character noticed in an earlier turn stays readable in the example. The runtime takes it out of
# the history; leaving it in lets one example teach several turns.
KEEPS_NOTICED = 0.6
# How much a token counts. One letter says as much as a whole sentence, and most of a sentence is the same every time.
_SPOKEN, _QUOTED, _CALLED, _CHOSEN = 1, 3, 2, 8


def compiler_for(tokenizer: ForgeTokenizer) -> PromptCompiler:
    """Return the compiler that the runtime would make for a model with this vocabulary."""
    return PromptCompiler(tokenizer, ChatTemplate.for_tokenizer(tokenizer), QwenXml())


def render(conversation: Conversation, compiler: PromptCompiler, random: Random) -> Example:
    """Return a conversation as tokens, with the loss on what the character says, does and chooses.

    Args:
        conversation: What happens.
        compiler: Renders every message.
        random: Chooses between the ways to treat what was noticed in earlier turns.
    """
    text = _Text(compiler)
    for segment in compiler.system(conversation.world, conversation.persona, conversation.actions):
        text.add(segment.tokens)
    card = len(text.tokens)
    steps, focus = conversation.steps, -1
    noticing = [index for index, step in enumerate(steps) if _notices(step)]
    if len(noticing) > 1 and random.random() >= KEEPS_NOTICED:
        focus = random.choice(noticing)
        steps = steps[: _end_of_turn(steps, focus)]
    for index, step in enumerate(steps):
        text.step(step, first=index == 0, noticed=focus < 0 or index >= focus)
    text.learn_repeats(compiler.reply_text(conversation.persona.name), known=0, until=card)
    for entity in conversation.entities:
        text.learn_repeats(compiler.reply_text(entity), known=1)
    return Example(text.tokens, text.loss, conversation.kind)


@dataclass(slots=True)
class _Text:
    compiler: PromptCompiler
    tokens: list[int] = field(default_factory=list)
    loss: list[int] = field(default_factory=list)

    def add(self, tokens: Sequence[int], weight: int = 0) -> None:
        self.tokens.extend(tokens)
        self.loss.extend([weight] * len(tokens))

    def learn_repeats(self, name: Sequence[int], *, known: int, until: int | None = None) -> None:
        """Learn a made-up name where it comes again: the plainest copy, in every example, from the first step on.

        Args:
            name: Its tokens.
            known: How many of its first tokens nobody could guess.
            until: Where to stop looking.
        """
        for at in self._places(name, 0, until)[1:]:
            self._weigh(range(at + known, at + len(name)), _SPOKEN)

    def _weigh(self, places: range, weight: int) -> None:
        for place in places:
            self.loss[place] = max(self.loss[place], weight)

    def _places(self, wanted: Sequence[int], start: int, until: int | None = None) -> list[int]:
        """Return where tokens stand in a part of the text."""
        text, sought = array("H", self.tokens[start:until]).tobytes(), array("H", wanted).tobytes()
        found, at = [], text.find(sought)
        while at >= 0:
            if at % 2 == 0:
                found.append(start + at // 2)
            at = text.find(sought, at + 1)
        return found

    def step(self, step: Step, *, first: bool, noticed: bool) -> None:
        if isinstance(step, Decide):
            self._decide(step, first)
        elif isinstance(step, Result):
            self.add(self.compiler.result_turn(step.texts))
            self._reply(step.reply, learned=noticed, quotes=step.expectation.must_contain)
        else:
            self._say(step, first, noticed)

    def _say(self, step: Say, first: bool, noticed: bool) -> None:
        turn = self.compiler.user_turn(
            step.line,
            speaker=step.speaker,
            observations=step.observations,
            vocabulary=_labels(step.vocabulary),
            first=first,
        )
        self.add(turn.volatile if noticed else turn.stable)
        # Without what was noticed the reply may name things that cannot be known; it is context then.
        learned = noticed or not _notices(step)
        self._reply(step.reply, learned=learned, quotes=step.expectation.must_contain)

    def _reply(self, reply: Reply, *, learned: bool, quotes: Sequence[str]) -> None:
        calls = [(call.name, call.arguments) for call in reply.calls]
        self.add(self.compiler.generation())
        start = len(self.tokens)
        self.add(self.compiler.reply(reply.heard, calls), int(learned) * (_CALLED if calls else _SPOKEN))
        if learned:
            for quote in quotes:
                wanted = self.compiler.reply_text(quote)
                for at in self._places(wanted, start):
                    self._weigh(range(at, at + len(wanted)), _QUOTED)
        if reply.cut_at is not None:
            self.add(self.compiler.reply_text(cut_mark(reply.heard)))
        self._end(learned and reply.cut_at is None, after_call=bool(calls))

    def _decide(self, step: Decide, first: bool) -> None:
        turn = self.compiler.decide_turn(
            step.situation,
            step.options,
            observations=step.observations,
            vocabulary=_labels(step.vocabulary),
            first=first,
        )
        self.add(turn.tokens)
        self.add(self.compiler.generation())
        self.add([turn.labels[step.answer_index]], _CHOSEN)
        self._end(True, after_call=False)

    def _end(self, learned: bool, *, after_call: bool) -> None:
        tail = self.compiler.reply_tail(after_call=after_call)
        ends = self.compiler.tokenizer.end_tokens
        upto = next((index + 1 for index, token in enumerate(tail) if token in ends), 0)
        self.add(tail[:upto], int(learned) * _SPOKEN)
        self.add(tail[upto:])


def _labels(vocabulary: Mapping[str, Sequence[str]]) -> dict[str, Labels]:
    return {name: Labels.of(values) for name, values in sorted(vocabulary.items())}


def _notices(step: Step) -> bool:
    return not isinstance(step, Result) and bool(step.observations or any(step.vocabulary.values()))


def _end_of_turn(steps: Sequence[Step], index: int) -> int:
    """Return the index after a step and the results that belong to it."""
    end = index + 1
    while end < len(steps) and isinstance(steps[end], Result):
        end += 1
    return end
