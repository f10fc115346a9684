"""The programs that the catalogue shows: each synthesizes, and what it sets was looked at."""

from __future__ import annotations

import difflib
import runpy

import pytest

from hinagata.catalogue.material.examples import FOLDER, Assemblies, current_assemblies
from hinagata.checks.runner import run_checks
from hinagata.topology.reading import read_topology
from tests.recorded_settings import REPOSITORY, recorded, settings_of

PATTERNS = sorted(card.stem for card in (REPOSITORY / "patterns").glob("*.toml"))
PROGRAMS = [f"{pattern}/{which}" for pattern in PATTERNS for which in ("smallest", "fuller")]


@pytest.fixture(scope="module")
def assemblies() -> Assemblies:
    """Every program's assembly, made anew if something changed that it is made of."""
    return current_assemblies(REPOSITORY)


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_synthesizes_and_no_check_has_a_word_to_say(
    assemblies: Assemblies, program: str
) -> None:
    """Each program that a reader can copy makes a template in which nothing is found."""
    report = run_checks(read_topology(assemblies.examples / program))

    assert (REPOSITORY / FOLDER / f"{program}.py").is_file()
    assert [each.finding.says for each in report.findings if each.is_open] == []


@pytest.mark.parametrize("pattern", PATTERNS)
def test_the_default_settings_are_those_that_were_looked_at(
    assemblies: Assemblies, pattern: str
) -> None:
    """What a pattern sets by default is recorded; a change shows as a difference, and is reviewed.

    Mended, once it is meant, by: make settings
    """
    now = settings_of(assemblies.examples / pattern / "smallest")
    changes = difflib.unified_diff(recorded(pattern), now, "recorded", "now", lineterm="", n=0)

    assert "\n".join(changes) == ""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_programs_handlers_are_there(
    assemblies: Assemblies, pattern: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each handler that a program names can be imported, told what the template tells it."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    topology = read_topology(assemblies.examples / pattern / "fuller")
    for function in topology.of_type("AWS::Lambda::Function"):
        *module, name = str(function.get("Handler")).split(".")
        file = REPOSITORY.joinpath(FOLDER, "functions", *module).with_suffix(".py")
        if module == ["index"] or not file.is_file():
            continue
        variables = function.get("Environment", "Variables")
        assert isinstance(variables, dict)
        for variable, value in variables.items():
            monkeypatch.setenv(variable, str(value))

        assert callable(runpy.run_path(str(file))[name])
