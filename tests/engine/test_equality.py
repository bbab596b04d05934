"""Cached, forked, parked, restored, batched, suspended: token for token what a fresh run alone gives.

Greedy, on llama.cpp itself. Its kernels differ by batch shape, so the logits of the same tokens differ a little
(see ``reference.MARGIN``); prompts are chosen whose replies nowhere come near a tie, and single logits are
compared with that tolerance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import numpy as np
import pytest
from reference import MARGIN, QUANTIZED_MARGIN, ActsAt, Reference, Reply, Talk, config

from npc_sdk.engine.request import Boundary, Constraint, Ended, PrefixKind, Priority, Reconfigured, Suspended
from npc_sdk.engine.thread import ThreadEngine

COUNT = 10
STARTER = Path(__file__).resolve().parents[2] / "npc_sdk" / "models" / "starter" / "starter.gguf"
GRAMMAR = (
    'start: "\\nmove to " place " and " deed " now " </tool_call>\n'
    'place: "the north gate" | "the south gate" | "the old bridge"\n'
    'deed: "attack" | "hold" | "retreat at once"\n'
)


@pytest.fixture(scope="module", params=["hybrid", "attention", "starter"])
def reference(request: pytest.FixtureRequest, tiny_hybrid_path: Path, tiny_attention_path: Path) -> Iterator[Reference]:
    if request.param == "starter" and not STARTER.exists():
        pytest.skip("the starter model is not built here")
    paths = {"hybrid": tiny_hybrid_path, "attention": tiny_attention_path, "starter": STARTER}
    margin = QUANTIZED_MARGIN if request.param == "starter" else MARGIN
    reference = Reference(paths[request.param], margin=margin)
    yield reference
    reference.close()


Start = Callable[..., "contextmanager[Talk]"]


@pytest.fixture
def start(reference: Reference) -> Callable[..., object]:
    @contextmanager
    def start(**fields: object) -> Iterator[Talk]:
        talk = Talk(ThreadEngine(config(reference.path, **fields)), ActsAt())
        try:
            yield talk
        finally:
            talk.close()

    return start


class Character:
    """A character of a world, and turns with it that hold no near tie."""

    def __init__(self, reference: Reference, index: int, *, turns: int = 2) -> None:
        self.name = f"character {index}"
        self.world = reference.words(1, 50)
        self.persona = self.world + reference.words(2 + index % 2, 20)
        self.turns: list[Reply] = []
        history = self.persona
        for turn in range(turns):
            reply = reference.clear_reply(history, COUNT, seed=10 + index * 10 + turn)
            self.turns.append(reply)
            history = reply.prompt + reply.tokens

    def boundaries(self, turn: int) -> tuple[Boundary, ...]:
        kept = (Boundary(len(self.world), PrefixKind.WORLD), Boundary(len(self.persona), PrefixKind.PERSONA))
        if turn:
            before = self.turns[turn - 1]
            kept += (Boundary(len(before.prompt) + len(before.tokens), PrefixKind.CONVERSATION),)
        return kept

    def ask(self, talk: Talk, turn: int) -> Ended:
        return talk.ask(self.name, self.turns[turn], boundaries=self.boundaries(turn))


@pytest.fixture(scope="module")
def cast(reference: Reference) -> list[Character]:
    """Six characters of one world and two personas."""
    return [Character(reference, index) for index in range(6)]


@pytest.mark.parametrize("quantum", [1, 7, 32, 200])
def test_the_quantum_does_not_matter(start: Start, cast: list[Character], quantum: int) -> None:
    with start(quantum=quantum) as talk:
        cast[0].ask(talk, 0)


@pytest.mark.parametrize("turn", [0, 1])
def test_batched_is_alone(start: Start, cast: list[Character], turn: int) -> None:
    with start() as talk:
        talk.check({talk.submit(character.name, character.turns[turn]): character.turns[turn] for character in cast})


def test_warm_is_cold(start: Start, cast: list[Character]) -> None:
    with start() as talk:
        for character in cast[:4]:
            character.ask(talk, 0)
        for character in cast[:4]:
            cost = character.ask(talk, 1).cost
            assert cost.state_from == "slot"
            assert cost.tokens_read <= 6 + 1


def test_forked_is_fresh(start: Start, cast: list[Character]) -> None:
    with start() as talk:
        cast[0].ask(talk, 0)
        cost = cast[2].ask(talk, 0).cost
        assert cost.state_from in {"memory", "fork"} and cost.tokens_cached == len(cast[2].persona)
        cost = cast[1].ask(talk, 0).cost
        assert cost.tokens_cached == len(cast[1].world)
        for character in cast[:3]:
            character.ask(talk, 1)


def test_a_fork_leaves_its_source_as_it_was(start: Start, cast: list[Character], reference: Reference) -> None:
    prompt = cast[0].persona
    replies = [reference.clear_reply(prompt, COUNT, seed) for seed in (501, 502)]
    with start() as talk:
        talk.heard.ended(talk.submit("a", Reply(prompt, (), 1.0), kind="read"))
        cost = talk.ask("b", replies[0]).cost
        assert cost.state_from == "fork" and cost.tokens_cached == len(prompt)
        assert talk.ask("a", replies[1]).cost.state_from == "slot"


@pytest.mark.parametrize("place", ["memory", "folder", "disk"])
def test_parked_and_resumed_is_never_parked(
    start: Start, reference: Reference, cast: list[Character], place: str, tmp_path: Path
) -> None:
    fields = {
        "memory": {},
        "folder": {"parked_folder": str(tmp_path / "parked")},
        "disk": {"parked_bytes": reference.state_bytes(100) * 3 // 2, "disk_folder": str(tmp_path / "disk")},
    }[place]
    with start(**fields) as talk:
        sources = set()
        for character in cast[:3]:
            talk.ask(character.name, character.turns[0])
        for character in cast[:3]:
            talk.engine.park(character.name)
        for character in cast[:3]:
            cost = talk.ask(character.name, character.turns[1]).cost
            sources.add(cost.state_from)
            assert cost.tokens_read <= 6 + 1
        assert sources <= {"memory", "disk"}
        assert place != "disk" or "disk" in sources


def test_a_state_restored_over_a_live_one_is_fresh(start: Start, cast: list[Character]) -> None:
    """The world is parked and also held by a live character: only the recurrent part is brought back."""
    with start() as talk:
        cast[0].ask(talk, 0)
        cost = cast[1].ask(talk, 0).cost
        assert cost.tokens_cached == len(cast[1].world)
        engine = talk.engine
        assert isinstance(engine, ThreadEngine)
        memory = engine._running().loop.memory
        both = sum(len(slot.tokens) for slot in memory._slots)
        assert memory._ledger.used == both - len(cast[1].world), "the world's cells are held twice"
        cast[0].ask(talk, 1)
        cast[1].ask(talk, 1)


def test_one_slot_serves_many(start: Start, cast: list[Character]) -> None:
    with start(slots=1) as talk:
        for turn in (0, 1):
            for character in cast[:4]:
                cost = character.ask(talk, turn).cost
                assert turn == 0 or cost.tokens_read <= 6 + 1


def test_a_full_context_does_not_lose_parked_states(start: Start, cast: list[Character]) -> None:
    """Idle characters fill the cells; one that comes back takes theirs instead of being read again."""
    with start(slots=4, cells=256) as talk:
        for turn in (0, 1):
            for character in cast:
                cost = character.ask(talk, turn).cost
                assert turn == 0 or cost.tokens_read <= 6 + 1


@pytest.mark.parametrize("heard", [0, 3, COUNT])
def test_an_interrupted_line_continues_from_what_was_heard(
    start: Start, cast: list[Character], reference: Reference, heard: int
) -> None:
    character = cast[0]
    before = character.turns[0]
    reply = reference.clear_reply(before.prompt + before.tokens[:heard], COUNT, seed=700 + heard)
    with start() as talk:
        character.ask(talk, 0)
        cost = talk.ask(character.name, reply).cost
        assert cost.tokens_cached >= len(character.persona)


def test_a_cancelled_line_continues_from_what_was_heard(
    start: Start, cast: list[Character], reference: Reference
) -> None:
    character = cast[0]
    before = character.turns[0]
    reply = reference.clear_reply(before.prompt + before.tokens[:2], COUNT, seed=800)
    with start() as talk:
        request = talk.submit(character.name, before, max_tokens=400)
        talk.heard.wait_until(lambda: len(talk.heard.tokens.get(request, ())) >= 2)
        talk.engine.cancel(request)
        assert talk.heard.ended(request).reason in {"cancelled", "stop", "length"}
        assert talk.heard.tokens[request][:COUNT] == before.tokens[: len(talk.heard.tokens[request])]
        talk.ask(character.name, reply)


def test_what_was_generated_before_a_crash_is_continued(start: Start, cast: list[Character]) -> None:
    reply = cast[0].turns[0]
    with start() as talk:
        for given in range(1, COUNT):
            request = talk.submit("a", reply, generated=reply.tokens[:given])
            talk.heard.ended(request)
            assert talk.heard.tokens[request] == reply.tokens[given:]


def test_suspended_is_undisturbed(start: Start, reference: Reference, cast: list[Character]) -> None:
    with start(slots=1) as talk:
        slow = talk.submit("a", cast[0].turns[0], priority=Priority.AMBIENT, max_tokens=300)
        talk.heard.wait_until(lambda: slow in talk.heard.tokens)
        talk.ask("p", cast[1].turns[0])
        talk.heard.ended(slow)
        assert talk.heard.tokens[slow][:COUNT] == cast[0].turns[0].tokens


def test_six_characters_on_two_slots_in_any_order(start: Start, cast: list[Character]) -> None:
    """A small fuzz: random order, parks, priorities, little room and little memory."""
    for seed in range(3):
        random = Random(seed)
        with start(slots=2, cells=512, quantum=random.choice([5, 16, 64]), parked_bytes=1_500_000) as talk:
            for turn in (0, 1):
                requests = {}
                for character in random.sample(cast, len(cast)):
                    priority = random.choice(list(Priority))
                    requests[
                        talk.submit(
                            character.name,
                            character.turns[turn],
                            boundaries=character.boundaries(turn),
                            priority=priority,
                        )
                    ] = character.turns[turn]
                    if random.random() < 0.3:
                        talk.engine.park(random.choice(cast).name)
                talk.check(requests)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_fast_forward_is_sampling_one_by_one(start: Start, reference: Reference, seed: int) -> None:
    """The grammar leaves choices between long runs without one; both ways take the same."""
    reply = reference.clear_reply(reference.words(5, 30), 80, seed, GRAMMAR)
    with start() as talk:
        costs = []
        for is_fast in (True, False):
            constraint = Constraint(trigger="", grammar=GRAMMAR, fast_forward=is_fast)
            end = talk.ask(f"a{is_fast}", reply, constraint=constraint, max_tokens=80)
            assert end.reason == "stop"
            costs.append(end.cost)
        assert costs[0].tokens_forced > 0 and costs[0].tokens_sampled < len(reply.tokens)
        assert costs[1].tokens_forced == 0


def test_the_token_limit_cuts_forced_tokens_at_the_same_place(start: Start, reference: Reference) -> None:
    reply = reference.clear_reply(reference.words(5, 30), 80, 1, GRAMMAR)
    with start() as talk:
        for limit in range(1, len(reply.tokens)):
            for is_fast in (True, False):
                constraint = Constraint(trigger="", grammar=GRAMMAR, fast_forward=is_fast)
                request = talk.submit("a", reply, constraint=constraint, max_tokens=limit)
                assert talk.heard.ended(request).reason == "length"
                assert talk.heard.tokens[request] == reply.tokens[:limit]


def test_scores_are_those_of_the_logits(start: Start, reference: Reference, cast: list[Character]) -> None:
    labels = reference.words(9, 8)
    with start() as talk:
        requests = {
            talk.submit(character.name, character.turns[0], kind="score", labels=labels): character
            for character in cast
        }
        for request, character in requests.items():
            assert talk.heard.ended(request).reason == "scored"
            chosen = reference.logits(character.turns[0].prompt)[list(labels)].astype(np.float64)
            expected = chosen - np.log(np.exp(chosen).sum())
            assert np.abs(np.array(talk.heard.scores[request]) - expected).max() < reference.margin
            assert abs(np.exp(talk.heard.scores[request]).sum() - 1) < 1e-6


def test_scoring_leaves_the_conversation_as_it_was(start: Start, cast: list[Character]) -> None:
    character = cast[0]
    with start() as talk:
        character.ask(talk, 0)
        talk.heard.ended(talk.submit(character.name, character.turns[1], kind="score", labels=(50, 51)))
        character.ask(talk, 1)


def test_a_seed_gives_the_same_words_alone_and_in_a_batch_of_one_shape(start: Start, cast: list[Character]) -> None:
    from npc_sdk.engine.request import Sampling

    def hot(seed: int) -> Sampling:
        return Sampling(temperature=4.0, top_k=0, top_p=1.0, min_p=0.0, seed=seed)

    with start() as talk:
        said = []
        for name, seed in (("a", 7), ("b", 7), ("c", 8)):
            request = talk.submit(name, cast[0].turns[0], sampling=hot(seed))
            talk.heard.ended(request)
            said.append(talk.heard.tokens[request])
        assert said[0] == said[1] != said[2]


CHANGES: dict[str, tuple[dict[str, object], ...]] = {
    "fewer slots": ({"slots": 1},),
    "more slots": ({"slots": 6},),
    "fewer cells": ({"cells": 512},),
    "smaller quantum": ({"quantum": 3},),
    "larger quantum": ({"quantum": 300},),
    "layers": ({"gpu_layers": 3},),
    "mapping": ({"use_mmap": False, "slots": 2},),
    "another cache type": ({"kv_type": "f32"},),
    "without fused attention": ({"flash_attention": False},),
    "no room to park": ({"parked_bytes": 0}, {"slots": 2}),
    "down and up": ({"slots": 1}, {"slots": 4}, {"cells": 512}, {"cells": 1024}),
    "there and back": ({"kv_type": "f32"}, {}),
}


FORGETS = {"no room to park"}
"""What leaves nothing parked; after the other changes, what was said since is parked again."""


@pytest.mark.parametrize("change", CHANGES)
def test_changed_while_it_speaks_is_undisturbed(start: Start, cast: list[Character], change: str) -> None:
    """Four speak and two wait; the change comes in the middle of their lines, and then their next ones go on."""
    with start() as talk:
        base = talk.engine._config  # type: ignore[attr-defined]
        steps = [replace(base, **fields) for fields in CHANGES[change]]  # type: ignore[arg-type]
        talk.heard.acts = {  # type: ignore[attr-defined]
            2 + 2 * index: partial(talk.engine.reconfigure, step) for index, step in enumerate(steps)
        }
        asked = {talk.submit(each.name, each.turns[0], boundaries=each.boundaries(0)): each.turns[0] for each in cast}
        talk.check(asked)
        event = talk.heard.changed(len(steps))
        assert all(isinstance(each, Reconfigured) and each.error is None for each in talk.heard.changes)
        assert isinstance(event, Reconfigured) and event.config == steps[-1]
        assert talk.engine.info.slots == steps[-1].slots and talk.engine.info.cells == steps[-1].cells
        for each in cast:
            cost = each.ask(talk, 1).cost
            assert change in FORGETS or cost.tokens_read <= 6 + 1


@pytest.mark.parametrize("change", ["fewer slots", "fewer cells", "layers"])
def test_idle_characters_are_not_read_again_after_a_change(start: Start, cast: list[Character], change: str) -> None:
    with start() as talk:
        for each in cast[:4]:
            each.ask(talk, 0)
        talk.engine.reconfigure(replace(talk.engine._config, **CHANGES[change][0]))  # type: ignore[attr-defined]
        for each in cast[:4]:
            cost = each.ask(talk, 1).cost
            assert cost.state_from == "memory" and cost.tokens_read <= 6 + 1


def test_changed_while_it_reads_is_undisturbed(start: Start, reference: Reference, cast: list[Character]) -> None:
    reply = reference.clear_reply(reference.words(77, 400), COUNT, seed=1)
    with start(quantum=8) as talk:
        base = talk.engine._config  # type: ignore[attr-defined]
        asked = {talk.submit("long", reply, priority=Priority.AMBIENT): reply}
        asked[talk.submit(cast[0].name, cast[0].turns[0])] = cast[0].turns[0]
        talk.heard.acts = {1: partial(talk.engine.reconfigure, replace(base, slots=2))}  # type: ignore[attr-defined]
        talk.check(asked)
        cost = talk.heard.ended(1).cost
        assert cost.tokens_read <= 400 + 6 + 8, "what was read before the change was read again"


def test_a_constrained_call_goes_on_after_a_change(start: Start, reference: Reference) -> None:
    reply = reference.clear_reply(reference.words(5, 30), 80, 2, GRAMMAR)
    constraint = Constraint(trigger="", grammar=GRAMMAR, fast_forward=False)
    for fields in ({"slots": 2}, {"gpu_layers": 2}):
        with start() as talk:
            base = talk.engine._config  # type: ignore[attr-defined]
            talk.heard.acts = {5: partial(talk.engine.reconfigure, replace(base, **fields))}  # type: ignore[attr-defined]
            assert talk.ask("a", reply, constraint=constraint, max_tokens=80).reason == "stop"
            assert talk.heard.changed().error is None  # type: ignore[union-attr]


def test_suspended_and_brought_back_is_undisturbed(start: Start, cast: list[Character]) -> None:
    with start() as talk:
        talk.heard.acts = {3: talk.engine.suspend}  # type: ignore[attr-defined]
        asked = {talk.submit(each.name, each.turns[0]): each.turns[0] for each in cast[:4]}
        event = talk.heard.changed()
        assert isinstance(event, Suspended) and event.parked_bytes > 0 and event.context_bytes_before > 0
        assert talk.engine.stats().context_bytes == 0 and not talk.heard.ends
        asked[talk.submit(cast[4].name, cast[4].turns[0])] = cast[4].turns[0]
        talk.engine.reconfigure(replace(talk.engine._config, slots=2))  # type: ignore[attr-defined]
        talk.check(asked)
        back = talk.heard.changed(2)
        assert isinstance(back, Reconfigured) and back.error is None and back.load_ms > 0
        assert talk.heard.ended(1).cost.tokens_read <= 2


def test_a_seed_goes_on_with_its_words_after_a_change(start: Start, cast: list[Character]) -> None:
    """What a sampler drew before is remembered; the draws after it are those of the undisturbed run."""
    from npc_sdk.engine.request import Sampling

    hot = Sampling(temperature=0.3, top_k=40, top_p=1.0, min_p=0.0, seed=11, repeat_penalty=1.1)
    said = []
    with start() as talk:
        base = talk.engine._config  # type: ignore[attr-defined]
        for is_disturbed in (False, True):
            if is_disturbed:
                talk.heard.tokens.clear()
                talk.heard.acts = {4: partial(talk.engine.reconfigure, replace(base, slots=3))}  # type: ignore[attr-defined]
            request = talk.submit(f"a{is_disturbed}", cast[0].turns[0], sampling=hot, ignore_end=True)
            talk.heard.ended(request)
            said.append(talk.heard.tokens[request])
    assert said[0] == said[1]
