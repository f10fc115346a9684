"""What is missing on a machine, and what to do about it."""

import json
import sys
from pathlib import Path

import pytest

from hinagata.doctor import Diagnosis, diagnose


def found(project: Path, name: str) -> Diagnosis:
    """Return the diagnosis of one thing."""
    return next(diagnosis for diagnosis in diagnose(project) if diagnosis.name == name)


@pytest.fixture(name="project")
def a_project(tmp_path: Path) -> Path:
    """Return a folder whose Makefile can set up what is missing."""
    (tmp_path / "Makefile").write_text("setup:\n\ttrue\n")
    return tmp_path


def install_cdk(project: Path, version: str, *, pinned: str) -> None:
    """Write what npm leaves behind."""
    package = project / "node_modules" / "aws-cdk"
    package.mkdir(parents=True)
    (package / "package.json").write_text(json.dumps({"version": version}))
    (project / "package.json").write_text(json.dumps({"devDependencies": {"aws-cdk": pinned}}))


def node(folder: Path, output: str) -> Path:
    """Write a program that answers like Node."""
    program = folder / "node"
    program.write_text(f"#!/bin/sh\necho {output}\n")
    program.chmod(0o755)
    return program


def test_the_python_that_runs_is_found(tmp_path: Path) -> None:
    """Its version and its place are told."""
    diagnosis = found(tmp_path, "Python")

    assert sys.executable in diagnosis.found
    assert diagnosis.remedy == ""


def test_the_cdk_cli_of_the_project_is_found(tmp_path: Path) -> None:
    """The version that is installed is the one that is pinned."""
    install_cdk(tmp_path, "2.1148.1", pinned="2.1148.1")

    assert found(tmp_path, "CDK CLI").found.startswith("2.1148.1 ")


def test_another_cdk_cli_than_the_pinned_one_is_a_finding(project: Path) -> None:
    """The highest number is not the newest CLI, so the versions must agree."""
    install_cdk(project, "3.0.0", pinned="2.1148.1")

    assert found(project, "CDK CLI") == Diagnosis(
        name="CDK CLI", remedy="3.0.0 is installed and 2.1148.1 is pinned; run: make setup"
    )


def test_a_cdk_cli_that_is_not_there_is_a_finding(project: Path) -> None:
    """The remedy is a command."""
    assert found(project, "CDK CLI") == Diagnosis(
        name="CDK CLI", remedy="not in node_modules; run: make setup"
    )


def test_the_node_that_jsii_is_told_to_start_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSII_NODE goes before the path."""
    program = node(tmp_path, "v24.1.0")
    monkeypatch.setenv("JSII_NODE", str(program))

    assert found(tmp_path, "Node") == Diagnosis(name="Node", found=f"24.1.0 ({program})")


@pytest.mark.parametrize(("output", "said"), [("v18.2.0", "v18.2.0"), ("", "broken")])
def test_a_node_that_is_too_old_or_broken_is_a_finding(
    project: Path, monkeypatch: pytest.MonkeyPatch, output: str, said: str
) -> None:
    """Its version and the one that is needed are told."""
    program = node(project, output)
    monkeypatch.setenv("JSII_NODE", str(program))

    assert found(project, "Node") == Diagnosis(
        name="Node", remedy=f"{program} is {said}, not 22 or newer; run: make setup"
    )


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("CDK CLI", "not in node_modules; run: npm install --save-dev aws-cdk"),
        ("Node", "node is v18.2.0, not 22 or newer; run: pip install 'hinagata[cdk]'"),
    ],
)
def test_without_a_set_up_of_its_own_a_project_is_told_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, remedy: str
) -> None:
    """`make setup` is no advice where there is none."""
    monkeypatch.setenv("JSII_NODE", str(node(tmp_path, "v18.2.0")))

    assert found(tmp_path, name).remedy.endswith(remedy)
