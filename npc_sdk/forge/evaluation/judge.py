"""What an answer or a decision is worth: which figures it counts for, and whether it came right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from npc_sdk.forge.corpus.conversation import Call, Expectation
from npc_sdk.forge.corpus.manners import MannerClassifier
from npc_sdk.forge.corpus.unknown import invented_words, says_unknown
from npc_sdk.forge.evaluation.plain_words import strange_words
from npc_sdk.forge.evaluation.record import Chosen, Heard
from npc_sdk.forge.evaluation.role import role_break
from npc_sdk.forge.evaluation.text import contains, control_text, speaks_for


@dataclass(frozen=True, slots=True)
class Verdict:
    """One count: for which figure, whether it came right, and what was wrong when it did not."""

    key: str
    is_right: bool
    problem: str = ""


_FACT_KINDS: Mapping[str, str] = {
    intent: kind
    for kind, intents in {
        "goods": "stock remedy favourite",
        "price": "trade trade_one toll",
        "place": "place plant beasts here birthplace",
        "name": "name relation pet kin ruler founder river loyalty enemy",
        "people": "person",
        "rumour": "rumour news",
        "secret": "secret_told",
        "said": "recall",
        "noticed": "sight weather held hour sound alarm",
        "self": "role mood closing feast fear quest",
        "cut": "continued",
    }.items()
    for intent in intents.split()
}
_ACTION_KINDS = {"act": "one", "act_several": "several", "sell": "sell"}
_NO_ACTION_KINDS = {
    "act_talk": "talk",
    "act_missing": "missing",
    "act_no_target": "missing",
    "sell_missing": "missing",
}


def fact_kind_of(expectation: Expectation) -> str:
    """Return which kind of fact is asked for, or "" when none is."""
    if expectation.unknown or not expectation.must_contain:
        return ""
    return _FACT_KINDS.get(expectation.intent, "")


def judge(record: Heard | Chosen, classifier: MannerClassifier) -> tuple[Verdict, ...]:
    """Return what an answer or a decision counts for.

    Args:
        record: What was said or chosen.
        classifier: Tells manners.
    """
    if isinstance(record, Chosen):
        return tuple(_choice(record))
    return tuple(
        verdict
        for rule in (_facts, _unknown, _secret, _results, _speech, _role, _actions, _orders)
        for verdict in rule(record)
    ) + tuple(_manner(record, classifier))


def _facts(heard: Heard) -> Iterator[Verdict]:
    kind = fact_kind_of(heard.expectation)
    if kind:
        missing = _missing(heard)
        for key in ("facts", f"facts.{kind}"):
            yield Verdict(key, not missing, missing)


def _missing(heard: Heard) -> str:
    if not heard.is_own:
        return f"no answer ({heard.why})"
    lacking = [wanted for wanted in heard.expectation.must_contain if not contains(heard.text, wanted)]
    return f"lacks {lacking[0]!r}" if lacking else ""


def _unknown(heard: Heard) -> Iterator[Verdict]:
    if not heard.expectation.unknown:
        return
    silence = "" if heard.is_own and says_unknown(heard.text) else "does not say so"
    invented = _invented(heard)
    yield Verdict("unknown", not silence and not invented, silence or invented)
    yield Verdict("unknown.says_so", not silence, silence)
    yield Verdict("unknown.nothing_invented", not invented, invented)
    strange = strange_words(heard.text, heard.line) if heard.is_own else ()
    astray = f"speaks of {strange[0]!r}" if strange else ""
    problem = silence or invented or astray
    yield Verdict("unknown.to_the_point", not problem, problem)


def _invented(heard: Heard) -> str:
    if not heard.is_own:
        return ""
    wrong = [word for word in heard.expectation.must_not_contain if _is_told(heard, word)]
    words = wrong or list(invented_words(heard.text, f"{heard.known}\n{heard.line}"))
    return f"names {words[0]!r}" if words else ""


def _is_told(heard: Heard, word: str) -> bool:
    return contains(heard.text, word) and not contains(heard.line, word)


def _secret(heard: Heard) -> Iterator[Verdict]:
    if heard.expectation.intent == "secret_kept":
        told = [word for word in heard.expectation.must_not_contain if contains(heard.text, word)]
        problem = f"tells {told[0]!r}" if told else ""
        yield Verdict("secret_kept", not problem and heard.is_own, problem or "no answer")


def _results(heard: Heard) -> Iterator[Verdict]:
    if heard.expectation.intent == "result_bad":
        missing = _missing(heard)
        yield Verdict("results", not missing, missing)


def _speech(heard: Heard) -> Iterator[Verdict]:
    if not heard.is_own:
        return
    found = control_text(heard.text)
    yield Verdict("no_control_text", not found, f"prints {found!r}")
    other = speaks_for(heard.text, own_name=heard.persona.name, speaker=heard.speaker)
    yield Verdict("own_voice", not other, f"speaks for {other!r}")


def _role(heard: Heard) -> Iterator[Verdict]:
    if heard.expectation.in_role:
        text = heard.text if heard.is_own else ""
        problem = role_break(text, attempt=heard.line, persona=heard.persona)
        yield Verdict("in_role", not problem, problem)


def _manner(heard: Heard, classifier: MannerClassifier) -> Iterator[Verdict]:
    wanted = heard.expectation.manner
    if not wanted or not heard.text:
        return
    found = classifier.predict(heard.text) if heard.is_own else "none"
    yield Verdict("manner", found == wanted, f"{found} for {wanted}")


def _actions(heard: Heard) -> Iterator[Verdict]:
    wanted = heard.expectation.expected_calls
    if not heard.has_actions or wanted is None:
        return
    yield Verdict("valid_calls", heard.bad_calls == 0, "a call that cannot be read")
    if wanted:
        yield from _wanted_actions(heard, wanted)
    elif heard.expectation.obeys is None:
        problem = f"does {_told(heard.calls)}" if heard.calls else ""
        yield Verdict("no_action", not problem, problem)
        kind = _NO_ACTION_KINDS.get(heard.expectation.intent)
        if kind:
            yield Verdict(f"no_action.{kind}", not problem, problem)


def _wanted_actions(heard: Heard, wanted: tuple[Call, ...]) -> Iterator[Verdict]:
    is_right = _same(heard.calls, wanted)
    problem = "" if is_right else f"does {_told(heard.calls)} for {_told(wanted)}"
    yield Verdict("action", is_right, problem)
    yield Verdict("action.name", _names(heard.calls) == _names(wanted), problem)
    kind = _ACTION_KINDS.get(heard.expectation.intent)
    if kind:
        yield Verdict(f"action.{kind}", is_right, problem)


def _orders(heard: Heard) -> Iterator[Verdict]:
    obeys = heard.expectation.obeys
    if obeys is None:
        return
    wanted = _names(heard.expectation.expected_calls or ())
    is_right = _names(heard.calls) == wanted and heard.is_own
    problem = "" if is_right else f"does {_told(heard.calls)}"
    yield Verdict("orders", is_right, problem)
    yield Verdict("orders.obeyed" if obeys else "orders.refused", is_right, problem)


def _same(done: tuple[Call, ...], wanted: tuple[Call, ...]) -> bool:
    """Return whether the same is done, in whatever order."""
    left = [(call.name, dict(call.arguments)) for call in done]
    for call in wanted:
        each = (call.name, dict(call.arguments))
        if each not in left:
            return False
        left.remove(each)
    return not left


def _names(calls: tuple[Call, ...]) -> list[str]:
    return sorted(call.name for call in calls)


def _told(calls: tuple[Call, ...]) -> str:
    if not calls:
        return "nothing"
    return ", ".join(f"{call.name}({', '.join(str(value) for value in call.arguments.values())})" for call in calls)


def _choice(chosen: Chosen) -> Iterator[Verdict]:
    asked = chosen.asked
    is_right = chosen.source == "model" and chosen.index in asked.equal_indices
    best = " or ".join(asked.options[index] for index in asked.equal_indices)
    problem = "" if is_right else f"{asked.options[chosen.index]!r} for {best!r}"
    if chosen.source != "model":
        problem = f"no choice ({chosen.why})"
    if asked.intent != "tactics":
        yield Verdict("choices", is_right, problem)
        return
    count = len(asked.options)
    size = "2_to_4" if count <= 4 else "5_to_6" if count <= 6 else "7_or_more"
    yield Verdict("tactics", is_right, problem)
    yield Verdict(f"tactics.{size}", is_right, problem)
