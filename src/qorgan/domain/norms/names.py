"""What expressions name: facts and parameters."""

from collections.abc import Iterator

from qorgan.domain.norms.expressions import (
    AllOf,
    AnyOf,
    Compare,
    Every,
    Exists,
    Expression,
    Not,
    NotPassed,
    Some,
    Within,
)


def walk(one: Expression) -> Iterator[Expression]:
    """The expression and all that it is made of."""
    yield one
    parts: tuple[Expression, ...] = ()
    if isinstance(one, (AllOf, AnyOf)):
        parts = one.parts
    elif isinstance(one, Not):
        parts = (one.part,)
    elif isinstance(one, (Every, Some)):
        parts = (one.holds,) if one.where is None else (one.where, one.holds)
    for part in parts:
        yield from walk(part)


def names_in(one: Expression) -> set[str]:
    """The facts that an expression asks for."""
    found = set()
    for part in walk(one):
        if isinstance(part, (Compare, Within, NotPassed, Exists)):
            found.add(part.fact)
        if isinstance(part, Within) and part.after:
            found.add(part.after)
    return found


def parameters_in(one: Expression) -> set[str]:
    """The parameters that an expression names."""
    found = set()
    for part in walk(one):
        if isinstance(part, Compare):
            found.add(part.limit.parameter)
        elif isinstance(part, Within):
            found.add(part.parameter)
        elif isinstance(part, Every):
            found.add(part.share_parameter)
        elif isinstance(part, Some):
            found.add(part.count_parameter)
    return found - {""}
