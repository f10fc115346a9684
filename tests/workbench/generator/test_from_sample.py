"""What a sample gives to a project: all that belongs to it, under the project's name, in order."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from ruff import find_ruff_bin

from hinagata.errors import UsageError
from hinagata.generator.files import Files
from hinagata.generator.formatting import formatted
from hinagata.generator.from_sample import sample_files
from hinagata.generator.naming import project_name
from hinagata.samples import find_sample, read_samples
from tests.workbench.generator.trees import build

REPOSITORY = Path(__file__).parents[3]
SAMPLES = [sample.name for sample in read_samples(REPOSITORY)]
SHORTEST, LONGEST = "zoo", "the-longest-name-that-a-project-has"
every_sample = pytest.mark.parametrize("sample", SAMPLES)


def text(files: Files, path: str) -> str:
    """One file of a project."""
    return files[path].decode()


@every_sample
def test_a_project_from_a_sample_says_its_own_name_alone(sample: str) -> None:
    """No path and no line has the sample's name in any of its forms, nor a word of the talks."""
    left = re.compile(rf"\b{sample.replace('_', '[-_ ]?')}\b|\bthe talk\b|^talk =", re.IGNORECASE)

    files = sample_files(sample, name="Acme fleet")

    lines = [line for content in files.values() for line in content.decode().splitlines()]
    assert [found for found in [*files, *lines] if left.search(found)] == []
    assert {path.split("/")[1] for path in files if path.startswith("functions/")} == {"acme_fleet"}


@every_sample
def test_a_project_from_a_sample_has_a_card_with_its_scenarios(sample: str, tmp_path: Path) -> None:
    """The commands that take a sample's name take the project's."""
    for path, content in sample_files(sample, name="Acme fleet").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)

    made = find_sample("acme_fleet", project=tmp_path)

    was = find_sample(sample, project=REPOSITORY)
    assert (made.stack, made.talk) == ("AcmeFleet", None)
    assert (made.title, made.scenarios) == (
        was.title.replace(project_name(sample).title, "Acme fleet"),
        was.scenarios,
    )


@every_sample
def test_what_a_card_tells_to_look_at_is_there(sample: str) -> None:
    """Lines that name a file of this house are left out, and what was reckoned in it."""
    files = sample_files(sample, name="Acme fleet")

    made = tomllib.loads(text(files, "stacks/acme_fleet.toml"))
    was = tomllib.loads((REPOSITORY / "stacks" / f"{sample}.toml").read_text())
    reckoned = [line for line in was["limits"] if "by hinagata" in line.lower()]
    assert {field: len(made[field]) for field in ("when", "when_not", "limits")} == {
        "when": len(was["when"]),
        "when_not": len(was["when_not"]),
        "limits": len(was["limits"]) - len(reckoned),
    }
    assert not {"verdicts", "ja", "talk"} & made.keys()
    assert "#" not in text(files, "stacks/acme_fleet.toml")
    places = re.findall(r"\b(?:docs|examples|tests)/\S+\w", text(files, "stacks/acme_fleet.toml"))
    assert [place for place in places if place not in files] == []


@every_sample
def test_what_a_stack_imports_comes_along(sample: str) -> None:
    """Each module of `stacks` that something imports is a file of the project."""
    files = sample_files(sample, name="Acme fleet")

    imported = {
        node.module
        for path in files
        if path.endswith(".py")
        for node in ast.walk(ast.parse(files[path]))
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").startswith("stacks.")
    }
    assert imported
    assert {f"{module.replace('.', '/')}.py" for module in imported if module} <= set(files)


