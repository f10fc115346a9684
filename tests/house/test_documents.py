"""What the documents say is there."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from collections import Counter
from pathlib import Path

import pytest

from hinagata.samples import read_samples
from tests.readme import README, REPOSITORY, blocks, commands, with_samples

TRACKED = subprocess.run(
    ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
    cwd=REPOSITORY,
    capture_output=True,
    text=True,
    check=True,
).stdout.split()
LOCKS = (
    "requirements.txt",
    "requirements-uv.txt",
    "requirements-checkov.txt",
    "package-lock.json",
)
LINK = re.compile(r"\]\((?!https?:)(?P<target>[^)#]+)")


@pytest.mark.parametrize("name", [name for name in TRACKED if name.endswith(".md")])
def test_links_lead_somewhere(name: str) -> None:
    """Each relative link of a document leads to a file or folder."""
    document = REPOSITORY / name
    targets = [match["target"] for match in LINK.finditer(document.read_text(encoding="utf-8"))]

    assert [target for target in targets if not (document.parent / target).exists()] == []


def test_decisions_are_numbered_once() -> None:
    """No two decisions share a number."""
    numbers = Counter(path.name[:4] for path in (REPOSITORY / "docs/decisions").glob("0*.md"))

    assert [number for number, count in numbers.items() if count > 1] == []


@pytest.mark.parametrize("name", LOCKS)
def test_locks_name_no_host(name: str) -> None:
    """A lock says versions and hashes, and leaves the address to whoever installs."""
    text = (REPOSITORY / name).read_text(encoding="utf-8")

    assert not re.search(r"https?://[^\s\"]+\.(tgz|whl|gz|zip)", text)
    assert "index-url" not in text


def test_everything_pinned_has_a_hash() -> None:
    """Each Python requirement of the locks is pinned to a version and a hash."""
    for name in LOCKS[:3]:
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        pins = re.findall(r"^[a-z0-9].*?(?=^[a-z0-9]|\Z)", text, re.MULTILINE | re.DOTALL)

        assert [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin] == []


def test_no_file_is_named_for_nothing() -> None:
    """No module is called utils, helpers, common or manager."""
    said_nothing = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base"}

    assert [name for name in TRACKED if said_nothing & {*Path(name).with_suffix("").parts}] == []


def test_the_readme_names_targets_that_exist() -> None:
    """Each `make` command of the README is a target with a line of help."""
    makefile = (REPOSITORY / "Makefile").read_text(encoding="utf-8")
    targets = [command.split()[1] for command in commands() if command.startswith("make ")]

    assert [
        name for name in targets if not re.search(rf"^{name}:.*## ", makefile, re.MULTILINE)
    ] == []


def test_the_construct_example_is_the_example_project_in_short() -> None:
    """The README's construct example parses, and every name it imports is exported."""
    (example,) = blocks("python")
    imported = {
        alias.name
        for node in ast.walk(ast.parse(example))
        if isinstance(node, ast.ImportFrom) and node.module == "patterns"
        for alias in node.names
    }

    assert imported == {"LambdaWorker", "PointToPointQueue", "ReactiveApi"}


def test_the_readme_names_the_scenarios_of_each_sample() -> None:
    """The one that is played if none is named stands first."""
    readme = (REPOSITORY / "README.md").read_text(encoding="utf-8")

    for sample in read_samples(REPOSITORY):
        (line,) = re.findall(rf"^- `{sample.name}`: (.*)$", readme, re.MULTILINE)
        assert tuple(re.findall(r"`(\w+)`", line)) == sample.scenarios


def test_the_wheel_that_is_installed_has_the_projects_version() -> None:
    """The file name in the README and the example follows the version in pyproject.toml."""
    version = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]["version"]

    assert any(f"hinagata-{version}-py3" in command for command in commands())
    example = REPOSITORY / "examples" / "order_intake" / "requirements.txt"
    assert f"/hinagata-{version}-py3-none-any.whl[" in example.read_text(encoding="utf-8")


def test_the_house_has_the_rooms_that_contributing_describes() -> None:
    """Every top-level package stands in CONTRIBUTING's plan of the house."""
    plan = (REPOSITORY / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {name.split("/")[0] for name in TRACKED if name.endswith(".py") and "/" in name}

    assert [room for room in rooms if f"{room}/" not in plan] == []


def test_the_readme_tells_of_the_samples_what_their_cards_do() -> None:
    """A card that changes changes the README too; if it has not: make cards."""
    told = README.read_text(encoding="utf-8")

    assert with_samples(told) == told
