"""Messages are values: frozen, strict, and safe to turn into what the game sees."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

import npc_sdk.wire.messages
from npc_sdk.errors import CapacityError, NpcError, StateError
from npc_sdk.wire import messages as m


def test_public_names() -> None:
    assert len(set(m.__all__)) == len(m.__all__)
    assert all(hasattr(npc_sdk.wire.messages, name) for name in m.__all__)


def test_messages_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        m.Ping(n=1).n = 2  # type: ignore[misc]


def test_messages_have_no_classes_for_one_type() -> None:
    every = [getattr(m, name) for name in m.__all__ if isinstance(getattr(m, name), type)]
    types = [one.model_fields["type"].default for one in every if issubclass(one, m.Message) and one is not m.Message]
    named = [name for name in types if isinstance(name, str)]
    assert len(named) == len(set(named)) > 25


def test_lists_become_tuples() -> None:
    decide = m.NpcDecide.model_validate(
        {"id": 1, "npc": "Bron", "situation": "?", "options": ["a", "b"]},
    )
    assert decide.options == ("a", "b")


@pytest.mark.parametrize("error", [StateError("No.", "Do.", code="x", n=1), CapacityError("Full."), NpcError("Bad.")])
def test_errors_travel(error: NpcError) -> None:
    again = m.Failure.of(error).to_error()
    assert type(again) is type(error)
    assert again.to_dict() == error.to_dict()


def test_a_code_that_is_too_long_is_cut() -> None:
    assert m.Failure.of(StateError("No.", code="x" * 100)).code == "x" * 64


@pytest.mark.parametrize("name", ["self", "cause", "next_step", "code"])
def test_details_of_a_peer_do_no_harm(name: str) -> None:
    error = m.Failure(kind="StateError", code="x", cause="No.", details={name: "evil", "n": 1}).to_error()
    assert (error.code, error.cause, error.details) == ("x", "No.", {"n": 1})


def test_an_unknown_kind_of_error_is_a_plain_one() -> None:
    error = m.Failure(kind="SystemExit", code="x").to_error()
    assert type(error) is NpcError
