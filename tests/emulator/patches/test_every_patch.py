"""No patch is without its tests, and none that the emulator no longer needs stays unnoticed."""

import pkgutil
from importlib import import_module

import tests.emulator.patches
from hinagata.lab.patches import PATCHES
from tests.emulator.patches.observed import SHOWN


def test_each_patch_is_shown_to_be_needed_and_to_help() -> None:
    """Some test of each patch holds the endpoint with it against the endpoint without."""
    for module in pkgutil.iter_modules(tests.emulator.patches.__path__):
        import_module(f"tests.emulator.patches.{module.name}")

    assert {patch.name for patch in PATCHES} == SHOWN
