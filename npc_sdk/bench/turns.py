"""Figures 4, 5 and 6: calls with forced tokens, decisions, and how soon a cancelled reading ends."""

from __future__ import annotations

import random
from dataclasses import replace
from time import perf_counter, sleep

from npc_sdk.actions import CallPiece, dialect_for
from npc_sdk.bench.grammar import give_item, random_world
from npc_sdk.bench.harness import Outcome, Row, Setup, Waiter, boundaries, middle, plain_tokens, running
from npc_sdk.engine.request import Constraint, Ended, PrefixKind, Request, Sampling
from npc_sdk.errors import NpcError


def measure_calls(setup: Setup) -> list[Row]:
    """A call with three arguments with and without fast-forward, and many calls in hostile worlds."""
    rows = []
    for model in ["mid", "starter"] if setup.quick else ["4b-shaped", "mid", "starter"]:
        rows += _fast_forward(setup, model)
        setup.report(f"figure 4: {model}: sampled {rows[-2].value:.2f}, time {rows[-1].value:.2f}")
    rows.append(_hostile(setup))
    return rows


def _call_request(waiter: Waiter, seed: int, *, fast_forward: bool, temperature: float = 0.0) -> Request:
    dialect = dialect_for("<function=")
    grammar = dialect.grammar([give_item()], random_world(seed), waiter.engine.tokenizer)
    trigger = waiter.engine.tokenizer.encode(dialect.trigger, special=True)
    return Request(
        id=waiter.id(),
        sequence=f"caller {seed % 16}",
        tokens=plain_tokens(seed, 24) + tuple(trigger),
        max_tokens=200,
        sampling=Sampling(temperature=temperature, seed=seed, top_k=0, top_p=1.0, min_p=0.0),
        constraint=Constraint(trigger="", grammar=grammar, fast_forward=fast_forward),
    )


def _fast_forward(setup: Setup, model: str) -> list[Row]:
    count = {"4b-shaped": 3, "mid": 24, "starter": 60}[model]
    ratios, shares = [], []
    with running(setup.config(model, slots=4, cells=4096)) as waiter:
        waiter.run([_call_request(waiter, 0, fast_forward=True)])
        for seed in range(count):
            fast = waiter.run([_call_request(waiter, seed, fast_forward=True)])[0]
            slow = waiter.run([_call_request(waiter, seed, fast_forward=False)])[0]
            ratios.append(_decode_ms(fast) / _decode_ms(slow))
            shares.append(fast.cost.tokens_sampled / (fast.cost.tokens_sampled + fast.cost.tokens_forced))
    case = f"{model}, action with three arguments"
    return [
        Row(figure=4, case=case, name="share of tokens sampled", value=middle(shares), limit=0.55),
        Row(figure=4, case=case, name="time with / without fast-forward", value=middle(ratios), limit=0.65),
    ]


def _decode_ms(outcome: Outcome) -> float:
    return max(outcome.cost.total_ms - outcome.cost.queue_ms - outcome.cost.read_ms, 1e-3)


def _hostile(setup: Setup) -> Row:
    """Count invalid calls among many, drawn at temperature 1 from a model that knows no grammar."""
    total = 1000 if setup.quick else 10_000
    action, dialect = give_item(), dialect_for("<function=")
    invalid = 0
    with running(setup.config("tiny", slots=16, cells=8192)) as waiter:
        for start in range(0, total, 16):
            seeds = range(start, min(start + 16, total))
            requests = [_call_request(waiter, seed, fast_forward=True, temperature=1.0) for seed in seeds]
            for seed, outcome in zip(seeds, waiter.run(requests), strict=True):
                world = random_world(seed)
                parser = dialect.parser([action], world)
                pieces = parser.feed(dialect.trigger + outcome.data.decode("utf-8", "replace")) + parser.finish()
                try:
                    calls = [piece for piece in pieces if isinstance(piece, CallPiece)]
                    if len(calls) != 1 or len(pieces) != 1:
                        invalid += 1
                    else:
                        action.validate(calls[0].arguments, world)
                except NpcError:
                    invalid += 1
    setup.report(f"figure 4: {invalid} invalid of {total}")
    return Row(figure=4, case=f"{total} calls in hostile worlds", name="invalid calls", value=invalid, limit=0)


def measure_deciding(setup: Setup) -> list[Row]:
    """A decision among eight options against reading the same observation."""
    rows = []
    for model in ["mid", "starter"] if setup.quick else ["4b-shaped", "mid", "starter"]:
        count = {"4b-shaped": 3, "mid": 20, "starter": 60}[model]
        ratios = []
        with running(setup.config(model, slots=4, cells=4096)) as waiter:
            persona = plain_tokens(1, 200)
            base = Request(
                id=0, sequence="soldier", tokens=persona, boundaries=boundaries((200, PrefixKind.PERSONA)), kind="read"
            )
            waiter.run([replace(base, id=waiter.id())])
            for seed in range(count):
                tokens = persona + plain_tokens(10 + seed, 64)
                reading = replace(base, id=waiter.id(), tokens=tokens)
                deciding = replace(reading, id=waiter.id(), kind="score", labels=tuple(range(400, 408)))
                times = [waiter.run([request])[0].cost.total_ms for request in (reading, deciding)]
                ratios.append(times[1] / times[0])
        value = middle(ratios)
        rows.append(
            Row(figure=5, case=f"{model}, 64 tokens", name="decide / read the observation", value=value, limit=1.2)
        )
        setup.report(f"figure 5: {model}: {value:.3f}")
    return rows


def measure_cancelling(setup: Setup) -> list[Row]:
    """Time from cancel to the end while a prompt of 4,000 tokens is being read."""
    rows = []
    for model in ["mid"] if setup.quick else ["mid", "4b-shaped"]:
        times = []
        with running(setup.config(model, slots=4, cells=8192), in_process=True) as waiter:
            for seed in range(10):
                times.append(_cancel_once(waiter, seed, longest_s=0.5 if model == "mid" else 3.0))
        worst = max(times)
        detail = f"median {middle(times):.1f} ms of {len(times)}"
        rows.append(
            Row(
                figure=6,
                case=f"{model}, engine process",
                name="cancel (ms, worst)",
                value=worst,
                limit=50,
                detail=detail,
            )
        )
        setup.report(f"figure 6: {model}: worst {worst:.1f} ms, {detail}")
    return rows


def _cancel_once(waiter: Waiter, seed: int, *, longest_s: float) -> float:
    request = Request(id=waiter.id(), sequence=f"reader {seed}", tokens=plain_tokens(seed, 4000), max_tokens=1)
    waiter.engine.submit(request)
    sleep(random.Random(seed).uniform(0.05, longest_s))
    started = perf_counter()
    waiter.engine.cancel(request.id)
    while not isinstance(waiter.events.get(timeout=60), Ended):
        continue
    return (perf_counter() - started) * 1000
