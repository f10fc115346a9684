"""What `docs/checks.md` says is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hinagata.checks.check import Severity
from hinagata.checks.configuration import read_configuration
from hinagata.cli import main

GUIDE = (Path(__file__).parents[3] / "docs" / "checks.md").read_text(encoding="utf-8")


def test_the_configuration_is_one(tmp_path: Path) -> None:
    """It can be copied as it stands."""
    (block,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    (tmp_path / "hinagata.toml").write_text(block)
    read = read_configuration(tmp_path / "hinagata.toml")

    assert (read.fail_on, read.severities) == (Severity.WARNING, {"FM304": None})


def test_the_options_are_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """Each option that is named exists, and each that exists is named."""
    main(["check", "--help"])
    options = set(re.findall(r"--[a-z][a-z-]+", capsys.readouterr().out)) - {"--help"}
    of_cfn_lint = {"--append-rules", "--include-checks"}

    assert set(re.findall(r"--[a-z][a-z-]+", GUIDE)) - of_cfn_lint == options