@every_sample
@pytest.mark.parametrize("name", [SHORTEST, LONGEST])
def test_the_code_is_clean_and_formatted_whatever_the_name(
    sample: str, name: str, tmp_path: Path
) -> None:
    """Ruff finds nothing, by the rules of this house, and nobody told it not to look."""
    house = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["ruff"]
    ignored = "".join(f'  "{rule}",\n' for rule in house["lint"]["ignore"])
    settings = (
        '[tool.ruff]\nline-length = 100\nsrc = [".", "functions"]\ntarget-version = "py311"\n'
        f'[tool.ruff.lint]\nselect = ["ALL"]\nignore = [\n{ignored}]\n'
        "[tool.ruff.lint.per-file-ignores]\n"
        '"functions/**" = ["ARG"]\n"tests/**" = ["ARG", "FBT", "S", "SLF001", "INP001"]\n'
        '"tests/fakes/**" = ["D102", "N803"]\n'
        '[tool.ruff.lint.pydocstyle]\nconvention = "google"\n'
    )

    files = formatted({**sample_files(sample, name=name), "pyproject.toml": settings.encode()})

    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    for command in (["check", "--output-format=concise"], ["format", "--check"]):
        ruff = [find_ruff_bin(), *command, "--no-cache", "."]
        done = subprocess.run(ruff, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout
    ignores = (b"noqa", b"type: ignore")
    assert [path for path in files for each in ignores if each in files[path]] == []


@every_sample
def test_the_tests_of_its_handlers_come_along(sample: str) -> None:
    """Each of them, with every file of other tests that they import."""
    files = sample_files(sample, name="Acme fleet")

    was = sorted(file.name for file in (REPOSITORY / "tests/functions" / sample).glob("*.py"))
    place = "tests/functions/acme_fleet/"
    assert sorted(path.removeprefix(place) for path in files if path.startswith(place)) == was
    for path, content in files.items():
        for module in re.findall(r"(?m)^from (tests\.[\w.]+) import", content.decode()):
            assert f"{module.replace('.', '/')}.py" in files, path
    assert "tests/functions/test_events.py" not in files


@every_sample
def test_what_tests_share_is_there_where_a_test_uses_it(sample: str) -> None:
    """Each file of `fakes` and each fixture for handlers is named by another file."""
    files = sample_files(sample, name="Acme fleet")
    shared = "tests/functions/conftest.py"
    tests = {path: held.decode() for path, held in files.items() if path.startswith("tests/")}

    for path in tests:
        if path.startswith("tests/fakes/") and not path.endswith("__init__.py"):
            module = path.removesuffix(".py").replace("/", ".")
            assert any(f"from {module} import" in held for held in tests.values()), path
    for name in re.findall(r"(?m)^(?:def|class) ([A-Za-z]\w+)", tests.pop(shared)):
        assert any(re.search(rf"\b{name}\b", held) for held in tests.values()), name


@pytest.mark.parametrize(
    "sample",
    [
        each if each == "trace_lake" else pytest.param(each, marks=pytest.mark.long)
        for each in SAMPLES
    ],
)
def test_the_tests_of_its_handlers_pass(sample: str, tmp_path: Path) -> None:
    """In a project, where nothing but the project and our package is found."""
    build(tmp_path, sample_files(sample, name="Acme fleet"))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/functions"]
    paths = ["--import-mode=importlib", "-o", "pythonpath=. functions"]

    done = subprocess.run(
        [*command, *paths], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


def test_the_front_door_takes_what_the_sample_can_be_asked_for() -> None:
    """Of the app with all samples, what makes this one is left: its context, nobody else's."""
    car = text(sample_files("connected_car", name="Acme fleet"), "app.py")
    orders = text(sample_files("order_events", name="Acme shop"), "app.py")

    assert 'AcmeFleet(app, "AcmeFleet", cars=_number("cars", asked("cars") or 1_000))' in car
    assert "devices" not in car
    assert 'LoyaltyPoints(app, "LoyaltyPoints", orders=acme_shop.orders)' in orders
    assert "_number" not in orders


def test_a_project_may_have_the_samples_own_name() -> None:
    """Then nothing is renamed."""
    files = sample_files("connected_car", name="connected_car")

    ingest = "functions/connected_car/ingest.py"
    assert files[ingest] == (REPOSITORY / ingest).read_bytes()


def test_fails_for_a_sample_that_is_not_there() -> None:
    """What it may have meant, and what exists, are told."""
    with pytest.raises(UsageError) as failure:
        sample_files("conected_car", name="fleet")

    assert str(failure.value) == (
        f"there is no sample conected_car; expected one of {', '.join(SAMPLES)} "
        "(did you mean connected_car?)"
    )


@pytest.mark.parametrize(
    ("name", "taken"),
    [("Vehicle state", "VehicleState"), ("ingest", "ingest"), ("Fan out", "FanOut")],
)
def test_fails_for_a_name_that_something_in_the_sample_has(name: str, taken: str) -> None:
    """A module, a class or a construct of that name is told, with its file."""
    with pytest.raises(UsageError, match=rf"{taken} is something else in .*\.py already; add a"):
        sample_files("connected_car", name=name)
