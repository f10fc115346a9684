"""Our constructs as a project's own source: all of it, as it is, and what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from hinagata.generator.own_source import own_files, own_requirements
from tests.workbench.generator.trees import build

REPOSITORY = Path(__file__).parents[3]


def test_the_source_is_ours_as_it_is() -> None:
    """Every module of the constructs and of the runtime, typed, and no card or bytecode."""
    modules = {
        path.relative_to(REPOSITORY).as_posix(): path.read_bytes()
        for package in ("patterns", "pattern_runtime")
        for path in (REPOSITORY / package).rglob("*.py")
    }

    files = own_files()

    assert {path: files[path] for path in modules} == modules
    assert sorted(files.keys() - modules.keys()) == [
        "pattern_runtime/LICENSE",
        "pattern_runtime/py.typed",
        "patterns/LICENSE",
        "patterns/py.typed",
    ]


def test_the_licence_goes_with_it() -> None:
    """It is the text under which this repository stands."""
    files = own_files()

    licence = (REPOSITORY / "LICENSE").read_bytes()
    assert files["patterns/LICENSE"] == files["pattern_runtime/LICENSE"] == licence


def test_the_requirements_are_those_of_an_app() -> None:
    """What the extra `cdk` names, and what it takes of `runtime`: each once, and not ourselves."""
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]

    needed = own_requirements()

    named = {*extras["cdk"], *extras["runtime"]} - {"hinagata[runtime]"}
    assert sorted(needed) == sorted(named)


def test_handlers_work_where_the_source_alone_is(tmp_path: Path) -> None:
    """Nothing in the runtime imports `hinagata`; only the checks at synthesis do, when they run."""
    build(tmp_path, own_files())
    imports = [
        f"{file.parent.name}.{file.stem}"
        for file in sorted(tmp_path.rglob("*.py"))
        if re.search(r"^(?:from|import) hinagata", file.read_text(), re.MULTILINE)
    ]
    code = "import sys, pattern_runtime as p; [getattr(p, name) for name in p.__all__]"
    code += "; sys.exit('hinagata' in sys.modules or p.__file__)"

    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert imports == []
    assert done.stderr.strip() == str(tmp_path / "pattern_runtime" / "__init__.py")
