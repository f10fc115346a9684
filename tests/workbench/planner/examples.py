"""Runs the examples that stand in a module's docstrings."""

from __future__ import annotations

import doctest
from importlib import import_module


def examples_of(module: str) -> int:
    """Returns how many examples a module has; fails if one of them is not true."""
    results = doctest.testmod(import_module(module))
    assert results.failed == 0, module
    return results.attempted
