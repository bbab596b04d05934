"""The shapes that an argument's value can have."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from npc_sdk.actions.labels import Labels

Kind = Literal["string", "integer", "number", "boolean", "array", "object"]

DEFAULT_TEXT_CHARACTERS = 200
DEFAULT_ITEMS = 8


@dataclass(frozen=True, kw_only=True)
class ValueSchema:
    """What one value may be; immutable and hashable.

    Attributes:
        kind: Type of the value.
        choices: The only values allowed, when there are any.
        vocabulary: Name of the live vocabulary that closes a text, or None.
        min_length: Fewest characters of a free text.
        max_length: Most characters of a free text.
        minimum: Smallest number, or None.
        maximum: Largest number, or None.
        items: What the items of an array may be.
        min_items: Fewest items of an array.
        max_items: Most items of an array.
        properties: Fields of an object, in order.
    """

    kind: Kind
    choices: tuple[Any, ...] = ()
    vocabulary: str | None = None
    min_length: int = 0
    max_length: int = DEFAULT_TEXT_CHARACTERS
    minimum: int | float | None = None
    maximum: int | float | None = None
    items: ValueSchema | None = None
    min_items: int = 0
    max_items: int = DEFAULT_ITEMS
    properties: tuple[Parameter, ...] = ()

    def labels(self, vocabulary: Mapping[str, Labels]) -> Labels | None:
        """Return the closed list of a text, or None when the value is no closed text.

        Args:
            vocabulary: Labels of the live vocabularies; one that is missing has no values.
        """
        if self.vocabulary is not None:
            return vocabulary.get(self.vocabulary) or Labels.of(())
        return Labels.of(self.choices) if self.kind == "string" and self.choices else None

    def vocabularies(self) -> Iterator[str]:
        """Yield the names of the live vocabularies in this value and the values inside it."""
        if self.vocabulary is not None:
            yield self.vocabulary
        if self.items is not None:
            yield from self.items.vocabularies()
        for parameter in self.properties:
            yield from parameter.value.vocabularies()


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One argument of an action, or one field of an object; immutable and hashable.

    Attributes:
        name: Name of the argument.
        description: What it means, for the model.
        value: What it may be.
        required: Whether every call names it.
        default_json: What it is when a call leaves it out, as JSON text; None when it is required.
    """

    name: str
    value: ValueSchema
    description: str = ""
    required: bool = True
    default_json: str | None = None

    @property
    def default(self) -> Any:
        """What the argument is when a call leaves it out; a fresh copy each time."""
        return None if self.default_json is None else json.loads(self.default_json)
