"""`hinagata new` as a person meets it: what it says when all went well."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path

import pytest

from hinagata.cli import main
from hinagata.generator.new_command import new_project
from tests.workbench.generator.trees import tree


def made(here: Path, name: str) -> str:
    """Makes a project, and returns what was said."""
    said = StringIO()
    new_project(name, blueprint="order_intake", here=here, stream=said)
    return said.getvalue()


def test_what_to_do_next_is_said(tmp_path: Path) -> None:
    """The project is no repository yet, and nothing is told where the name is as it was typed."""
    said = made(tmp_path, "shop").splitlines()

    assert re.fullmatch(r"shop/: \d+ files", said[0])
    assert [line.split("    ")[0].strip() for line in said[2:]] == [
        "cd shop",
        "git init",
        "hinagata run shop",
        "make test",
    ]


def test_what_was_assumed_is_said(tmp_path: Path) -> None:
    """Traffic that nobody described, and a key that is no field of any event."""
    file = tmp_path / "shop.yaml"
    file.write_text(
        """
components:
  shop_api: {pattern: reactive_api, routes: {"POST /orders": place, "GET /orders/{order}": show}}
  orders: {pattern: telemetry_store, partition_key: order, sort_key: colour}
flows:
  - shop_api -> orders -> shop_api
traffic:
  buyers: {to: place, rate: 1/s, example: {order: o-1}}
"""
    )
    said = StringIO()

    new_project("shop", blueprint=str(file), here=tmp_path, stream=said)

    told = said.getvalue().split("\n\n")[1].splitlines()
    assert "GET /orders/{order} of shop_api is asked: 10/s, as show in the scenario" in told[0]
    assert "no event has a field colour, the sort key of orders: its id is the key" in told[1]
    assert "(there are order)" in told[1]


def test_in_a_repository_none_is_begun(tmp_path: Path) -> None:
    """The project is a folder of it."""
    (tmp_path / ".git").mkdir()
    here = tmp_path / "services"
    here.mkdir()

    assert "git init" not in made(here, "shop")


def test_what_a_name_was_made_is_said(tmp_path: Path) -> None:
    """A person who typed another one finds the folder, the package and the stack."""
    said = made(tmp_path, "My shop!")

    assert said.startswith("my-shop/: ")
    assert "in which 'My shop!' is my_shop for Python and MyShop for CloudFormation\n" in said


def test_a_project_is_the_same_whenever_it_is_made(tmp_path: Path) -> None:
    """Byte for byte, with the wheel that it carries."""
    for place in ("one", "other"):
        (tmp_path / place).mkdir()
        made(tmp_path / place, "shop")

    assert tree(tmp_path / "one") == tree(tmp_path / "other")
    assert any(path.endswith(".whl") for path in tree(tmp_path / "one"))


@pytest.mark.parametrize("more", [["shop"], ["--own"]])
def test_fails_for_a_schema_of_a_project(
    more: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """The format is the same for all: nothing is made that was asked for."""
    assert main(["new", *more, "--schema"]) == 2

    assert "--schema prints a format and makes no project; give it alone" in capsys.readouterr().err
