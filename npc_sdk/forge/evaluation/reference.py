"""The generator's own answers as records: what a perfect student of it would say."""

from __future__ import annotations

from collections.abc import Iterator

from npc_sdk.forge.corpus.conversation import Decide, Result, Say
from npc_sdk.forge.evaluation.knowledge import Knowledge
from npc_sdk.forge.evaluation.record import Case, Chosen, Heard


def reference_records(case: Case) -> Iterator[Heard | Chosen]:
    """Yield what the generator has the character say, do and choose.

    Judging these tells how far the rules of judgement can be trusted; what they do not reach, no model can.

    Args:
        case: A conversation that came from the generator.
    """
    conversation, knowledge = case.conversation, Knowledge(case.conversation)
    for index, step in enumerate(conversation.steps):
        knowledge.learn(step)
        if isinstance(step, Decide):
            yield Chosen(case=case.name, step=index, asked=step, index=step.answer_index, source="model", why="scored")
        elif isinstance(step, (Say, Result)):
            yield Heard(
                case=case.name,
                step=index,
                persona=conversation.persona,
                has_actions=bool(conversation.actions),
                expectation=step.expectation,
                line=step.line if isinstance(step, Say) else "",
                speaker=step.speaker if isinstance(step, Say) else None,
                known=knowledge.text,
                text=step.reply.text,
                calls=step.reply.calls,
            )
