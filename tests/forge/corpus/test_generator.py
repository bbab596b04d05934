"""The generator: the same seed gives the same text, splits share nothing, questions are balanced, answers fit."""

from __future__ import annotations

import itertools
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest

from npc_sdk.actions.labels import Labels
from npc_sdk.errors import RequestError
from npc_sdk.forge.corpus import FOCUS, WEIGHTS, Conversation, Decide, Result, Say, generate, says_unknown
from npc_sdk.forge.corpus.conversation import Expectation, Reply

CONTROL = re.compile(r"<\||</?tool|<think|\[INST|[<>\n]")
MEMBERSHIP = (
    "trade",
    "trade_one",
    "stock",
    "place",
    "person",
    "rumour",
    "relation",
    "plant",
    "remedy",
    "beasts",
    "recall",
)


@pytest.fixture(scope="module", params=["train", "held_out"])
def conversations(request: pytest.FixtureRequest) -> list[Conversation]:
    return list(generate(11, split=request.param, count=2500))


def answers(conversations: list[Conversation]) -> Iterator[tuple[Conversation, Say | Result, Reply, Expectation]]:
    for conversation in conversations:
        for step in conversation.steps:
            if not isinstance(step, Decide):
                yield conversation, step, step.reply, step.expectation


def test_same_seed_same_conversations() -> None:
    assert list(generate(5, count=200)) == list(generate(5, count=200))


def test_other_seed_other_conversations() -> None:
    first, second = list(generate(5, count=50)), list(generate(6, count=50))
    assert all(one != other for one, other in zip(first, second, strict=True))


