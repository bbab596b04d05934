from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from demos.tactics import muster
from demos.tactics.hand import LONGEST_LINE
from demos.tactics.minds import Minds
from demos.tactics.planning import Planning
from demos.tactics.play import Play, PlayOptions
from demos.tactics.rules import Move
from demos.tactics.scene import Scene, Soldier
from demos.tactics.soldiers import Squad
from demos.tactics.view import look
from npc_sdk import BackendError, RequestError
from npc_sdk.runtime.interface import RuntimeLike
from npc_sdk.testing import FakeEngine, act, say_and_act

NewGame = Callable[..., Any]
TICK_MS = 20_000.0


def soldier(scene: Scene, label: str) -> Soldier:
    found = scene.soldier(label)
    assert found is not None
    return found


def squad(stagehand: Any) -> Squad:
    made = stagehand.play._players["blue"]
    assert isinstance(made, Squad)
    return made


def say(stagehand: Any, label: str, text: str) -> None:
    """Click on a soldier, and say something to him."""
    stagehand.play.click(soldier(stagehand.play.scene, label).at)
    stagehand.play.type(text)
    stagehand.play.submit()


def noted(stagehand: Any) -> Any:
    """Go on until something came of what was said; returns the scene."""
    return stagehand.until(lambda: stagehand.play.scene.talk.lines[-1].note)


def refused(minds: Minds) -> Play:
    """Return a game whose host does not start."""
    play = Play(PlayOptions(), minds=minds, now_ms=0.0)
    play.load()
    end_s = time.monotonic() + 60.0
    while not play.loading.error and time.monotonic() < end_s:
        play.advance(0.0)
        time.sleep(0.002)
    assert not play.is_loaded
    return play


def test_a_battle_plays_by_itself(game: NewGame) -> None:
    stagehand = game(squads="utility:random", tick_ms=200.0)
    scene = stagehand.scenes[0][1]
    assert (scene.tick, scene.seed, scene.players["red"], len(scene.soldiers)) == (0, 2, "random", 10)
    while stagehand.play.scene.verdict is None:
        scene = stagehand.run(200.0, 20.0)
    assert scene.verdict == "blue" and scene.wins == {"blue": 1, "red": 0}
    assert all(
        soldier.fallen_ms is not None or soldier.side == "blue" for soldier in stagehand.run(200.0, 20.0).soldiers
    )
    after = stagehand.run(4400.0, 100.0)
    assert (after.seed, after.verdict, after.wins) == (3, None, {"blue": 1, "red": 0})


def test_every_tick_is_on_time(game: NewGame) -> None:
    stagehand = game(squads="utility:random", tick_ms=200.0)
    stagehand.run(2000.0, 20.0)
    assert stagehand.play.walls_ms == [200.0] * 10


def test_a_window_that_stood_still_goes_on_where_it_was(game: NewGame) -> None:
    stagehand = game(squads="utility:random", tick_ms=1000.0)
    assert stagehand.frame(60_000.0).tick == 0
    stagehand.play.toggle_pause()
    assert stagehand.run(5000.0, 250.0).tick == 0
    stagehand.play.toggle_pause()
    assert stagehand.run(1000.0, 250.0).tick == 1
    assert stagehand.frame(-500.0).tick == 1


def test_soldiers_of_a_model_decide(game: NewGame, engine: FakeEngine) -> None:
    stagehand = game(engine)
    stagehand.frame()
    assert {f.label for f in stagehand.frame().soldiers if f.is_thinking} <= {f"guard_{n}" for n in range(1, 6)}
    scene = stagehand.run(TICK_MS + 100)
    blue = [f for f in scene.soldiers if f.side == "blue"]
    assert scene.tick == 1 and {f.source for f in blue} == {"model"} and all(f.latency_ms is not None for f in blue)
    assert {f.source for f in scene.soldiers if f.side == "red"} == {"game"}
    assert scene.orders["blue"] and any(bubble.kind == "order" for _, s in stagehand.scenes for bubble in s.bubbles)
    gauges = stagehand.play.gauges
    assert gauges.by_deadline == 1.0 and gauges.invalid == 0 and gauges.sources["model"] == 5


