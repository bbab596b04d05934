"""Actions that characters are given in training: usual ones, and ones with names made up on the spot."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from npc_sdk.actions.schema import ActionSpec, action_spec
from npc_sdk.forge.corpus import composed
from npc_sdk.forge.corpus.draw import Draw
from npc_sdk.forge.corpus.split import Table, split_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """An action and the words that ask for it.

    ``phrases`` complete "please ..."; ``{x}`` stands for the value of ``argument``, which comes from ``vocabulary``,
    from ``values`` (an enum) or, with neither, is a number. ``dangerous`` is what cowards refuse.
    """

    spec: ActionSpec
    phrases: tuple[str, ...]
    argument: str = ""
    vocabulary: str = ""
    values: tuple[str, ...] = ()
    dangerous: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A deed with its argument chosen: the words that ask for it and the call that does it."""

    deed: Deed
    phrase: str
    arguments: Mapping[str, Any]


def _spec(name: str, description: str, **properties: Mapping[str, Any]) -> ActionSpec:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return action_spec({"name": name, "description": description, "parameters": parameters})


def _plain(name: str, description: str, *phrases: str, dangerous: bool = False) -> Deed:
    return Deed(spec=_spec(name, description), phrases=phrases, dangerous=dangerous)


def _live(name: str, description: str, argument: str, vocabulary: str, *phrases: str, dangerous: bool = False) -> Deed:
    spec = _spec(name, description, **{argument: {"type": "string", "x-vocabulary": vocabulary}})
    return Deed(spec=spec, phrases=phrases, argument=argument, vocabulary=vocabulary, dangerous=dangerous)


def _one_of(name: str, description: str, argument: str, values: tuple[str, ...], *phrases: str) -> Deed:
    spec = _spec(name, description, **{argument: {"type": "string", "enum": list(values)}})
    return Deed(spec=spec, phrases=phrases, argument=argument, values=values)


def _count(name: str, description: str, argument: str, *phrases: str) -> Deed:
    spec = _spec(name, description, **{argument: {"type": "integer", "minimum": 1, "maximum": 99}})
    return Deed(spec=spec, phrases=phrases, argument=argument)


@functools.cache
def usual_deeds() -> tuple[Deed, ...]:
    """Return the actions that games usually give; built once."""
    return (
        _plain("open_gate", "Open the gate.", "open the gate", "let me through the gate", "open up the gate"),
        _plain("close_gate", "Close the gate.", "close the gate", "shut the gate"),
        _plain("call_guards", "Call the guards.", "call the guards", "shout for the guards"),
        _plain("follow_player", "Follow the player.", "follow me", "come with me", "walk with me"),
        _plain("wait_here", "Wait at this spot.", "wait here", "stay where you are", "stay here"),
        _plain("ring_bell", "Ring the bell.", "ring the bell", "sound the bell"),
        _plain("light_lamp", "Light the lamp.", "light the lamp", "make some light"),
        _plain("hide", "Hide from sight.", "hide", "get out of sight"),
        _plain("sit_down", "Sit down.", "sit down", "take a seat"),
        _plain("show_map", "Show the map.", "show me the map", "get out the map"),
        _plain("lock_door", "Lock the door.", "lock the door", "bolt the door"),
        _plain("flee", "Run away.", "flee", "run away"),
        _live("give_item", "Give an item to the player.", "item", "items", "give me {x}", "hand me {x}", "pass me {x}"),
        _live("take_item", "Take an item from the player.", "item", "items", "take {x} from me", "keep {x} for me"),
        _live("throw_away", "Throw an item away.", "item", "items", "throw away {x}", "get rid of {x}"),
        _live(
            "attack", "Attack an enemy.", "target", "enemies", "attack {x}", "strike {x}", "kill {x}", dangerous=True
        ),
        _live("shoot_at", "Shoot at an enemy.", "target", "enemies", "shoot at {x}", "shoot {x}", dangerous=True),
        _live("heal", "Heal an ally.", "target", "allies", "heal {x}", "help {x}", "bind the wounds of {x}"),
        _live("guard_ally", "Protect an ally.", "ally", "allies", "protect {x}", "guard {x}", dangerous=True),
        _live("point_to", "Point to a place.", "place", "places", "point to {x}", "show me where {x} is"),
        _live("move_to", "Walk to a place.", "place", "places", "go to {x}", "walk to {x}", "move to {x}"),
        _live("scout_place", "Scout a place.", "place", "places", "scout {x}", "spy on {x}", dangerous=True),
        _live("greet_person", "Greet a person.", "person", "people", "greet {x}", "say hello to {x}"),
        _live("bring_person", "Bring a person here.", "person", "people", "bring {x} here", "fetch {x}"),
        _count("give_coins", "Give coins to the player.", "amount", "give me {x} coins", "hand over {x} coins"),
        _count("wait_hours", "Wait some hours.", "hours", "wait {x} hours", "come back in {x} hours"),
        _one_of(
            "gesture", "Make a gesture.", "kind", ("wave", "bow", "nod", "dance", "kneel", "laugh"), "{x}", "{x} for me"
        ),
        _one_of("set_pace", "Change the pace.", "pace", ("slow", "normal", "fast"), "go on at a {x} pace"),
    )


