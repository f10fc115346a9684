"""What is generated synthesizes, and four tools that we did not all write find nothing in it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hinagata.generator.blueprint import parse_blueprint
from hinagata.generator.handler_code import environment_name
from hinagata.generator.kinds import KINDS
from hinagata.generator.naming import project_name
from hinagata.generator.rendering import blueprint_project
from patterns._flows import environment_name as variable
from tests.synth.conftest import CHECKOV
from tests.synth.generated import synthesize_together
from tests.workbench.generator.drawn import drawn_blueprint

BLUEPRINTS = Path(__file__).parents[2] / "blueprints"


def _lint(folder: Path) -> None:
    for command in (["check"], ["format", "--check"]):
        ruff = subprocess.run(
            [sys.executable, "-m", "ruff", *command, "--quiet", "."],
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


@pytest.fixture(scope="module")
def projects(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Return the project of each blueprint, whole, in a folder of its own."""
    folder = tmp_path_factory.mktemp("projects")
    for file in sorted(BLUEPRINTS.glob("*.yaml")):
        blueprint = parse_blueprint(file.read_text(), file=file)
        for path, content in blueprint_project(blueprint, name=file.stem, own=False).items():
            written = folder / file.stem / path
            written.parent.mkdir(parents=True, exist_ok=True)
            written.write_bytes(content)
    return sorted(folder.iterdir())


def test_the_code_of_the_blueprints_is_as_a_linter_wants_it(projects: list[Path]) -> None:
    """Formatted, sorted, documented, and no comment tells a tool to look away."""
    for project in projects:
        _lint(project)
    written = [file for project in projects for file in project.rglob("*/*.py")]
    assert len(written) > 100
    assert [file for file in written if re.search("noqa|type: ignore", file.read_text())] == []


def _said(command: list[str | Path], *, cwd: Path | None = None) -> str:
    run = subprocess.run(
        list(map(str, command)), cwd=cwd, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.mark.long
def test_cloudformation_would_take_the_blueprints(twelve: Path) -> None:
    """cfn-lint finds no error and no warning."""
    cfn_lint = Path(sys.executable).with_name("cfn-lint")
    _said([cfn_lint, "--", *sorted(twelve.glob("*.template.json"))])


@pytest.mark.long
def test_checkov_acknowledges_the_blueprints(twelve: Path) -> None:
    """Every check of checkov's passes, or is skipped with a reason."""
    files = sorted(twelve.glob("*.template.json"))
    scope = ["--framework", "cloudformation", "--skip-download", "--quiet", "--compact"]
    report = json.loads(_said([CHECKOV, *scope, "--output", "json", "--file", *files]))

    assert report["summary"]["passed"] > 500
    assert report["summary"]["parsing_errors"] == 0


@pytest.mark.long
def test_the_rules_of_cdk_nag_are_met_by_the_blueprints(tmp_path: Path) -> None:
    """Both packs, AwsSolutions and Serverless, have nothing to say at synthesis."""
    texts = {file.stem: file.read_text() for file in sorted(BLUEPRINTS.glob("*.yaml"))}
    assembly = synthesize_together(texts, tmp_path, nag=True)
    report = json.loads((assembly / "validation-report.json").read_text())

    said = {each["pluginName"]: each["conclusion"] for each in report["pluginReports"]}
    assert any("nag" in plugin.lower() for plugin in said), said
    assert set(said.values()) == {"success"}


@pytest.mark.long
@pytest.mark.timeout(600)
def test_the_code_of_the_blueprints_is_typed(projects: list[Path]) -> None:
    """Strictly, as they say it themselves where they are checked."""
    cache = f"--cache-dir={CHECKOV.parents[2] / '.mypy_cache'}"
    for project in projects:
        strictly = [sys.executable, "-m", "mypy", "--strict", cache]
        _said([*strictly, "-m", "app", "-p", "stacks"], cwd=project)
        _said([*strictly, "-p", project.name], cwd=project / "functions")


def test_drawn_blueprints_synthesize_and_fail_in_no_known_way(tmp_path: Path) -> None:
    """Twenty of them; `make prove` takes two hundred."""
    texts = {f"drawn {seed:03}": drawn_blueprint(seed) for seed in range(20)}

    synthesize_together(texts, tmp_path)

    (tmp_path / "app.py").unlink()  # this test's own, of all of them
    _lint(tmp_path)


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("first", range(20, 220, 20))
def test_more_drawn_blueprints_synthesize(first: int, tmp_path: Path) -> None:
    """Two hundred others, twenty at a time."""
    texts = {f"drawn {seed:03}": drawn_blueprint(seed) for seed in range(first, first + 20)}

    synthesize_together(texts, tmp_path)

    (tmp_path / "app.py").unlink()  # this test's own, of all of them
    _lint(tmp_path)
