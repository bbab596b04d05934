"""What all messages have in common: frozen values, strict types, unknown fields left out."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Item = TypeVar("Item")

MAX_ID = 2**64 - 1
MAX_DURATION_MS = 86_400_000.0


class Value(BaseModel):
    """An immutable part of a message; fields that are not known are left out, safe to share between threads."""

    model_config = ConfigDict(frozen=True, strict=True, extra="ignore", allow_inf_nan=False)


class Message(Value):
    """A whole message; ``type`` names its class on the wire."""

    since: ClassVar[str] = "1.0"

    type: str


def _one_line(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise PydanticCustomError("name", "Input should be one line of visible characters")
    return text


RequestId = Annotated[int, Field(ge=1, le=MAX_ID)]
Count = Annotated[int, Field(ge=0, le=MAX_ID)]
Tick = Annotated[int, Field(ge=0, le=2**63 - 1)]
Milliseconds = Annotated[float, Field(ge=0, le=MAX_DURATION_MS)]
Duration = Annotated[float, Field(gt=0, le=MAX_DURATION_MS)]
Name = Annotated[str, Field(min_length=1, max_length=80), AfterValidator(_one_line)]
Text = Annotated[str, Field(min_length=1)]
Secret = Annotated[str, Field(min_length=32, max_length=128, pattern=r"^[A-Za-z0-9_-]+$")]
SessionName = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_-]+$")]
Version = Annotated[str, Field(max_length=16, pattern=r"^[0-9]{1,5}\.[0-9]{1,5}$")]
Many = Annotated[tuple[Item, ...], Field(strict=False)]
Document = dict[str, Any]