VERBS = Table.words("""
polish, paint, carry, lift, burn, wash, count, stack, fill, empty, sharpen, mend, build, break, cut, bake, brew,
plant, water, bury, dig, sell, weigh, move, turn, roll, pull, push, lower, raise, cover, clean, sweep, sort,
pack, load, unload, test, check, repair, tie, untie, hide, bless, curse, taste, cook, boil, feed, brush, steal,
launch, charge, tune, draw
""")

NOUNS = Table.words("""
lantern, barrel, sword, shield, table, chair, cart, wheel, horse, goat, boat, sail, anchor, crate, chest, lock,
bridge, tower, wall, roof, floor, window, carpet, mirror, statue, altar, candle, stove, oven, kettle, soup,
bread, cheese, wine, fish, net, rope, ladder, bucket, well, garden, tree, fence, field, tent, flag, drum, harp,
book, scroll, letter, map, clock, machine, engine, robot, cannon, bomb, trap, cage, stone, gem, ring, coat,
boots, hat, bed, pillow, coffin, raft
""")


def made_deed(draw: Draw) -> Deed:
    """Return an action that no game has: a verb and a noun, sometimes made up, sometimes with a number."""
    verb, noun = _made_words(draw)
    if draw.chance(0.25):
        spec = _spec(f"{verb}_{noun}", f"{verb.capitalize()} the {noun} some times.", times=_TIMES)
        return Deed(spec=spec, phrases=(f"{verb} the {noun} {{x}} times",), argument="times")
    spec = _spec(f"{verb}_{noun}", f"{verb.capitalize()} the {noun}.")
    return Deed(spec=spec, phrases=(f"{verb} the {noun}",))


def _made_words(draw: Draw) -> tuple[str, str]:
    while True:
        if draw.composes():
            verb, noun = composed.verb_and_noun(draw.rng)
        else:
            verb = draw.choice((*VERBS.train, *VERBS.held_out)) if draw.chance(0.8) else draw.made()
            noun = draw.choice((*NOUNS.train, *NOUNS.held_out)) if draw.chance(0.7) else draw.made()
        if split_of(f"{verb}_{noun}") == draw.split:
            return verb, noun


_TIMES = {"type": "integer", "minimum": 1, "maximum": 99}


def draw_deed(draw: Draw) -> Deed:
    """Return a usual action or a made-up one."""
    return made_deed(draw) if draw.chance(0.4) else draw.choice(usual_deeds())


def wish(draw: Draw, deed: Deed, vocabulary: Mapping[str, tuple[str, ...]]) -> Wish:
    """Choose an argument for a deed and the words that ask for it."""
    phrase = draw.choice(deed.phrases)
    if not deed.argument:
        return Wish(deed=deed, phrase=phrase, arguments={})
    value: Any
    if deed.vocabulary:
        value = draw.choice(vocabulary[deed.vocabulary])
    else:
        value = draw.choice(deed.values) if deed.values else draw.number(2, 20)
    return Wish(deed=deed, phrase=phrase.format(x=value), arguments={deed.argument: value})


def value_for(draw: Draw, vocabulary: str) -> str:
    """Return a new value of a live vocabulary."""
    if vocabulary == "items":
        return draw.good()
    if vocabulary == "places":
        return draw.place()
    if vocabulary == "people" or draw.chance(0.4):
        return draw.person()
    return f"{draw.choice(_BREEDS) if draw.chance(0.6) else draw.made()}_{draw.number(1, 9)}"


_BREEDS = tuple("goblin wolf guard orc rat bandit archer scout medic knight spider drone raider troll recruit".split())
