"""The rules of a battle: two squads, simultaneous ticks. Pure, seeded, and deterministic given the decisions.

In a tick every living soldier makes one move:

- ``attack`` somebody within reach and sight: costs a shot; hits more often in the open than in cover;
- ``approach`` an enemy until he is within reach; ``cover``: go where one is hit less often; ``retreat`` from the enemy;
- ``heal`` a hurt ally close by, or ``bandage`` oneself: costs a kit; ``reload`` when there is no shot left;
- ``hold``: stay, and gain heart.

All moves happen at once: first shots and bandages by the places at the tick's beginning, then the living walk, cell by
cell. Nobody enters a cell that is taken. Of one squad the lower number goes first; rivals for a cell both stay.

Morale falls with wounds and fallen comrades and rises by holding, by felling an enemy, and near the captain. Who has
lost heart neither attacks nor approaches. A side without soldiers has lost. When the time is up, the side with more
health wins; equal health is a draw.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from .field import CAMP, HEIGHT, Cell, Field, distance

Side: TypeAlias = Literal["blue", "red"]
Verb: TypeAlias = Literal["attack", "approach", "heal", "bandage", "reload", "cover", "retreat", "hold"]
RoleName: TypeAlias = Literal["captain", "soldier", "archer", "scout", "medic"]
EventKind: TypeAlias = Literal["hit", "miss", "heal", "reload", "fall", "walk", "order", "refused"]
Verdict: TypeAlias = Literal["blue", "red", "draw"]

SIDES: tuple[Side, Side] = ("blue", "red")
BREEDS: Mapping[Side, str] = {"blue": "guard", "red": "raider"}
MAX_HEALTH = MAX_MORALE = 9
SHAKEN = 1
HEAL_REACH, HEAL_AMOUNT = 2, 3
RALLY_REACH = 4
HIT_OPEN, HIT_COVER = 0.8, 0.45
ORDER_TICKS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What a soldier is good at; distances in cells, speed in cells a tick."""

    reach: int
    damage: int
    shots: int
    kits: int = 0
    speed: int = 2
    morale: int = 6


ROLES: Mapping[RoleName, Role] = {
    "captain": Role(reach=4, damage=2, shots=4, kits=1, morale=8),
    "soldier": Role(reach=4, damage=3, shots=4),
    "archer": Role(reach=6, damage=3, shots=2, morale=5),
    "scout": Role(reach=3, damage=2, shots=5, speed=3, morale=7),
    "medic": Role(reach=3, damage=1, shots=4, kits=5, morale=7),
}


@dataclass(frozen=True, slots=True)
class Move:
    """What a soldier does in a tick: a verb and, for some verbs, the label of another soldier."""

    verb: Verb
    target: str = ""


