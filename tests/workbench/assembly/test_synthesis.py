"""An app is synthesized by its own command, once for each state of its sources."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hinagata.assembly.synthesis import SynthesisError, synthesize
from hinagata.errors import UsageError

# An app in a language of its own: it writes the least that is an assembly, and counts its runs.
APP = """
import json, os, pathlib
out = pathlib.Path(os.environ["CDK_OUTDIR"])
runs = pathlib.Path(".hinagata/runs")
runs.write_text(str(int(runs.read_text()) + 1 if runs.exists() else 1))
color = json.loads(os.environ["CDK_CONTEXT_JSON"]).get("color")
artifact = {"type": "aws:cloudformation:stack", "properties": {"templateFile": "t.json"}}
(out / "manifest.json").write_text(json.dumps({"artifacts": {f"Shop-{color}": artifact}}))
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with an app."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    settings = {"app": "python app.py", "context": {"color": "red"}}
    (tmp_path / "cdk.json").write_text(json.dumps(settings), encoding="utf-8")
    return tmp_path


def runs(project: Path) -> int:
    """How often the app ran."""
    return int((project / ".hinagata" / "runs").read_text(encoding="utf-8"))


def test_the_app_gets_the_context_of_cdk_json(project: Path) -> None:
    """The app command runs as the CDK CLI runs it."""
    assert [stack.name for stack in synthesize(project).stacks] == ["Shop-red"]


def test_more_context_makes_an_assembly_of_its_own(project: Path) -> None:
    """As `cdk -c` does, beside cdk.out, and again only if something changed."""
    for _ in range(2):
        assert [s.name for s in synthesize(project, context={"color": "blue"}).stacks] == [
            "Shop-blue"
        ]
        assert [stack.name for stack in synthesize(project).stacks] == ["Shop-red"]

    assert runs(project) == 2


@pytest.mark.parametrize(("chosen", "given"), [(None, "1"), ("0", "0")])
def test_the_app_notes_the_lines_of_its_constructs(
    project: Path, monkeypatch: pytest.MonkeyPatch, chosen: str | None, given: str
) -> None:
    """Findings point at them; whoever decided otherwise is heard."""
    monkeypatch.delenv("JSII_HOST_STACK_TRACES", raising=False)
    if chosen is not None:
        monkeypatch.setenv("JSII_HOST_STACK_TRACES", chosen)
    noting = 'import os, pathlib; pathlib.Path(".hinagata/lines").write_text('
    app = f'{noting}os.environ["JSII_HOST_STACK_TRACES"])\n{APP}'
    (project / "app.py").write_text(app, encoding="utf-8")
    synthesize(project)

    assert (project / ".hinagata" / "lines").read_text(encoding="utf-8") == given


def test_findings_keep_nobody_from_looking_at_the_architecture(project: Path) -> None:
    """The app leaves the checks of failure modes to the command that wants them."""
    noting = 'import os, pathlib; pathlib.Path(".hinagata/checks").write_text('
    app = f'{noting}os.environ["HINAGATA_FAILURE_MODES"])\n{APP}'
    (project / "app.py").write_text(app, encoding="utf-8")
    synthesize(project)

    assert (project / ".hinagata" / "checks").read_text(encoding="utf-8") == "off"


def test_an_unchanged_app_is_not_run_again(project: Path) -> None:
    """The assembly is read again while sources, versions and settings are the same."""
    synthesize(project)
    synthesize(project)

    assert runs(project) == 1


def test_a_virtual_environment_is_no_source(project: Path) -> None:
    """Whatever its folder is called: thousands of files would be read at every command."""
    installed = project / "venv-of-another-name" / "module.py"
    installed.parent.mkdir()
    (installed.parent / "pyvenv.cfg").touch()
    installed.write_text("one = 1", encoding="utf-8")
    synthesize(project)
    installed.write_text("one = 2", encoding="utf-8")
    synthesize(project)

    assert runs(project) == 1


def test_a_changed_source_is_synthesized_anew(project: Path) -> None:
    """Any file of the project may decide what is synthesized."""
    synthesize(project)
    (project / "functions").mkdir()
    (project / "functions" / "handler.py").write_text("", encoding="utf-8")
    synthesize(project)

    assert runs(project) == 2


def test_a_variable_that_the_cdk_reads_counts(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another region or another validation is another synthesis."""
    synthesize(project)
    monkeypatch.setenv("AWS_REGION", "ap-northeast-1")
    synthesize(project)

    assert runs(project) == 2


def test_fails_with_what_the_app_printed_and_keeps_the_last_assembly(project: Path) -> None:
    """A failed synthesis leaves the last good assembly, and nothing half-written."""
    before = synthesize(project).directory / "manifest.json"
    text = before.read_text(encoding="utf-8")
    (project / "app.py").write_text("raise SystemExit('no such queue')", encoding="utf-8")

    with pytest.raises(SynthesisError, match=r"does not synthesize(.|\n)*no such queue"):
        synthesize(project)

    assert before.read_text(encoding="utf-8") == text
    assert {path.name for path in (project / ".hinagata").iterdir()} == {"runs"}


def test_fails_outside_a_project(tmp_path: Path) -> None:
    """A folder without cdk.json is wrong use, and is named."""
    with pytest.raises(UsageError, match=r"holds no cdk\.json"):
        synthesize(tmp_path)


@pytest.mark.parametrize("settings", ["{}", "[]", "nothing", '{"app": 3}'])
def test_fails_when_cdk_json_names_no_app(tmp_path: Path, settings: str) -> None:
    """The message says what was expected."""
    (tmp_path / "cdk.json").write_text(settings, encoding="utf-8")

    with pytest.raises(UsageError, match="names no app"):
        synthesize(tmp_path)
