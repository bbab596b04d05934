"""Values as expressions of an llguidance Lark grammar."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Protocol

from npc_sdk.actions.dialects.ranges import integer_regex, number_regex
from npc_sdk.actions.labels import Labels
from npc_sdk.actions.values import Parameter, ValueSchema

_TAG = re.compile(r"(</?[a-z_]+[=>])")
_SEPARATOR = '", "'


class TokenIds(Protocol):
    """The part of a tokenizer that a grammar needs."""

    def token_id(self, text: str) -> int | None:
        """Return the token whose spelling is the whole text, or None when it takes several."""
        ...


def literal(text: str) -> str:
    """Return a text as a Lark string."""
    return json.dumps(text, ensure_ascii=False)


class LarkGrammar:
    """Collects the terminals of one grammar while its rules are built.

    A method returns None where no value is possible, because a vocabulary is empty.
    Not thread safe; made for one grammar and dropped.

    Args:
        vocabulary: Labels of the live vocabularies.
        tokenizer: Says which tags are one token.
    """

    def __init__(self, vocabulary: Mapping[str, Labels], tokenizer: TokenIds) -> None:
        self._vocabulary = vocabulary
        self._tokenizer = tokenizer
        self._terminals: dict[str, str] = {}

    def source(self, start: str) -> str:
        """Return the whole grammar with this start rule."""
        terminals = [f"{name}: {body}" for body, name in self._terminals.items()]
        return "\n".join(["%llguidance {}", f"start: {start}", *terminals, ""])

    def markup(self, text: str) -> str:
        """Return the expression of a literal with tags; a tag that is one token is named by its id."""
        # As text it would never match: llguidance keeps the spelling of a control token apart from it.
        expressions: list[str] = []
        plain = ""
        for piece in _TAG.split(text):
            token = self._tokenizer.token_id(piece) if _TAG.fullmatch(piece) else None
            if token is None:
                plain += piece
                continue
            expressions += [literal(plain)] if plain else []
            expressions.append(f"<[{token}]>")
            plain = ""
        return " ".join([*expressions, literal(plain)] if plain else expressions)

    def bare(self, value: ValueSchema) -> str | None:
        """Return the expression of a value between tags: a text bare, anything else as JSON."""
        if value.kind != "string":
            return self.json(value)
        labels = value.labels(self._vocabulary)
        if labels is not None:
            return self._one_of(labels.labels)
        return self._terminal(f"/{_text_regex(value, '')}/")

    def json(self, value: ValueSchema) -> str | None:
        """Return the expression of a value as JSON, spaced as Python's json writes it."""
        labels = value.labels(self._vocabulary)
        if labels is not None or value.choices:
            choices = value.choices if labels is None else labels.labels
            return self._one_of(tuple(json.dumps(choice, ensure_ascii=False) for choice in choices))
        if value.items is not None:
            return self._array(value, value.items)
        if value.kind == "object":
            return self.object(value.properties)
        if value.kind == "boolean":
            return self._one_of(("true", "false"))
        if value.kind == "string":
            return self._terminal(f'/"{_text_regex(value, _BACKSLASH)}"/')
        regex = integer_regex if value.kind == "integer" else number_regex
        return self._terminal(f"/{regex(value.minimum, value.maximum)}/")

    def object(self, parameters: tuple[Parameter, ...]) -> str | None:
        """Return the expression of a JSON object: required fields always, the others as the model likes."""
        fields: list[tuple[str, bool]] = []
        for parameter in parameters:
            value = self.json(parameter.value)
            if value is not None:
                fields.append((f"{literal(json.dumps(parameter.name) + ': ')} {value}", parameter.required))
            elif parameter.required:
                return None
        return f'"{{" ({_fields(fields)}) "}}"' if fields else '"{}"'

    def _array(self, value: ValueSchema, items: ValueSchema) -> str | None:
        item = self.json(items)
        if item is None or value.max_items == 0:
            return '"[]"' if value.min_items == 0 else None
        more = f"({_SEPARATOR} {item}){{{max(value.min_items - 1, 0)},{value.max_items - 1}}}"
        filled = item if value.max_items == 1 else f"{item} {more}"
        return f'"[" {filled} "]"' if value.min_items else f'"[" ({filled})? "]"'

    def _one_of(self, texts: tuple[str, ...]) -> str | None:
        if not texts:
            return None
        return literal(texts[0]) if len(texts) == 1 else self._terminal(" | ".join(map(literal, texts)))

    def _terminal(self, body: str) -> str:
        return self._terminals.setdefault(body, f"V{len(self._terminals)}")


_BACKSLASH = r"\\"


def _text_regex(value: ValueSchema, excluded: str) -> str:
    """Return the regular expression of a free text: one line, no markup, no blank in front."""
    # No more than this is left out, because the engine masks exactly such text from a table.
    barred = rf'<"{excluded}\x00-\x1f\x7f'
    least = max(value.min_length, 1)
    return rf"[^ {barred}][^{barred}]{{{least - 1},{value.max_length - 1}}}"


def _fields(fields: list[tuple[str, bool]]) -> str:
    """Return the alternatives of a field list; each begins with the first field that is there."""
    alternatives = []
    for index, (pair, required) in enumerate(fields):
        rest = [
            f"{_SEPARATOR} {later}" if needed else f"({_SEPARATOR} {later})?" for later, needed in fields[index + 1 :]
        ]
        alternatives.append(" ".join([pair, *rest]))
        if required:
            return " | ".join(alternatives)
    return f"({' | '.join(alternatives)})?"