HOLD = Move("hold")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A soldier; who has no health left is fallen and stays on the list."""

    label: str
    side: Side
    number: int
    role: RoleName
    cell: Cell
    health: int = MAX_HEALTH
    shots: int
    kits: int
    morale: int

    @property
    def is_alive(self) -> bool:
        """Whether it can still act."""
        return self.health > 0

    @property
    def is_shaken(self) -> bool:
        """Whether it has lost heart."""
        return self.morale <= SHAKEN

    @property
    def skill(self) -> Role:
        """What its role can do."""
        return ROLES[self.role]


@dataclass(frozen=True, slots=True)
class Order:
    """What a captain has told the squad to do, and until which tick it holds."""

    move: Move
    until: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened in a tick, for whoever draws or tells it."""

    kind: EventKind
    unit: str
    target: str = ""
    amount: int = 0
    cells: tuple[Cell, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Battle:
    """A moment of a battle.

    Args:
        ground: What they fight on.
        units: All soldiers, the fallen too, in a fixed order.
        luck: The random numbers of each side's shots.
        tick: How many ticks have passed.
        orders: What the captains have ordered.
    """

    ground: Field
    units: tuple[Unit, ...]
    luck: Mapping[Side, int]
    tick: int = 0
    orders: Mapping[Side, Order] = field(default_factory=dict)

    @classmethod
    def new(cls, seed: int) -> Battle:
        """Return the beginning of the battle of that number; both sides stand alike."""
        rng = random.Random(f"battle/{seed}")
        ground = Field.random(seed)
        cells = [(rng.randrange(CAMP), y) for y in rng.sample(range(HEIGHT), len(ROLES))]
        blue = [_recruit("blue", number, role, cells[number - 1]) for number, role in enumerate(ROLES, 1)]
        red = [_recruit("red", unit.number, unit.role, ground.mirrored(unit.cell)) for unit in blue]
        luck: dict[Side, int] = {side: rng.getrandbits(32) for side in SIDES}
        return cls(ground=ground, units=(*blue, *red), luck=luck)

    def unit(self, label: str) -> Unit:
        """Return the soldier of that label; ``KeyError`` when there is none."""
        for unit in self.units:
            if unit.label == label:
                return unit
        raise KeyError(label)

    def living(self, side: Side | None = None) -> tuple[Unit, ...]:
        """Return who can act, of one side or of both."""
        return tuple(unit for unit in self.units if unit.is_alive and side in (None, unit.side))

    def enemies(self, side: Side) -> tuple[Unit, ...]:
        """Return the living of the other side."""
        return self.living(other_side(side))

    def is_in_cover(self, unit: Unit) -> bool:
        """Whether a soldier is hit less often where it stands."""
        return unit.cell in self.ground.cover

    def order(self, side: Side) -> Move | None:
        """Return what the captain of a side wants now."""
        order = self.orders.get(side)
        return order.move if order is not None and self.tick < order.until else None


def other_side(side: Side) -> Side:
    """Return who fights against a side."""
    return "red" if side == "blue" else "blue"


def can_attack(battle: Battle, unit: Unit, enemy: Unit) -> bool:
    """Whether an enemy is within a soldier's reach and sight."""
    return _reaches(battle.ground, unit, unit.cell, enemy.cell)


def can_heal(battle: Battle, unit: Unit, ally: Unit) -> bool:
    """Whether an ally is close enough to be bandaged."""
    return distance(unit.cell, ally.cell) <= HEAL_REACH and battle.ground.can_see(unit.cell, ally.cell)


def legal_moves(battle: Battle, unit: Unit) -> tuple[Move, ...]:
    """Return every move that a living soldier may make, in a fixed order; ``hold`` is always the last."""
    moves: list[Move] = []
    enemies = battle.enemies(unit.side)
    near = [enemy for enemy in enemies if can_attack(battle, unit, enemy)]
    if not unit.is_shaken:
        moves += [Move("attack", enemy.label) for enemy in near if unit.shots > 0]
        moves += [Move("approach", enemy.label) for enemy in enemies if enemy not in near]
    if unit.kits > 0:
        hurt = [ally for ally in battle.living(unit.side) if ally.health < MAX_HEALTH]
        moves += [Move("heal", ally.label) for ally in hurt if ally != unit and can_heal(battle, unit, ally)]
        moves += [Move("bandage")] if unit in hurt else []
    if unit.shots == 0:
        moves.append(Move("reload"))
    if not battle.is_in_cover(unit) and _free_cover(battle):
        moves.append(Move("cover"))
    return (*moves, Move("retreat"), HOLD)


def resolve(
    battle: Battle, moves: Mapping[str, Move], orders: Mapping[Side, Move] | None = None
) -> tuple[Battle, tuple[Event, ...]]:
    """Let one tick pass.

    Args:
        battle: The moment before.
        moves: What each soldier does, by label; who is not named, or names what is not legal, holds.
        orders: What captains tell their squads from the next tick on; those of the fallen are not heard.

    Returns:
        The moment after, and what happened.
    """
    events: list[Event] = []
    chosen = {unit.label: _checked(battle, unit, moves, events) for unit in battle.living()}
    standing = _fire_and_heal(battle, chosen, events)
    cells = _walk(replace(battle, units=standing), chosen, events)
    placed = tuple(replace(unit, cell=cells.get(unit.label, unit.cell)) for unit in standing)
    after = replace(
        battle,
        units=tuple(_with_morale(battle, unit, placed, chosen, events) for unit in placed),
        orders=_heard(battle, placed, orders or {}, events),
        tick=battle.tick + 1,
    )
    return after, tuple(events)


def verdict(battle: Battle, limit: int) -> Verdict | None:
    """Return who has won, or None while the battle goes on.

    Args:
        battle: The moment.
        limit: Ticks after which the side with more health wins.
    """
    blue, red = (sum(unit.health for unit in battle.living(side)) for side in SIDES)
    if blue > 0 and red > 0 and battle.tick < limit:
        return None
    return "draw" if blue == red else "blue" if blue > red else "red"


# Inside a tick.


def _recruit(side: Side, number: int, role: RoleName, cell: Cell) -> Unit:
    skill, label = ROLES[role], f"{BREEDS[side]}_{number}"
    supplies = {"shots": skill.shots, "kits": skill.kits, "morale": skill.morale}
    return Unit(label=label, side=side, number=number, role=role, cell=cell, **supplies)


def _reaches(ground: Field, unit: Unit, cell: Cell, target: Cell) -> bool:
    return distance(cell, target) <= unit.skill.reach and ground.can_see(cell, target)


def _free_cover(battle: Battle) -> frozenset[Cell]:
    return battle.ground.cover - {unit.cell for unit in battle.living()}


def _checked(battle: Battle, unit: Unit, moves: Mapping[str, Move], events: list[Event]) -> Move:
    move = moves.get(unit.label, HOLD)
    if move in legal_moves(battle, unit):
        return move
    events.append(Event("refused", unit.label, move.target))
    return HOLD


def _fire_and_heal(battle: Battle, chosen: Mapping[str, Move], events: list[Event]) -> tuple[Unit, ...]:
    """Return the soldiers after all shots and bandages, which count together."""
    change = dict.fromkeys(chosen, 0)
    for unit in battle.living():
        move = chosen[unit.label]
        if move.verb == "attack":
            amount = _damage(battle, unit, battle.unit(move.target))
            change[move.target] -= amount
            events.append(Event("hit" if amount else "miss", unit.label, move.target, amount))
        elif move.verb in ("heal", "bandage"):
            patient = move.target or unit.label
            change[patient] += HEAL_AMOUNT
            events.append(Event("heal", unit.label, patient, HEAL_AMOUNT))
        elif move.verb == "reload":
            events.append(Event("reload", unit.label))
    after = tuple(_used(unit, chosen, change) for unit in battle.units)
    events += [Event("fall", unit.label) for unit in after if unit.label in chosen and not unit.is_alive]
    return after


def _damage(battle: Battle, unit: Unit, target: Unit) -> int:
    chance = HIT_COVER if battle.is_in_cover(target) else HIT_OPEN
    roll = random.Random(f"{battle.luck[unit.side]}/{battle.tick}/{unit.number}/{target.number}").random()
    return unit.skill.damage if roll < chance else 0


def _used(unit: Unit, chosen: Mapping[str, Move], change: Mapping[str, int]) -> Unit:
    if unit.label not in chosen:
        return unit
    verb = chosen[unit.label].verb
    return replace(
        unit,
        health=max(0, min(MAX_HEALTH, unit.health + change[unit.label])),
        shots=unit.skill.shots if verb == "reload" else unit.shots - (verb == "attack"),
        kits=unit.kits - (verb in ("heal", "bandage")),
    )


def _walk(battle: Battle, chosen: Mapping[str, Move], events: list[Event]) -> dict[str, Cell]:
    """Return where everybody living stands after walking, one cell at a time and all at once."""
    walkers = {unit.label: _Walker(battle, unit, chosen[unit.label]) for unit in battle.living()}
    cells = {label: walker.unit.cell for label, walker in walkers.items()}
    ways: dict[str, list[Cell]] = {label: [] for label in cells}
    for step in range(max(role.speed for role in ROLES.values())):
        taken = frozenset(cells.values())
        wanted = {
            label: there
            for label, walker in walkers.items()
            if step < walker.unit.skill.speed and (there := walker.next(cells[label], taken)) is not None
        }
        for label, there in wanted.items():
            rivals = [walkers[other].unit for other, cell in wanted.items() if cell == there]
            if _goes_first(walkers[label].unit, rivals):
                cells[label] = there
                ways[label].append(there)
    events += [Event("walk", label, cells=(walkers[label].unit.cell, *way)) for label, way in ways.items() if way]
    return cells


def _goes_first(unit: Unit, rivals: Iterable[Unit]) -> bool:
    return all(rival is unit or (rival.side == unit.side and rival.number > unit.number) for rival in rivals)


class _Walker:
    """A soldier on the way: which cell it wants next, by how good each cell is for its move (lower is better)."""

    def __init__(self, battle: Battle, unit: Unit, move: Move) -> None:
        self.unit = unit
        self._field = battle.ground
        self._forward = 1 if unit.side == "blue" else -1
        self._aim: Cell | None = None
        self._worth = self._worth_of_cells(battle, move)

    def next(self, cell: Cell, taken: frozenset[Cell]) -> Cell | None:
        """Return the cell to enter next, or None to stay."""
        worth = self._worth
        if worth is None or (self._aim is not None and _reaches(self._field, self.unit, cell, self._aim)):
            return None
        free = [there for there in self._field.neighbours(cell, self._forward) if there not in taken]
        best = min(free, key=worth, default=cell)
        return best if worth(best) < worth(cell) else None

    def _worth_of_cells(self, battle: Battle, move: Move) -> Callable[[Cell], float] | None:
        far = self._field.width * self._field.height
        if move.verb == "approach":
            self._aim = battle.unit(move.target).cell
            ways = self._field.ways_to([self._aim])
            return lambda cell: ways.get(cell, far)
        if move.verb == "cover":
            ways = self._field.ways_to(_free_cover(battle))
            return lambda cell: ways.get(cell, far)
        threats = [enemy.cell for enemy in battle.enemies(self.unit.side)]
        if move.verb != "retreat" or not threats:
            return None
        return lambda cell: cell[0] * self._forward - far * min(distance(cell, threat) for threat in threats)


def _with_morale(
    battle: Battle, unit: Unit, placed: tuple[Unit, ...], chosen: Mapping[str, Move], events: Iterable[Event]
) -> Unit:
    if not unit.is_alive:
        return unit
    fallen = {event.unit for event in events if event.kind == "fall"}
    hits = [event for event in events if event.kind == "hit"]
    wounds = sum(event.target == unit.label for event in hits)
    change = -wounds - 2 * sum(battle.unit(label).side == unit.side for label in fallen)
    change += 2 * sum(event.unit == unit.label and event.target in fallen for event in hits)
    change += chosen[unit.label].verb == "hold"
    captains = [other for other in placed if other.role == "captain" and other.is_alive and other.side == unit.side]
    near = [captain for captain in captains if distance(unit.cell, captain.cell) <= RALLY_REACH]
    change += wounds == 0 and any(captain.label != unit.label for captain in near)
    return replace(unit, morale=max(0, min(MAX_MORALE, unit.morale + change)))


def _heard(
    battle: Battle, placed: Iterable[Unit], orders: Mapping[Side, Move], events: list[Event]
) -> Mapping[Side, Order]:
    captains = {unit.side: unit for unit in placed if unit.role == "captain" and unit.is_alive}
    kept = {side: order for side, order in battle.orders.items() if side in captains}
    for side, move in orders.items():
        if side in captains:
            kept[side] = Order(move, battle.tick + 1 + ORDER_TICKS)
            events.append(Event("order", captains[side].label, move.target))
    return kept
