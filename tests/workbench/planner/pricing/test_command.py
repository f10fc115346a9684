"""`hinagata price`: what is printed, and that its guide says so."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from hinagata.cli import main
from hinagata.planner.pricing.services import SERVICES
from hinagata.planner.pricing.usage import SETTINGS
from tests.readme import REPOSITORY
from tests.workbench.planner.pricing.guide import fields_of

USAGE = """\
name: orders
events: 3_000_000
lambda:
  Orders: {requests: 3_000_000, duration_ms: 120, memory_mb: 1536}
firehose:
  Lake: {records: 3_000_000, record_kb: 2}
"""
# A third of it when nothing else runs; a core whose neighbours are busy takes twice as long.
SECONDS = 0.5


@pytest.fixture
def usage(tmp_path: Path) -> Path:
    """A usage file."""
    file = tmp_path / "usage.yaml"
    file.write_text(USAGE)
    return file


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command prints, which must end well."""
    assert main(["price", *arguments]) == 0
    return capsys.readouterr().out


def guide(language: str) -> list[str]:
    """The blocks of the guide in a language."""
    text = (REPOSITORY / "docs/price.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def test_the_bill_is_aligned(usage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Quantities, prices and amounts stand under each other, within 80 columns."""
    assert printed(capsys, str(usage), "--free-tier") == (
        "orders, a month of 730 hours in us-east-1\n"
        "\n"
        "                                                 USD\n"
        "Lambda: Orders\n"
        "  Requests       1,000,000 requests       free\n"
        "                 2,000,000 requests     0.20/M  0.40\n"
        "  Duration, x86    400,000 GB-s           free\n"
        "                   140,000 GB-s      16.6667/M  2.33\n"
        "Firehose: Lake\n"
        "  Data in            14.31 GB            0.029  0.41 ?\n"
        "\n"
        "Total                                           3.15\n"
        "Of it without any traffic                       0.00\n"
        "For a million events                            1.05\n"
        "\n"
        "Most of it\n"
        "   74%  Lambda: Orders, Duration, x86\n"
        "   13%  Firehose: Lake, Data in\n"
        "\n"
        "? rests on a number that nobody has checked; --sources shows which\n"
    )


def test_nothing_costs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A usage without any use has an aligned bill too."""
    file = tmp_path / "usage.yaml"
    file.write_text("lambda: {Idle: {}}\n")

    assert printed(capsys, str(file)) == (
        "a month of 730 hours in us-east-1\n"
        "\n"
        "                            USD\n"
        "\n"
        "Total                      0.00\n"
        "Of it without any traffic  0.00\n"
    )


def test_a_large_bill_is_as_wide_as_a_small_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A name that has no room before its numbers stands above them; and one is one."""
    file = tmp_path / "usage.yaml"
    file.write_text(
        "sns: {Told: {publishes: 99e9, sqs_or_lambda: 888e9}}\n"
        "secrets_manager: {Token: {secrets: 1}}\n"
        "lambda: {Told: {requests: 99e9, duration_ms: 900, memory_mb: 10240}}\n"
    )
    lines = printed(capsys, str(file)).splitlines()

    assert max(map(len, lines)) <= 80
    assert "  Deliveries, SQS and Lambda" in lines
    assert any(line.split()[:3] == ["Secrets", "1", "secret"] for line in lines)


def test_every_number_names_its_source(usage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """With --sources: address and date, and which numbers nobody has checked."""
    out = printed(capsys, str(usage), "--sources")

    assert (
        "  lambda/price.request = 0.20 USD per 1,000,000 requests, us-east-1\n"
        "    https://aws.amazon.com/lambda/pricing/, 2026, source\n"
    ) in out
    assert "  firehose/price.ingest.tier1 = 0.029 USD per GB, us-east-1 ?\n" in out


def test_programs_get_every_digit(usage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has the items, what they rest on, and adds up."""
    document = json.loads(printed(capsys, str(usage), "--format", "json"))

    assert document["total"] == pytest.approx(sum(item["amount"] for item in document["items"]))
    assert document["items"][0]["charges"][0]["fact"] == "lambda/price.request"
    assert {fact["fact"] for fact in document["facts"]} == {
        name for item in document["items"] for name in item["facts"]
    }
    assert all(fact["source"] and fact["as_of"] for fact in document["facts"])


def test_numbers_of_ones_own_count(
    usage: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file of facts changes the bill, and is named as the source."""
    facts = tmp_path / "facts.toml"
    facts.write_text('[firehose."price.ingest.tier1"]\nvalue = 1\nreason = "our contract"\n')
    out = printed(capsys, str(usage), "--facts", str(facts), "--sources")

    assert "    our contract, undated, override\n" in out
    assert "14.31" in out


def test_fails_in_one_sentence(usage: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A region without prices ends with 2 and names the first that is missing."""
    assert main(["price", str(usage), "--region", "mars-1"]) == 2

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("hinagata: no fact lambda/price.request for mars-1, only for ")
    assert said.err.count("\n") == 1


def test_the_guides_example_prints_what_it_shows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The usage of the guide costs what stands below it."""
    example = guide("yaml")[0]
    file = tmp_path / "usage.yaml"
    file.write_text(example)

    assert printed(capsys, str(file)) == guide("text")[1]


def test_the_guides_facts_are_facts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The file of the guide can be used as it stands."""
    (example,) = guide("toml")
    facts, file = tmp_path / "facts.toml", tmp_path / "usage.yaml"
    facts.write_text(example)
    file.write_text("lambda: {F: {requests: 1_000_000}}\n")

    assert "0.18" in printed(capsys, str(file), "--facts", str(facts))


def test_the_guide_lists_every_field() -> None:
    """Its last section is what the services declare, word for word, and it names each setting."""
    text = (REPOSITORY / "docs/price.md").read_text(encoding="utf-8")

    assert text.endswith(f"## Fields\n\n{fields_of(SERVICES.values())}")
    assert all(f"| `{name}` |" in text for name in SETTINGS)


def test_a_price_is_there_at_once(usage: Path) -> None:
    """The fastest of five starts takes half a second of the processor, and loads nothing heavy."""
    code = (
        "import sys, time; from hinagata.cli import main; main(['price', sys.argv[1]]); "
        "print(time.process_time(), 'numpy' in sys.modules, 'rich' in sys.modules)"
    )
    ends = [
        subprocess.run(
            [sys.executable, "-c", code, str(usage)], capture_output=True, text=True, check=True
        ).stdout.splitlines()[-1]
        for _ in range(5)
    ]

    assert min(float(end.split()[0]) for end in ends) < SECONDS
    assert {tuple(end.split()[1:]) for end in ends} == {("False", "False")}
