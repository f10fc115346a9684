"""What every project has, whatever is in it: its Makefile, its requirements, its README, its CI."""

from __future__ import annotations

import os
import subprocess
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement

from hinagata.generator.rendering import CDK_CLI, sample_project
from tests.workbench.generator.trees import build

SAMPLE = "trace_lake"
# Stands in for Python: makes an environment of itself, and notes by which name pip was called.
PYTHON = """\
#!/bin/sh
case "$1 $2" in
  "-m venv")
    for folder; do :; done
    [ "$3" = --clear ] && rm -rf "$folder"
    mkdir -p "$folder/bin" && cp "$MODEL" "$folder/bin/python" && touch "$folder/pip"
    echo "venv $folder" >>"$NOTED" ;;
  "-m pip")
    [ -e "${0%/bin/python}/pip" ] || exit 1
    [ "$3" = --version ] || echo "pip $0" >>"$NOTED" ;;
esac
"""
MADE = ["venv .venv", "pip .venv/bin/python", "pip .venv/bin/python"]


@pytest.fixture(params=["shop", "my projects/shop"])
def project(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a project's folder, in whose path there may be a space."""
    return build(tmp_path / request.param, sample_project(SAMPLE, name="shop", own=False))


def make(project: Path, *arguments: str) -> tuple[list[str], str]:
    """Call make; return what its Python was called for, and what was said."""
    python, noted = project.parent / "python3", project.parent / "noted"
    python.write_text(PYTHON)
    python.chmod(0o755)
    noted.write_text("")
    # One that is called by another make says where it goes.
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        ["make", "PYTHON=$(MODEL)", *arguments],
        cwd=project,
        env={**outside, "MODEL": "../python3", "NOTED": str(noted)},
        capture_output=True,
        text=True,
        check=False,
    )
    return noted.read_text().splitlines(), done.stdout + done.stderr


def test_the_environment_is_made_once(project: Path) -> None:
    """With one line that says how long it takes, since pip says nothing."""
    done = "set up; next: make demo\n"

    assert make(project, "setup") == (MADE, f"setting up .venv (a few minutes, once)\n{done}")

    assert make(project, "setup") == ([], done)


def test_an_environment_that_is_not_whole_is_made_anew(project: Path) -> None:
    """Broken off before or after it had a Python: nothing is installed anywhere else."""
    for left in ({".venv/pyvenv.cfg": b""}, {".venv/bin/python": b"#!/bin/sh\nexit 1\n"}):
        build(project, left)
        for file in left:
            (project / file).chmod(0o755)

        assert make(project, "setup")[0] == MADE

        (project / ".venv" / ".shop-ready").unlink()
        (project / ".venv" / "pip").unlink()


def test_another_environment_can_be_named(project: Path) -> None:
    """What is in it stays, also where it has no pip yet."""
    other = project.parent / "other"
    build(other, {"mine": b""})

    assert make(project, "VENV=../other", "setup")[0] == [
        "venv ../other",
        *["pip ../other/bin/python"] * 2,
    ]

    assert (other / "mine").exists()
    assert not (project / ".venv").exists()


def test_fails_for_an_environment_that_make_cannot_name(project: Path) -> None:
    """Make takes a space for the end of a path: one sentence, and nothing is made."""
    noted, said = make(project, "VENV=/my projects/venv", "setup")

    assert noted == []
    assert 'VENV is "/my projects/venv"; make takes no path with a space: give one' in said


def test_commands_find_those_of_the_environment(project: Path) -> None:
    """By an absolute path: they start others, in folders of their own."""
    make(project, "setup")
    command = project / ".venv" / "bin" / "hinagata"
    command.write_text('#!/bin/sh\necho "$1 ${PATH%%:*}"\n')
    command.chmod(0o755)

    assert make(project, "check")[1] == f"check {project}/.venv/bin\n"


@pytest.mark.parametrize("sample", ["connected_car", SAMPLE])
def test_what_tests_need_is_bound_by_what_may_break_them(sample: str) -> None:
    """Each tool by its major version, and this house's own is within."""
    files = sample_project(sample, name="shop", own=False)
    lines = files["requirements-dev.txt"].decode().splitlines()
    tools = [Requirement(line) for line in lines if line[0].isalpha()]

    assert {"cfn-lint", "pytest", "ruff"} <= {tool.name for tool in tools}
    for tool in tools:
        assert {each.operator for each in tool.specifier} == {">=", "<"}
        assert version(tool.name) in tool.specifier


def test_a_project_says_of_itself_what_holds() -> None:
    """It is no package: nothing builds one, and its requirements are its only ones."""
    files = sample_project(SAMPLE, name="shop", own=False)
    settings = tomllib.loads(files["pyproject.toml"].decode())

    assert "build-system" not in settings
    assert not {"dynamic", "dependencies"} & settings["project"].keys()


def test_version_control_takes_what_a_project_carries(tmp_path: Path) -> None:
    """All of it, also where a person has git ignore every wheel."""
    files = sample_project(SAMPLE, name="shop", own=False)
    shop = build(tmp_path / "shop", files)
    (tmp_path / "ignored").write_text("*.whl\n")
    subprocess.run(["git", "init", "--quiet"], cwd=shop, check=True)

    listed = subprocess.run(
        [
            "git",
            "-c",
            f"core.excludesFile={tmp_path}/ignored",
            "ls-files",
            "-o",
            "--exclude-standard",
        ],
        cwd=shop,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()

    assert sorted(listed) == sorted(files)


def test_one_cdk_is_named_everywhere() -> None:
    """In the README and in CI the same version."""
    files = sample_project(SAMPLE, name="shop", own=False)

    for path in ("README.md", ".github/workflows/ci.yaml"):
        assert files[path].decode().count("aws-cdk@") == 1
        assert f"aws-cdk@{CDK_CLI} " in files[path].decode()


def test_the_readme_makes_what_its_commands_read() -> None:
    """In a shell of its own: the environment first, then the assembly, then who reads it."""
    readme = sample_project(SAMPLE, name="shop", own=False)["README.md"].decode()
    commands = readme.split("## More")[1].split("```")[1].splitlines()[1:]

    assert commands[:2] == ["source .venv/bin/activate", "make synth"]
    assert [line.split()[1] for line in commands if "cdk.out" in line] == [
        "plan",
        "price",
        "simulate",
    ]


def test_ci_runs_each_command_once_and_no_diff_against_nothing(tmp_path: Path) -> None:
    """The first pull request brings the app: its base has none to compare with."""
    files = sample_project(SAMPLE, name="shop", own=False)
    steps = yaml.safe_load(files[".github/workflows/ci.yaml"])["jobs"]["ci"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    git = ["git", "-c", "user.name=Shop", "-c", "user.email=shop@example.com"]
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)
    begin = [*git, "commit", "--quiet", "--allow-empty", "-m", "Begin"]
    subprocess.run(begin, cwd=tmp_path, check=True)
    subprocess.run(
        ["git", "update-ref", "refs/remotes/origin/main", "HEAD"], cwd=tmp_path, check=True
    )

    done = subprocess.run(
        ["bash", "-e", "-c", commands[-1]],
        cwd=tmp_path,
        env={**os.environ, "BASE": "main", "GITHUB_WORKSPACE": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert commands[:-1] == ["make setup", "make test", "make synth", "make check"]
    assert (done.returncode, done.stdout) == (0, "main has no Shop yet: all of it is new\n")
    assert not (tmp_path.parent / "base").exists()
