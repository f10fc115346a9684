"""What is generated synthesizes, and four tools that we did not all write find nothing in it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hinagata.generator.handler_code import environment_name
from hinagata.generator.kinds import KINDS
from hinagata.generator.naming import project_name
from patterns._flows import environment_name as variable
from tests.synth.generated import synthesize_together
from tests.workbench.generator.drawn import drawn_blueprint

BLUEPRINTS = Path(__file__).parents[2] / "blueprints"


def _lint(folder: Path) -> None:
    for command in (["check", "."], ["format", "--check", "stacks", "functions", "tests"]):
        ruff = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "--exclude", "app.py"],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ruff.returncode == 0, ruff.stdout


def test_there_are_twelve_blueprints_which_use_every_pattern() -> None:
    """From one API to a system like the connected car."""
    texts = [file.read_text() for file in BLUEPRINTS.glob("*.yaml")]

    assert len(texts) == 12
    assert [kind for kind in KINDS if not any(kind in text for text in texts)] == []


@pytest.mark.parametrize("construct_id", ["Orders", "OrderApi", "A1B2", "HTTPServer", "Q2"])
def test_handlers_look_for_the_variable_that_the_constructs_give(construct_id: str) -> None:
    """The workbench imports no construct, so it says by itself how an id becomes a variable."""
    assert f"{environment_name(construct_id)}_QUEUE_URL" == variable(construct_id, "QUEUE_URL")


@pytest.fixture(scope="module")
def twelve(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the assembly of all blueprints of the repository."""
    texts = {file.stem: file.read_text() for file in sorted(BLUEPRINTS.glob("*.yaml"))}
    return synthesize_together(texts, tmp_path_factory.mktemp("twelve"))


def test_the_blueprints_synthesize_and_fail_in_no_known_way(twelve: Path) -> None:
    """A template for each, and the checks at synthesis have nothing to say."""
    templates = {file.name.partition(".")[0] for file in twelve.glob("*.template.json")}

    assert templates == {project_name(file.stem).stack for file in BLUEPRINTS.glob("*.yaml")}


def test_the_code_of_the_blueprints_is_as_a_linter_wants_it(twelve: Path) -> None:
    """Formatted, sorted, documented, without anything left over."""
    _lint(twelve.parent)


@pytest.mark.long
def test_cloudformation_would_take_the_blueprints(twelve: Path) -> None:
    """cfn-lint finds no error and no warning."""
    templates = sorted(map(str, twelve.glob("*.template.json")))
    run = subprocess.run(
        [Path(sys.executable).with_name("cfn-lint"), "--", *templates],
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stdout


def test_drawn_blueprints_synthesize_and_fail_in_no_known_way(tmp_path: Path) -> None:
    """Twenty of them; `make prove` takes two hundred."""
    texts = {f"drawn {seed:03}": drawn_blueprint(seed) for seed in range(20)}

    synthesize_together(texts, tmp_path)

    _lint(tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(20, 220, 20))
def test_more_drawn_blueprints_synthesize(first: int, tmp_path: Path) -> None:
    """Two hundred others, twenty at a time."""
    texts = {f"drawn {seed:03}": drawn_blueprint(seed) for seed in range(first, first + 20)}

    synthesize_together(texts, tmp_path)

    _lint(tmp_path)
