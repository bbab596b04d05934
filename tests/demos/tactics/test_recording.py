from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from demos.tactics.battle import fight, report_of
from demos.tactics.pairing import Pairing
from demos.tactics.recording import Replay
from npc_sdk.errors import RequestError
from npc_sdk.testing import FakeEngine, say_and_act

NewGame = Callable[..., Any]


def shown_again(report: dict[str, Any], times: list[float]) -> list[Any]:
    """Return the scenes of a report that has been through a file."""
    replay = Replay(json.loads(json.dumps(report)))
    scenes = []
    for now_ms in times:
        replay.advance(now_ms)
        scenes.append(replay.scene)
    return scenes


def test_a_battle_is_shown_again_to_the_letter(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", [say_and_act("Aye, I fall back at once.", "retreat"), "I am Bran Oak, and I stand."])
    stagehand = game(engine, tick_ms=4000.0, limit=6)
    play = stagehand.play
    stagehand.run(300, 17.0)
    play.click(play.scene.soldier("guard_2").at)
    for line in ("Fall back!", "Who are you?"):
        play.type(line[:4])
        play.type(line[4:])
        stagehand.frame(17.0)
        play.submit()
        stagehand.until(lambda: len(play.scene.talk.lines[-1].text) > 6)
    play.toggle_pacing()
    stagehand.run(8000, 50.0)
    play.deselect()
    stagehand.run(18_000, 50.0)
    assert play.scene.verdict is not None and any(scene.bubbles for _, scene in stagehand.scenes)
    report = play.report()
    again = shown_again(report, [now_ms for now_ms, _ in stagehand.scenes])
    for (now_ms, scene), other in zip(stagehand.scenes, again, strict=True):
        assert scene == other, now_ms


def test_what_was_said_is_in_the_report(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_3.voice", ["I am afraid of them all."])
    stagehand = game(engine, limit=1)
    stagehand.run(100)
    stagehand.play.click(stagehand.play.scene.soldier("guard_3").at)
    stagehand.play.type("How are you?")
    stagehand.play.submit()
    stagehand.run(21_000)
    report = stagehand.play.report()
    (first, *_) = report["speech"]
    assert (first["label"], first["kind"], first["text"]) == ("guard_3", "talk", "I am afraid of them all.")
    assert report["squads"] == {"blue": "model", "red": "utility"} and report["result"]["ticks"] == 1
    assert report["players"]["blue"]["by_deadline"] == 1.0 and report["tick_ms"] == [20_000.0]
    assert [cue["what"] for cue in report["cues"]].count("tick") == 1


def test_a_battle_without_a_window_is_shown_too() -> None:
    players = Pairing.of("utility:random").players()
    course = fight(players, seed=3, limit=8)
    replay = Replay(json.loads(json.dumps(report_of(course, players))))
    replay.load()
    now_ms = 0.0
    while not replay.is_over:
        replay.advance(now_ms)
        now_ms += 100.0
    scene = replay.scene
    assert (scene.tick, scene.verdict, scene.seed) == (course.battle.tick, course.verdict, 3)
    assert [soldier.health for soldier in scene.soldiers] == [unit.health for unit in course.battle.units]
    replay.restart()
    replay.advance(now_ms)
    assert replay.scene.tick == 0 and not replay.is_over
    replay.toggle_pause()
    replay.advance(now_ms + 5000.0)
    assert replay.scene.tick == 0 and replay.report()["seed"] == 3 and replay.gauges.engine == "away"


SOUND: dict[str, Any] = {"seed": 1, "limit": 3, "squads": {"blue": "a", "red": "b"}, "cues": []}


@pytest.mark.parametrize(
    "damage",
    [
        {"format": 2},
        {"format": "1"},
        {"seed": -1},
        {"seed": 10**400},
        {"limit": 0},
        {"limit": float("inf")},
        {"pace_ms": 0},
        {"pace_ms": float("nan")},
        {"pace_ms": 10**400},
        {"wins": 5},
        {"wins": []},
        {"cues": [{"what": "notice", "text": "x", "kind": "news"}]},
        {"cues": [{"what": "notice", "at": float("nan"), "text": "x", "kind": "news"}]},
        {"cues": [{"what": "notice", "at": 10**400, "text": "x", "kind": "news"}]},
        {"cues": [{"what": "notice", "at": "soon", "text": "x", "kind": "news"}]},
        {"wins": {"blue": "many"}},
        {"cues": [{"what": "notice", "at": 1e300, "text": "x", "kind": "news"}]},
        {"cues": [{"what": "notice", "at": -1.0, "text": "x", "kind": "news"}]},
        {"cues": [{"what": "notice", "at": 1.0, "text": 5, "kind": "news"}]},
        {"cues": [{"what": "notice", "at": 1.0, "text": "x", "kind": "odd"}]},
        {"cues": [{"what": "notice", "at": 1.0, "text": "x", "kind": ["news"]}]},
        {"cues": [{"what": ["notice"], "at": 1.0}]},
        {"cues": [{"what": "select", "at": 1.0, "label": "guard_99"}]},
        {"cues": [{"what": "asked", "at": 1.0, "labels": "guard_1"}]},
        {"cues": [{"what": "typed", "at": 1.0}]},
        {"cues": [{"what": "tick", "at": 1.0, "moves": {"guard_1": ["dance", ""]}, "orders": {}, "sources": {}}]},
        {"cues": [{"what": "tick", "at": 1.0, "moves": {}, "orders": {"green": ["hold", ""]}, "sources": {}}]},
        {"cues": [{"what": "tick", "at": 1.0, "moves": {}, "orders": {}, "sources": {"guard_1": ["model", "x"]}}]},
        {"cues": [{"what": "tick", "at": 1.0, "moves": [], "orders": {}, "sources": {}}]},
    ],
)
def test_a_report_is_looked_at_before_it_is_shown(damage: dict[str, Any]) -> None:
    Replay(SOUND)
    with pytest.raises(RequestError) as caught:
        Replay({**SOUND, **damage})
    assert caught.value.code == "bad_report"


def test_what_nobody_can_do_in_a_replay() -> None:
    replay = Replay(
        report_of(fight(Pairing.of("still:still").players(), seed=1, limit=1), Pairing.of("still:still").players())
    )
    replay.click((1.0, 1.0))
    for press in (replay.submit, replay.erase, replay.deselect, replay.toggle_reserve, replay.toggle_pacing):
        press()
    replay.kill_engine()
    replay.choose(0)
    replay.type("x")
    replay.frame(16.7, 3.0)
    replay.close()
    assert replay.scene.talk is None and replay.is_loaded


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"records": 5, "seed": 1, "limit": 3, "squads": {"blue": "a", "red": "b"}},
        {"records": [{"tick": "x"}], "seed": 1, "limit": 3, "squads": {"blue": "a", "red": "b"}},
        {"records": [], "seed": "x", "limit": 3, "squads": {"blue": "a", "red": "b"}},
        {"records": [], "seed": 1, "limit": 3, "squads": {}},
        {"records": [], "cues": [7], "seed": 1, "limit": 3, "squads": {"blue": "a", "red": "b"}},
        {
            "records": [],
            "cues": [{"what": "dance", "at": 0}],
            "seed": 1,
            "limit": 3,
            "squads": {"blue": "a", "red": "b"},
        },
        {
            "records": [],
            "cues": [{"what": "say", "at": 0, "id": 3}],
            "seed": 1,
            "limit": 3,
            "squads": {"blue": "", "red": ""},
        },
        {"records": [], "cues": [{"at": 0}], "seed": 1, "limit": 3, "squads": {"blue": "a", "red": "b"}},
    ],
)
def test_a_report_that_is_none(report: dict[str, Any]) -> None:
    with pytest.raises(RequestError) as caught:
        replay = Replay(report)
        replay.advance(0.0)
        replay.advance(10.0)
    assert caught.value.code == "bad_report"
