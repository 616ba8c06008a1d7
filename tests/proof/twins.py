"""Orders that have one key and are not the same: what they differ in, and where to find some."""

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import Any

from attrs import fields

from orderfsm.order import Order, Unplaced
from orderfsm.testing.exploring import Exploration, explore
from orderfsm.testing.orders import OrderSpace, Position, Said

Twins = tuple[Position, Position]


def explored(space: OrderSpace) -> Exploration[Position, Said]:
    """Everything that can be reached in a space."""
    return explore(space.initial(), space.inputs, space.step, key=space.key, within=space.within)


def kept(space: OrderSpace, found: Exploration[Position, Said], position: Position) -> Position:
    """The position with the same key that was kept."""
    return found.states[found.keys[space.key(position)]]


def differences(first: Any, second: Any, name: str = "") -> Iterator[str]:
    """The names of the fields in which two values differ, those of their parts with a dot before them."""
    if first == second:
        return
    if isinstance(first, tuple) and isinstance(second, tuple) and len(first) == len(second):
        for one, other in zip(first, second, strict=True):
            yield from differences(one, other, name)
    elif hasattr(type(first), "__attrs_attrs__") and type(first) is type(second):
        for each in fields(type(first)):
            part = f"{name}.{each.name}" if name else each.name
            yield from differences(getattr(first, each.name), getattr(second, each.name), part)
    else:
        yield name


def kind_of(twins: Twins) -> frozenset[str]:
    """In what two orders differ."""
    return frozenset(differences(twins[0].order, twins[1].order))


def all_twins(space: OrderSpace, found: Exploration[Position, Said]) -> Iterator[Twins]:
    """Every order that is met again with other content, beside the one that was kept."""
    for before in found.states:
        for said in space.inputs(before):
            after, _ = space.step(before, said)
            if after is not before and space.within(after):
                first = kept(space, found, after)
                if first.order != after.order:
                    yield first, after


def sampled(twins: Iterator[Twins], of_each_kind: int = 1) -> list[Twins]:
    """Some of them: at most so many of those that differ in the same."""
    met = Counter[frozenset[str]]()
    some: list[Twins] = []
    for each in twins:
        kind = kind_of(each)
        if met[kind] < of_each_kind:
            some.append(each)
        met[kind] += 1
    return some


def walked(space: OrderSpace, found: Exploration[Position, Said], seed: int, steps: int) -> Iterator[Twins]:
    """The orders of one long random history, each beside the one with its key that was kept."""
    random = Random(seed)
    position = space.initial()[0]
    for _ in range(steps):
        led = [space.step(position, said)[0] for said in space.inputs(position)]
        moved = [each for each in led if each is not position and space.within(each)]
        elsewhere = [each for each in moved if space.key(each) != space.key(position)]
        if not moved:
            return
        position = random.choice(elsewhere if elsewhere and random.random() < 0.8 else moved)
        yield kept(space, found, position), position


def order_of(position: Position) -> Order:
    """The order of a position, which has been placed."""
    assert not isinstance(position.order, Unplaced)
    return position.order
