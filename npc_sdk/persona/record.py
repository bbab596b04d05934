"""What personas and worlds have in common: values that modders write as text files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from typing_extensions import Self

from npc_sdk.persona.document import Document, Format, parse_document, read_document
from npc_sdk.persona.explain import explain
from npc_sdk.persona.finding import Finding, refusal
from npc_sdk.persona.shipped import Kind, shipped_names, shipped_text


class Part(BaseModel):
    """An immutable value whose fields are all known; safe to share between threads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Part):
    """A value that is read from a TOML, YAML or JSON file; see :class:`Persona` and :class:`World`."""

    kind: ClassVar[Kind]

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """Read a file; its suffix (.toml, .yaml, .yml, .json) names the format.

        Raises:
            PersonaError: The file cannot be used; the text names file, line, field and mend of the
                first finding, ``details["findings"]`` holds all of them.
        """
        return cls._accept(read_record(cls, path))

    @classmethod
    def parse(cls, text: str, format: Format = "toml") -> Self:
        """Read a text.

        Args:
            text: The whole text of a file.
            format: "toml", "yaml" or "json".

        Raises:
            PersonaError: The text cannot be used; as for :meth:`load`.
        """
        return cls._accept(parse_document(text, format))

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build the value from plain data, as :meth:`to_dict` returns it.

        Raises:
            PersonaError: The data cannot be used; as for :meth:`load`, without lines.
        """
        return cls._accept(Document(file=f"<{cls.kind}>", data=data))

    @classmethod
    def shipped(cls, name: str) -> Self:
        """Return one that comes with this package.

        Raises:
            PersonaError: Nothing has this name; the text lists the names.
        """
        return cls._accept(parse_document(shipped_text(cls.kind, name), "toml", f"{name}.toml"))

    def to_dict(self) -> dict[str, Any]:
        """Return all fields as plain data: dicts, lists, texts and numbers."""
        return self.model_dump(mode="json")

    @classmethod
    def _accept(cls, document: Document) -> Self:
        value, findings = examine(cls, document)
        if value is None:
            raise refusal(findings)
        return value


_Record = TypeVar("_Record", bound=Record)


def read_record(model: type[Record], path: str | os.PathLike[str]) -> Document:
    """Read the data of a file that is to become a persona or a world, without looking at its fields.

    Raises:
        PersonaError: The file cannot be read.
    """
    stem = Path(path).stem
    mend = "Check the name and the folder."
    if stem in shipped_names(model.kind):
        mend += f' The shipped {model.kind} of that name is {model.__name__}.shipped("{stem}").'
    return read_document(path, missing_mend=mend)


def examine(model: type[_Record], document: Document) -> tuple[_Record | None, list[Finding]]:
    """Return the value of a document and no findings, or None and at least one finding."""
    data = dict(document.data) if isinstance(document.data, Mapping) else document.data
    try:
        return model.model_validate(data), []
    except ValidationError as error:
        return None, explain(error, model, document)
