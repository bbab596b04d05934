"""The error tree: stable codes, plain data, and what comes back from it."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from npc_sdk import errors
from npc_sdk.errors import CapacityError, EngineCrashError, NpcError, RequestError, StateError, from_dict

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, NpcError)]
names = st.sampled_from(["code", "cause", "next_step", "self", "bytes", "path", "kind"])


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_survives_as_plain_data(kind: type[NpcError]) -> None:
    error = kind("It broke.", "Mend it.", code="broken", path="a.toml", line=3)
    again = from_dict(error.to_dict())
    assert type(again) is kind
    assert again.to_dict() == error.to_dict()
    assert str(again) == "It broke. Mend it."


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_has_a_code_of_its_own(kind: type[NpcError]) -> None:
    assert kind("It broke.").code == kind.default_code
    assert sum(other.default_code == kind.default_code for other in KINDS) == 1


@given(st.dictionaries(names, st.integers()))
def test_details_may_have_any_names(details: dict[str, int]) -> None:
    error = from_dict({"kind": "StateError", "code": "closed", "cause": "It is closed.", "details": details})
    assert isinstance(error, StateError)
    assert (error.code, error.details) == ("closed", details)
    assert pickle.loads(pickle.dumps(error)).to_dict() == error.to_dict()


@pytest.mark.parametrize("data", [{}, {"kind": "Nobody"}, {"kind": 3, "details": "no"}, {"code": None}])
def test_what_is_no_error_becomes_a_plain_one(data: dict[str, object]) -> None:
    assert type(from_dict(data)) is NpcError


def test_the_tree_says_who_must_act() -> None:
    assert issubclass(StateError, RequestError)
    assert not issubclass(CapacityError, RequestError)
    assert issubclass(EngineCrashError, errors.BackendError)