def test_workers_together_make_what_one_makes() -> None:
    whole = list(generate(7, count=60))
    parts = [list(generate(7, start=worker, step=3, count=20)) for worker in range(3)]
    assert [parts[index % 3][index // 3] for index in range(60)] == whole


def test_resumes_at_an_index() -> None:
    assert list(generate(7, start=40, count=20)) == list(generate(7, count=60))[40:]


def test_goes_on_without_count() -> None:
    assert len(list(itertools.islice(generate(1), 30))) == 30


@pytest.mark.parametrize("weights", [{}, {"trade": 0.0}, {"trade": -1.0, "place": 2.0}, {"nothing": 1.0}])
def test_refuses_weights_without_kinds(weights: dict[str, float]) -> None:
    with pytest.raises(RequestError) as caught:
        next(generate(1, weights=weights))
    assert caught.value.code == "bad_weights"


@pytest.mark.parametrize("kind", sorted(FOCUS))
def test_every_kind_can_be_asked_for_alone(kind: str) -> None:
    assert {each.kind for each in generate(2, count=20, weights={kind: 1})} == {kind}


def test_weights_name_known_kinds() -> None:
    assert all(set(table) <= set(FOCUS) for table in WEIGHTS.values())


def test_splits_share_no_entity() -> None:
    train = {entity.lower() for each in generate(3, count=4000) for entity in each.entities}
    held_out = {entity.lower() for each in generate(3, split="held_out", count=2000) for entity in each.entities}
    assert not train & held_out


def test_splits_share_no_question() -> None:
    def lines(split: str) -> set[str]:
        made = generate(4, split=split, count=3000)  # type: ignore[arg-type]
        return {step.line for each in made for step in each.steps if isinstance(step, Say)}

    assert not lines("train") & lines("held_out")


def test_membership_questions_are_balanced() -> None:
    asked: dict[str, Counter[bool]] = defaultdict(Counter)
    for _, _, _, expectation in answers(list(generate(13, count=9000))):
        if expectation.intent in MEMBERSHIP:
            asked["all"][expectation.unknown] += 1
            asked[expectation.intent][expectation.unknown] += 1
    for intent, counts in asked.items():
        share = counts[True] / counts.total()
        slack = 0.05 if counts.total() > 1500 else 0.09
        assert abs(share - 0.5) < slack, (intent, share, counts.total())


def test_known_facts_are_quoted_and_unknown_ones_are_not(conversations: list[Conversation]) -> None:
    for conversation, _, reply, expectation in answers(conversations):
        spoken = reply.text.lower()
        if reply.text and reply.cut_at is None:
            assert all(fact.lower() in spoken for fact in expectation.must_contain), (conversation.kind, reply.text)
        told = [fact for fact in expectation.must_not_contain if re.search(rf"\b{re.escape(fact)}\b", reply.text)]
        assert not told, (conversation.kind, reply.text)
        if expectation.unknown:
            assert says_unknown(reply.text), reply.text


def test_quoted_facts_stand_in_what_the_character_can_read(conversations: list[Conversation]) -> None:
    for conversation in conversations:
        heard = card_text(conversation).lower()
        for step in conversation.steps:
            if isinstance(step, Decide):
                continue
            heard += step_text(step).lower()
            for fact in step.expectation.must_contain:
                assert fact.lower() in heard, (conversation.kind, step.expectation.intent, fact)


def card_text(conversation: Conversation) -> str:
    persona, world = conversation.persona, conversation.world
    parts = [persona.name, persona.role, persona.description, *persona.knows]
    return " ".join((*parts, *(world.facts if world else ())))


def step_text(step: Say | Result) -> str:
    if isinstance(step, Result):
        return " ".join(("", *step.texts))
    return " ".join(("", *step.observations, *itertools.chain(*step.vocabulary.values()), step.line))


def test_expected_calls_fit_their_actions(conversations: list[Conversation]) -> None:
    seen = 0
    for conversation, step, reply, expectation in answers(conversations):
        assert tuple(reply.calls) == tuple(expectation.expected_calls or ())
        specs = {spec.name: spec for spec in conversation.actions}
        vocabulary = {} if isinstance(step, Result) else {key: Labels.of(each) for key, each in step.vocabulary.items()}
        for call in reply.calls:
            specs[call.name].validate(call.arguments, vocabulary)
            seen += 1
    assert seen > 100


def test_vocabularies_of_actions_are_filled(conversations: list[Conversation]) -> None:
    for conversation in conversations:
        needed = {name for spec in conversation.actions for name in spec.vocabularies}
        says = [step for step in conversation.steps if isinstance(step, Say) and step.reply.calls]
        assert all(needed <= set(step.vocabulary) for step in says)


def test_calls_and_mere_talk_are_balanced() -> None:
    counts: Counter[bool] = Counter()
    for _, _, _, expectation in answers(list(generate(2, count=3000, weights={"act": 1}))):
        if expectation.intent.startswith("act"):
            counts[bool(expectation.expected_calls)] += 1
    assert 0.4 < counts[True] / counts.total() < 0.6


def test_orders_are_obeyed_in_half_of_all_cases() -> None:
    counts = Counter(
        expectation.obeys
        for _, _, _, expectation in answers(list(generate(2, count=3000, weights={"order": 1})))
        if expectation.obeys is not None
    )
    assert 0.43 < counts[True] / counts.total() < 0.57


def test_replies_are_short_lines_without_control_text(conversations: list[Conversation]) -> None:
    lengths = []
    for _, _, reply, _ in answers(conversations):
        assert reply.text or reply.calls
        assert not CONTROL.search(reply.text), reply.text
        assert "{" not in reply.text
        lengths.append(len(reply.text.split()))
    assert max(lengths) <= 40
    assert 5 <= sum(lengths) / len(lengths) <= 16


def test_replies_keep_to_three_sentences(conversations: list[Conversation]) -> None:
    counts = [len(re.findall(r"[.!?*]+(?=\s|$)", reply.text)) for _, _, reply, _ in answers(conversations)]
    assert sum(count > 3 for count in counts) / len(counts) < 0.03


def test_lines_have_no_unfilled_slots(conversations: list[Conversation]) -> None:
    for conversation in conversations:
        assert "{" not in card_text(conversation)
        for step in conversation.steps:
            assert "{" not in (step.situation if isinstance(step, Decide) else step_text(step))


def test_cut_replies_leave_a_part_to_hear(conversations: list[Conversation]) -> None:
    cut = [reply for _, _, reply, _ in answers(conversations) if reply.cut_at is not None]
    assert cut
    assert all(0 < len(reply.heard) < len(reply.text) and not reply.calls for reply in cut)


def test_decisions_have_an_answer_among_different_options(conversations: list[Conversation]) -> None:
    decisions = [step for each in conversations for step in each.steps if isinstance(step, Decide)]
    for step in decisions:
        assert 2 <= len(step.options) <= 26
        assert len(set(step.options)) == len(step.options)
        assert step.answer_index in step.equal_indices
    letters = Counter(step.answer_index for step in decisions if len(step.options) >= 4)
    assert max(letters[index] for index in range(4)) < 2 * min(letters[index] for index in range(4))


def test_cards_are_small(conversations: list[Conversation]) -> None:
    sizes = sorted(len(card_text(each)) for each in conversations)
    assert sizes[len(sizes) // 2] < 600
    assert sizes[-1] < 1600


def test_early_stages_are_shorter() -> None:
    def size(conversation: Conversation) -> int:
        return len(card_text(conversation))

    small = sorted(size(each) for each in generate(3, count=800, stage="small"))
    full = sorted(size(each) for each in generate(3, count=800, stage="full"))
    assert small[400] < 0.8 * full[400]
    assert small[760] < 800


def test_large_cards_are_as_long_as_those_that_people_write() -> None:
    full = sorted(len(card_text(each)) for each in generate(3, count=800, stage="full"))
    made = list(generate(3, count=800, stage="large"))
    large = sorted(len(card_text(each)) for each in made)
    assert large[400] > 1.6 * full[400]
    test_quoted_facts_stand_in_what_the_character_can_read(made)
    test_known_facts_are_quoted_and_unknown_ones_are_not(made)


def test_twins_differ_in_what_is_there() -> None:
    made = list(generate(9, count=600, weights={"trade": 1}))
    pairs = zip(made[::2], made[1::2], strict=True)
    twins = [(one, other) for one, other in pairs if one.persona.name == other.persona.name]
    assert len(twins) > 60
    for one, other in twins:
        first, second = first_price_question(one), first_price_question(other)
        assert first.expectation.unknown != second.expectation.unknown
        assert first.line == second.line


def first_price_question(conversation: Conversation) -> Say:
    says = (step for step in conversation.steps if isinstance(step, Say))
    return next(step for step in says if step.expectation.intent in ("trade", "trade_one"))
