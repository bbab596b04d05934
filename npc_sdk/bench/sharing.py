"""Figures 2 and 3: what characters need not read again, because they or others have read it."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter

from npc_sdk.bench.harness import Row, Setup, Waiter, boundaries, middle, plain_tokens, running
from npc_sdk.bench.naive import NaiveModel
from npc_sdk.engine.request import PrefixKind, Request

_CHARACTERS = 8
_PERSONA = 960
_TURN = 32


class _Conversations:
    """Characters with long prompts that are spoken to again and again."""

    def __init__(self, waiter: Waiter) -> None:
        self._waiter = waiter
        self._history = [list(plain_tokens(index, _PERSONA)) for index in range(_CHARACTERS)]
        self._turns = [0] * _CHARACTERS

    def prompt(self, index: int) -> list[int]:
        """Return the prompt of a character's next turn."""
        return self._history[index] + list(plain_tokens(1000 + 100 * index + self._turns[index], _TURN))

    def speak(self, index: int, reply: int = 4) -> tuple[float, int]:
        """Run one turn, settle it, and return its first token's time in ms and the tokens read."""
        prompt = self.prompt(index)
        history = len(self._history[index])
        request = Request(
            id=self._waiter.id(),
            sequence=f"character {index}",
            tokens=tuple(prompt),
            boundaries=boundaries((_PERSONA, PrefixKind.PERSONA), (history, PrefixKind.CONVERSATION)),
            max_tokens=reply,
        )
        outcome = self._waiter.run([request])[0]
        self._history[index] = prompt + outcome.tokens
        self._turns[index] += 1
        self._settle(request, index)
        return outcome.cost.first_token_ms, outcome.cost.tokens_read

    def _settle(self, request: Request, index: int) -> None:
        tokens = tuple(self._history[index])
        self._waiter.run(
            [
                replace(
                    request,
                    id=self._waiter.id(),
                    kind="read",
                    tokens=tokens,
                    boundaries=boundaries((len(tokens), PrefixKind.CONVERSATION)),
                )
            ]
        )


def measure_returning(setup: Setup) -> list[Row]:
    """Eight characters on four slots, spoken to in turn, against one ``Llama`` and against a resident one."""
    rows = []
    for model in ["mid"] if setup.quick else ["mid", "4b-shaped"]:
        rows += _returning(setup, model)
    return rows


def _returning(setup: Setup, model: str) -> list[Row]:
    rounds = 1 if model == "4b-shaped" or setup.quick else 4
    # Eight states of the 4B after the persona and eight after the history take 1.6 GB.
    with running(setup.config(model, slots=4, cells=8192, parked_bytes=4 << 30)) as waiter:
        talk = _Conversations(waiter)
        for index in range(_CHARACTERS):
            talk.speak(index)
            setup.report(f"figure 2: {model}: character {index} introduced")
        turns = [talk.speak(index) for _ in range(rounds) for index in range(_CHARACTERS)]
        resident = [talk.speak(_CHARACTERS - 1)[0] for _ in range(max(4, rounds * 4))]
        prompts = [talk.prompt(index) for index in range(_CHARACTERS)]
    returning = middle([turn[0] for turn in turns])
    naive = _naive(setup, model, prompts)
    most_read = max(turn[1] for turn in turns)
    setup.report(f"figure 2: {model}: returning {returning:.1f} ms, resident {middle(resident):.1f}, naive {naive:.1f}")
    case = f"{model}, 8 characters on 4 slots"
    words = f"{returning:.1f} ms against {naive:.1f} ms"
    stay = f"{returning:.1f} ms against {middle(resident):.1f} ms"
    return [
        Row(
            figure=2,
            case=case,
            name="Llama's first token / ours",
            value=naive / returning,
            limit=12,
            is_at_least=True,
            detail=words,
        ),
        Row(
            figure=2, case=case, name="returning / resident", value=returning / middle(resident), limit=1.3, detail=stay
        ),
        Row(
            figure=2,
            case=case,
            name="tokens read in a turn",
            value=most_read,
            limit=_TURN + 1,
            detail=f"turn of {_TURN} tokens",
        ),
    ]


def _naive(setup: Setup, model: str, prompts: list[list[int]]) -> float:
    naive = NaiveModel(setup.model(model), cells=4096, threads=setup.threads)
    count = 3 if model == "4b-shaped" or setup.quick else _CHARACTERS
    naive.first_token_ms(prompts[-1][:64])
    times = [naive.first_token_ms(prompt) for prompt in prompts[:count]]
    naive.close()
    return middle(times)


def measure_sharing(setup: Setup) -> list[Row]:
    """The second character of a persona, and eight characters of one world that start at once."""
    rows = []
    for model in ["mid"] if setup.quick else ["mid", "4b-shaped"]:
        rows += [_second(setup, model), _together(setup, model)]
        setup.report(f"figure 3: {model}: {rows[-2].value:.3f}, {rows[-1].value:.3f}")
    return rows


def _second(setup: Setup, model: str) -> Row:
    persona = plain_tokens(7, 800)
    with running(setup.config(model, slots=4, cells=8192)) as waiter:
        read = []
        for index in range(2):
            request = Request(
                id=waiter.id(),
                sequence=f"guard {index}",
                tokens=persona + plain_tokens(20 + index, 24),
                boundaries=boundaries((500, PrefixKind.WORLD), (800, PrefixKind.PERSONA)),
                max_tokens=2,
            )
            read.append(waiter.run([request])[0].cost.tokens_read)
    detail = f"{read[1]} of {read[0]} tokens"
    return Row(
        figure=3, case=model, name="read by the second of a persona", value=read[1] / read[0], limit=0.05, detail=detail
    )


def _together(setup: Setup, model: str) -> Row:
    shared, own = 600, 200
    rounds = 1 if model == "4b-shaped" or setup.quick else 5
    ratios, details = [], ""
    for round_ in range(rounds):
        with running(setup.config(model, slots=8, cells=8192)) as waiter:
            ours = _start(waiter, [plain_tokens(round_, shared)] * _CHARACTERS, own)
        with running(setup.config(model, slots=8, cells=8192)) as waiter:
            whole = _start(waiter, [plain_tokens(50 + index, shared) for index in range(_CHARACTERS)], own)
        ratios.append(ours / whole)
        details = f"{ours:.2f} s against {whole:.2f} s"
    return Row(
        figure=3,
        case=model,
        name="eight start at once / each read whole",
        value=middle(ratios),
        limit=0.45,
        detail=details,
    )


def _start(waiter: Waiter, worlds: list[tuple[int, ...]], own: int) -> float:
    """Return the seconds until every character has spoken its first word."""
    requests = [
        Request(
            id=waiter.id(),
            sequence=f"character {index}",
            tokens=world + plain_tokens(500 + index, own),
            boundaries=boundaries((len(world), PrefixKind.WORLD), (len(world) + own - 20, PrefixKind.PERSONA)),
            max_tokens=1,
        )
        for index, world in enumerate(worlds)
    ]
    started = perf_counter()
    waiter.run(requests)
    return perf_counter() - started