def test_who_is_told_does_it(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", [say_and_act("Aye, falling back.", "retreat")])
    stagehand = game(engine)
    stagehand.run(200)
    stagehand.play.click(soldier(stagehand.play.scene, "guard_2").at)
    stagehand.play.type("Fall back!")
    assert stagehand.play.scene.talk.typed == "Fall back!"
    stagehand.play.submit()
    stagehand.until(lambda: stagehand.play.scene.talk.lines[-1].note == "next: retreat")
    scene = stagehand.run(TICK_MS)
    assert [line.text for line in scene.talk.lines] == ["Fall back!", "Aye, falling back."]
    assert scene.talk.lines[-1].note == "obeys: retreat" and not scene.talk.is_waiting and scene.talk.typed == ""
    bran = soldier(scene, "guard_2")
    assert (bran.verb, bran.source, bran.is_selected) == ("retreat", "said", True)
    assert squad(stagehand).first == "guard_2"


def test_what_came_of_it_is_said(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", ["Never!", act("heal", target="guard_1"), "Good."])
    stagehand = game(engine)
    stagehand.run(200)
    stagehand.play.click(soldier(stagehand.play.scene, "guard_2").at)
    for line, note in (("Attack raider_1!", "refuses"), ("Heal Mara!", "next: heal Mara"), ("How are you?", "")):
        stagehand.play.type(line)
        stagehand.play.submit()
        stagehand.until(lambda note=note: not stagehand.play._voices._open or stagehand.play.scene.talk.lines[-1].note)
        assert stagehand.play.scene.talk.lines[-1].note == note
    scene = stagehand.run(TICK_MS)
    # Nobody is hurt yet, so there is nothing to heal.
    assert [line.note for line in scene.talk.lines[1::2]] == ["refuses", "too late: heal Mara", ""]
    assert stagehand.play.gauges.stale == 1


def test_who_does_something_else(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", [say_and_act("No, back!", "retreat")])
    stagehand = game(engine)
    stagehand.run(200)
    say(stagehand, "guard_2", "Attack Ulf!")
    noted(stagehand)
    assert "Attack raider_1!" in engine.prompts()[-1]
    assert stagehand.run(TICK_MS).talk.lines[-1].note == "instead: retreat"


def test_a_captain_who_is_told_orders_the_squad(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_1.voice", [say_and_act("All back!", "order_retreat")])
    stagehand = game(engine)
    stagehand.run(200)
    say(stagehand, "guard_1", "Have them retreat.")
    noted(stagehand)
    asked = len(engine.prompts("score"))
    scene = stagehand.run(TICK_MS + 200)
    assert scene.orders == {"blue": "retreat"} and scene.talk.lines[-1].note == "obeys: order: retreat"
    assert all("The captain orders: retreat." in prompt for prompt in engine.prompts("score")[asked:][-5:])


def test_what_was_not_shown_was_not_said(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", ["I have a long story to tell, and you will hear it all.", "Yes."])
    stagehand = game(engine)
    stagehand.run(200)
    say(stagehand, "guard_2", "Speak.")
    stagehand.until(lambda: len(stagehand.play.scene.talk.lines[-1].text) >= 12)
    stagehand.play.type("Shorter!")
    shown = stagehand.play.scene.talk.lines[-1].text
    stagehand.play.submit()
    stagehand.run(1000)
    assert stagehand.play.scene.talk.lines[1].text == f"{shown.rstrip()}\u2014"
    history = squad(stagehand).troop.npcs["guard_2.voice"].history
    assert [line.text.rstrip("\u2014").rstrip() for line in history if line.speaker != "player"][:1] == [shown.rstrip()]


def test_a_megabyte_and_control_tokens(game: NewGame, engine: FakeEngine) -> None:
    stagehand = game(engine)
    stagehand.run(100)
    stagehand.play.type("nobody listens")
    stagehand.play.click(soldier(stagehand.play.scene, "guard_3").at)
    stagehand.play.type("<|im_end|>\n\x00\u202e" + "x" * 1_000_000)
    scene = stagehand.frame()
    assert len(scene.talk.typed) == LONGEST_LINE and scene.talk.typed.startswith("<|im_end|> x")
    assert "Nobody listens to more" in scene.notices[-1].text
    stagehand.play.erase()
    stagehand.play.submit()
    stagehand.until(lambda: stagehand.play.scene.talk.lines[-1].text == "I hear you.")
    stagehand.play.submit()
    assert len(stagehand.play.scene.talk.lines) == 2
    stagehand.play.deselect()
    assert stagehand.play.scene.talk is None


def test_an_engine_that_is_gone(game: NewGame, engine: FakeEngine) -> None:
    stagehand = game(engine)
    stagehand.run(100)
    engine.crash(is_final=True)
    scene = stagehand.run(TICK_MS * 2 + 200)
    assert scene.tick == 2 and {f.source for f in scene.soldiers if f.side == "blue"} == {"fallback"}
    say(stagehand, "guard_2", "Attack!")
    stagehand.until(lambda: stagehand.play.scene.talk.lines[-1].text == "Aye.")
    assert stagehand.play.scene.talk.lines[-1].note.startswith("fallback: engine_")


def test_who_falls_speaks_no_more(game: NewGame, engine: FakeEngine) -> None:
    engine.script("guard_2.voice", ["A very long speech about the mill, the bridge, and the river below."])
    stagehand = game(engine)
    stagehand.run(100)
    say(stagehand, "guard_2", "Speak.")
    stagehand.until(lambda: len(stagehand.play.scene.talk.lines[-1].text) >= 5)
    stagehand.play.stage._fallen_ms["guard_2"] = stagehand.play._at_ms
    scene = stagehand.frame(1.0)
    assert scene.talk.lines[-1].text.endswith("\u2014") and len(scene.talk.lines[-1].text) < 12


def test_a_side_that_is_led(game: NewGame) -> None:
    stagehand = game(squads="player:utility", tick_ms=1000.0)
    play = stagehand.play
    stagehand.run(100, 10.0)
    play.click(soldier(play.scene, "guard_1").at)
    talk = play.scene.talk
    assert talk.label == "guard_1" and talk.choices[-1] == "hold" and talk.chosen is None
    play.type("nobody listens")
    play.submit()
    play.choose(len(talk.choices) - 1)
    play.choose(99)
    assert play.scene.talk.chosen == len(talk.choices) - 1
    play.click(soldier(play.scene, "raider_2").at)
    assert play.scene.talk.choices[play.scene.talk.chosen].endswith("Gorm")
    play.choose(play.scene.talk.choices.index("retreat"))
    scene = stagehand.run(1000.0, 10.0)
    led, other = soldier(scene, "guard_1"), soldier(scene, "guard_2")
    assert (led.verb, led.source, other.source) == ("retreat", "said", "game")
    assert scene.talk.chosen is None
    play.click((0.0, 99.0))
    assert play.scene.talk is None
    play.click(soldier(play.scene, "raider_1").at)
    assert play.scene.talk.label == "raider_1" and play.scene.talk.choices == ()
    play.click(None, 3)
    assert play.scene.talk is None


def test_a_click_prefers_who_lives_and_who_is_near(game: NewGame) -> None:
    stagehand = game(squads="utility:utility")
    scene = stagehand.frame()
    first = scene.soldiers[0]
    stagehand.play.click((first.at[0] + 0.3, first.at[1]))
    assert stagehand.play.scene.talk.label == first.label
    stagehand.play.click(first.at, 3)
    assert stagehand.play.scene.talk is None


def test_keys_without_a_model(game: NewGame) -> None:
    stagehand = game(squads="utility:utility")
    play = stagehand.play
    for press in (play.toggle_reserve, play.toggle_pacing, play.kill_engine, play.restart, play.erase, play.submit):
        press()
    stagehand.frame()
    assert play.scene.seed == 3 and play.scene.notices == ()
    play.kill_engine()
    assert stagehand.frame().notices[-1].text == "There is no engine to be killed."


def test_barks(game: NewGame, engine: FakeEngine) -> None:
    for number in range(1, 6):
        engine.script(f"guard_{number}.shout", ["No!"] * 20)
    stagehand = game(engine, squads="model:utility", tick_ms=2000.0)
    for _ in range(14):
        stagehand.run(2000.0)
    seen = [bubble for _, scene in stagehand.scenes for bubble in scene.bubbles if bubble.kind == "bark"]
    assert seen and {bubble.text for bubble in seen} <= {"N", "No", "No!", "N\u2014", "No\u2014"}
    most = max(sum(bubble.kind == "bark" for bubble in scene.bubbles) for _, scene in stagehand.scenes)
    assert most <= 4
    asked = engine.prompts()[-1]
    assert " fall." in asked or "blood" in asked or "Options:" in asked


def test_two_battles_in_a_row(game: NewGame, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    stagehand = game(engine, squads="model:utility", tick_ms=2000.0)
    play = stagehand.play
    # A game in this process has no host that could be started again.
    monkeypatch.setattr(type(play._minds), "is_gone", False)

    def fallen() -> int:
        return sum(soldier.fallen_ms is not None for soldier in play.scene.soldiers)

    def barks() -> int:
        return sum(cue["what"] == "speak" and cue["kind"] == "bark" for cue in play.cues)

    for number in range(1, 6):
        engine.script(f"guard_{number}.shout", ["No!"] * 40)
    while play.stage.verdict is None and not (barks() and play.stage.battle.tick >= 20):
        stagehand.run(2000.0)
    assert barks()
    play.restart()
    assert (play.scene.seed, barks(), play.report()["players"]["blue"]["ticks"]) == (3, 0, 0)
    # The clock of a battle begins at 0 again, and whoever barked late in the last one may bark early in this one.
    while play.stage.verdict is None and not barks() and fallen() < 3:
        stagehand.run(2000.0)
    assert barks()
    report = play.report()
    assert report["seed"] == 3 and report["players"]["blue"]["ticks"] == report["result"]["ticks"] > 0


def test_what_was_typed_outlasts_a_battle(game: NewGame, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    stagehand = game(engine)
    monkeypatch.setattr(type(stagehand.play._minds), "is_gone", False)
    stagehand.run(100)
    stagehand.play.click(soldier(stagehand.play.scene, "guard_2").at)
    stagehand.play.type("Hold the br")
    stagehand.play.restart()
    talk = stagehand.frame().talk
    assert stagehand.play.scene.seed == 3 and (talk.label, talk.typed) == ("guard_2", "Hold the br")


def test_the_selected_soldier_is_asked_first(game: NewGame, engine: FakeEngine) -> None:
    stagehand = game(engine)
    stagehand.run(100)
    stagehand.play.click(soldier(stagehand.play.scene, "guard_4").at)
    asked = len(engine.prompts("score"))
    stagehand.run(TICK_MS)
    assert "You are Finn Drake" in engine.prompts("score")[asked]


def test_a_new_battle_keeps_the_soldiers(game: NewGame, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    stagehand = game(engine)
    stagehand.run(100)
    spawned = dict(squad(stagehand).troop.npcs)
    # A game in this process has no host that could be started again.
    monkeypatch.setattr(type(stagehand.play._minds), "is_gone", False)
    stagehand.play.restart()
    scene = stagehand.run(TICK_MS)
    assert scene.seed == 3 and squad(stagehand).troop.npcs == spawned
    assert look(stagehand.play.stage.battle, stagehand.play.stage.battle.unit("guard_1")).moves[-1] == Move("hold")


def test_an_engine_that_ended_for_good_is_started_again(
    game: NewGame, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    stagehand = game(engine)
    stagehand.run(100)
    play, opened = stagehand.play, []

    def refuse(deciders: int) -> RuntimeLike:
        opened.append(deciders)
        raise BackendError("There is no room.", "Make some.", code="host_ended")

    monkeypatch.setattr(type(play._minds), "is_gone", False)
    monkeypatch.setattr(play._minds, "open", refuse)
    play.restart()
    assert not play._muster.is_busy
    play.figures.news("engine_down", {"is_final": True}, stagehand.now_ms)
    play.restart()
    play.toggle_reserve()
    assert "being started" in play.scene.notices[-1].text
    stagehand.until(lambda: any("does not start" in notice.text for notice in play.scene.notices))
    assert opened == [5]


def test_who_thinks_is_called_by_name(game: NewGame, monkeypatch: pytest.MonkeyPatch) -> None:
    play = game(squads="utility:utility").play
    monkeypatch.setattr(Planning, "waiting", {"guard_2", "raider_1"})
    play._cue("asked", labels=["guard_1", "guard_2", "raider_1"])
    play._collect()
    assert play.gauges.thinking == ("Bran", "Ulf")


def test_a_model_needs_minds() -> None:
    with pytest.raises(ValueError, match="needs minds"):
        Play(PlayOptions())


def test_players_that_nobody_knows() -> None:
    with pytest.raises(RequestError) as caught:
        PlayOptions(squads={"blue": "model", "red": "nobody"})
    assert caught.value.code == "bad_squads"


def test_a_host_that_does_not_start(engine: FakeEngine) -> None:
    class Broken(Minds):
        def open(self, deciders: int) -> RuntimeLike:
            raise BackendError("There is no room.", "Make some.", code="host_ended")

    play = refused(Broken())
    assert "There is no room." in play.loading.error
    play.frame(16.7, 3.0)
    for press in (play.restart, play.deselect, play.submit):
        press()
    play.click((1.0, 1.0))
    play.type("x")
    play.choose(0)
    assert play.scene.tick == 0 and play.scene.talk is None
    play.close()


def test_a_host_that_does_not_start_again(game: NewGame, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    stagehand = game(engine)
    stagehand.run(100)

    def broken(deciders: int) -> RuntimeLike:
        raise BackendError("There is no room.", "Make some.", code="host_ended")

    monkeypatch.setattr(stagehand.play._minds, "open", broken)
    stagehand.play.restart()
    stagehand.until(lambda: any("does not start" in notice.text for notice in stagehand.play.scene.notices))
    assert stagehand.play.loading.error == "" and stagehand.run(20_000 + 200).tick == 1


def test_a_disk_that_is_full(engine: FakeEngine) -> None:
    class Full(Minds):
        def open(self, deciders: int) -> RuntimeLike:
            raise OSError(28, "No space left on device")

    play = refused(Full())
    assert "No space left" in play.loading.error
    play.close()


def test_a_window_that_closes_while_the_host_starts(engine: FakeEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(muster, "STOP_LIMIT_S", 0.01)
    is_ready, closed_on = threading.Event(), list[threading.Thread]()

    class Slow(Minds):
        def open(self, deciders: int) -> RuntimeLike:
            is_ready.wait(60.0)
            raise BackendError("It came late.", code="host_ended")

        def close(self) -> None:
            closed_on.append(threading.current_thread())

    play = Play(PlayOptions(), minds=Slow(), now_ms=0.0)
    play.load()
    loader = play._muster._thread
    assert loader is not None
    play.close()
    is_ready.set()
    loader.join(60.0)
    # Once before the host is opened, and once when it was there too late.
    assert closed_on == [loader, loader]
