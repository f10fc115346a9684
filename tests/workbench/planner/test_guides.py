"""docs/plan.md and docs/price.md: what they show is what the commands print."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from hinagata.cli import main
from hinagata.planner.assumptions import DEFAULTS, Assumptions
from tests.readme import REPOSITORY
from tests.workbench.planner.shop import SHOP
from tests.workbench.planner.sizes.test_command import SCENARIO

PLAN = (REPOSITORY / "docs/plan.md").read_text(encoding="utf-8")
PRICE = (REPOSITORY / "docs/price.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    """The blocks of a guide in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What a command prints."""
    main([*arguments])
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ["choose", "layouts"])
def test_the_guide_shows_what_is_printed(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The block below the command is its output, to the last digit."""
    texts = blocks(PLAN, "text")
    (line,) = [text for text in texts if text.startswith(f"hinagata {command}")]
    answer = texts[texts.index(line) + 1]

    assert shown(capsys, *line.split()[1:]) == answer


def test_the_guides_plan_is_the_shops(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What breaks and what is tight at 9,000 buyers a second."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.json").write_text(json.dumps({"Resources": SHOP}))
    (tmp_path / "sale.yaml").write_text(SCENARIO.replace("RATE", "9000/s"))
    (text,) = [text for text in blocks(PLAN, "text") if text.startswith("sale at its peak")]

    assert shown(capsys, "plan", "shop.json", "--scenario", "sale.yaml").startswith(text)


def test_the_guide_lists_every_assumption() -> None:
    """With its value and its meaning, in the order of the bill."""
    rows = re.findall(r"^\| `(\w+)` \| ([\d.]+) \| (.+) \|$", PRICE, re.MULTILINE)

    assert rows == [(each.name, f"{each.value:g}", each.meaning) for each in DEFAULTS.values()]


def test_the_guides_assumptions_can_be_read(tmp_path: Path) -> None:
    """For all resources, and for one."""
    (text,) = [text for text in blocks(PRICE, "yaml") if text.startswith("log_kb")]
    file = tmp_path / "known.yaml"
    file.write_text(text)
    known = Assumptions(file)

    assert known.take("log_kb", "Ingest") == 0.2
    assert known.take("item_kb", "VehicleState") == 0.4
    assert known.take("item_kb", "CommandMailbox") == DEFAULTS["item_kb"].value


@pytest.mark.parametrize("command", ["price", "plan", "choose", "layouts"])
def test_every_option_is_helped(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Its help has an example, and a meaning for each option."""
    assert main([command, "--help"]) == 0
    out = capsys.readouterr().out

    assert f"example: hinagata {command} " in " ".join(out.split())
    assert "--sources" in out
