"""The checks there are: one in each module of `failure_modes`, found by the modules' names."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module

from hinagata.checks import failure_modes
from hinagata.checks.check import Check
from hinagata.errors import UsageError
from hinagata.suggestion import suggest

_FAMILY = len("FM1")


@cache
def _modules() -> dict[str, str]:
    """The module of each check by its id, in the order of the ids; none of them is imported."""
    names = sorted(module.name for module in pkgutil.iter_modules(failure_modes.__path__))
    return {name.partition("_")[0].upper(): name for name in names}


def check_ids() -> tuple[str, ...]:
    """Returns the ids of all checks, in order, without loading any."""
    return tuple(_modules())


def load_check(id: str) -> Check:
    """Returns one check, and imports no other.

    Args:
        id: Its id, in capitals or not.

    Raises:
        UsageError: There is no such check.
    """
    # cfn-lint prints the severity's letter before it.
    module = _modules().get(id.upper()) or _modules().get(id.upper()[1:])
    if module is None:
        raise UsageError(f"there is no check {id}; expected {expected_instead(id)}")
    for value in vars(import_module(f"{failure_modes.__name__}.{module}")).values():
        if isinstance(value, Check):
            return value
    raise UsageError(f"the module of check {id} makes no check; make one in {module} with @check")


def load_checks(ids: Iterable[str] | None = None) -> tuple[Check, ...]:
    """Returns some checks, or all, each once and in the order of their ids.

    Raises:
        UsageError: There is no check of one of the ids.
    """
    wanted = {each.upper(): each for each in (check_ids() if ids is None else ids)}
    return tuple(load_check(wanted[each]) for each in sorted(wanted))


def expected_instead(id: str) -> str:
    """Says what may stand where an id stands that no check has: of its family, if it has one."""
    family = [known for known in _modules() if known[:_FAMILY] == id.upper()[:_FAMILY]]
    if len(family) == 1:
        # One alone looks like all that there are.
        return f"one that `hinagata explain` lists; the nearest is {family[0]}"
    return suggest(id.upper(), family or _modules())
