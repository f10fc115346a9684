"""A whole project out of a blueprint or a sample: every file, before it is written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from hinagata.generator.architecture import Architecture
from hinagata.generator.blueprint import FILE, Blueprint, read_blueprint
from hinagata.generator.carried_wheel import wheel_files
from hinagata.generator.diagram_text import mermaid
from hinagata.generator.files import Files
from hinagata.generator.formatting import formatted
from hinagata.generator.handler_code import handler_code
from hinagata.generator.handler_tests import handlers_view
from hinagata.generator.naming import ProjectName, project_name
from hinagata.generator.record import BLUEPRINT, Answers
from hinagata.generator.scenario_text import SCENARIO, scenario_view
from hinagata.generator.stack_code import stack_code

TEMPLATES = Path(__file__).with_name("templates")
# What `package.json` of this repository pins; a test holds them together.
CDK_CLI = "2.1148.1"
# Beside what every project's tests need.
_TEST_TOOLS = {"httpx": "httpx>=0.28,<1", "hypothesis": "hypothesis>=6,<7"}

_FRAME = {
    ".github/workflows/ci.yaml": "project/ci.yaml.j2",
    ".gitignore": "project/gitignore.j2",
    "Makefile": "project/Makefile.j2",
    "README.md": "project/README.md.j2",
    "cdk.json": "project/cdk.json.j2",
    "pyproject.toml": "project/pyproject.toml.j2",
    "requirements-dev.txt": "project/requirements-dev.txt.j2",
    "requirements.txt": "project/requirements.txt.j2",
    "tests/conftest.py": "project/tests/conftest.py.j2",
    "tests/test_run.py": "project/tests/test_run.py.j2",
    "tests/test_stack.py": "project/tests/test_stack.py.j2",
}


def files_of(answers: Answers, project: Path) -> Files:
    """Return every file of a project, as this version of hinagata generates it.

    Args:
        answers: what was chosen when the project was made.
        project: its root, where its blueprint is.

    Raises:
        HinagataError: the blueprint cannot be used, or there is no such sample.
    """
    if answers.origin != BLUEPRINT:
        return sample_project(answers.origin, name=answers.name, own=answers.own)
    file = project / FILE
    blueprint = read_blueprint(file)
    files = blueprint_project(blueprint, name=answers.name, own=answers.own)
    return {**files, FILE: file.read_bytes()}


def blueprint_project(blueprint: Blueprint, *, name: str, own: bool) -> Files:
    """Return the files of a project from a blueprint, but for the blueprint itself.

    Args:
        blueprint: what it is made of.
        name: its name, as a person typed it.
        own: whether the constructs are its own source.

    Raises:
        HinagataError: the name is none for a project, or the blueprint does not fit together.
    """
    names = project_name(name)
    architecture = Architecture(blueprint)
    summary = blueprint.summary or f"{names.title}: made from a blueprint."
    package = f"functions/{names.package}"
    frame = _frame(names, summary=summary, own=own, diagram=mermaid(architecture), sample="")
    made = {code.name: handler_code(code, architecture) for code in architecture.code()}
    files = {
        **frame,
        "app.py": _render("project/app.py.j2", name=names),
        f"stacks/{names.package}.py": _render(
            "stack.py.j2",
            name=names,
            summary=summary,
            code=stack_code(architecture, names.package),
        ),
        f"stacks/{names.package}.toml": _render(
            "project/card.toml.j2", name=names, summary=summary, scenario=SCENARIO
        ),
        "stacks/__init__.py": '"""What is deployed."""\n',
        f"{package}/__init__.py": f'"""The code of {names.title}."""\n',
        "tests/test_handlers.py": _render(
            "project/tests/test_handlers.py.j2",
            name=names,
            **handlers_view(made),
        ),
        f"scenarios/{names.package}/{SCENARIO}.yaml": _render(
            "project/scenario.yaml.j2", **scenario_view(architecture, names.package)
        ),
    }
    for function, code in made.items():
        files[f"{package}/{function}.py"] = _render(f"{code.code.role}.py.j2", made=code)
    for source, traffic in architecture.traffic.items():
        if not traffic.has_body:
            continue
        files[f"{package}/events/{source}.json"] = (
            json.dumps(json.loads(traffic.example), indent=2) + "\n"
        )
    files |= _containers(architecture, names)
    written = {path: text.encode() for path, text in files.items()}
    return {**formatted({**written, **_own(own=own)}), **wheel_files()}


def sample_project(sample: str, *, name: str, own: bool) -> Files:
    """Return the files of a project that is a sample's, under a name of its own.

    Args:
        sample: the sample's name.
        name: the project's, as a person typed it.
        own: whether the constructs are its own source.

    Raises:
        HinagataError: there is no such sample, or the name is none for a project.
    """
    import tomllib

    from hinagata.generator.from_sample import sample_files

    names = project_name(name)
    files = sample_files(sample, name=name)
    card = tomllib.loads(files[f"stacks/{names.package}.toml"].decode())
    frame = _frame(
        names,
        summary=card["summary"],
        own=own,
        diagram="",
        sample=sample,
        scenario=card["scenario"],
        test_tools=_test_tools(files),
    )
    written = {path: text.encode() for path, text in frame.items()}
    return {**formatted({**written, **files, **_own(own=own)}), **wheel_files()}


def _frame(
    names: ProjectName,
    *,
    summary: str,
    own: bool,
    diagram: str,
    sample: str,
    scenario: str = SCENARIO,
    test_tools: Sequence[str] = (),
) -> dict[str, str]:
    """Return what every project has, whatever is in it."""
    from hinagata.generator.own_source import own_requirements

    (wheel,) = wheel_files()
    said: dict[str, Any] = {
        "name": names,
        "summary": summary,
        "own": own,
        "diagram": diagram,
        "sample": sample,
        "scenario": scenario,
        "test_tools": test_tools,
        "wheel": wheel,
        "cdk_cli": CDK_CLI,
        "requirements": own_requirements() if own else [f"./{wheel}[cdk]"],
    }
    return {path: _render(template, **said) for path, template in _FRAME.items()}


def _test_tools(files: Files) -> list[str]:
    """Return requirements for what tests import, of what not every project installs."""
    tests = [text.decode() for path, text in files.items() if path.startswith("tests/")]
    imported = {word for text in tests for word in re.findall(r"(?m)^(?:import|from) (\w+)", text)}
    return [requirement for name, requirement in _TEST_TOOLS.items() if name in imported]


def _own(*, own: bool) -> Files:
    if not own:
        return {}
    from hinagata.generator.own_source import own_files

    return own_files()


def _containers(architecture: Architecture, names: ProjectName) -> Mapping[str, str]:
    services = [one for one in architecture.components if one.kind == "proactive_service"]
    if not services:
        return {}
    from hinagata.generator.from_sample import container_requirements

    package = f"functions/{names.package}"
    return {
        f"{package}/Dockerfile": _render("project/Dockerfile.j2", name=names),
        f"{package}/requirements.txt": container_requirements(),
        **{
            f"{package}/{one.name}.py": _render("service.py.j2", one=one, name=names)
            for one in services
        },
    }


def _render(template: str, **said: Any) -> str:
    rendered: str = _environment().get_template(template).render(**said)
    return rendered


@cache
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(  # noqa: S701 - what is made is no HTML
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["python"] = repr
    return environment
