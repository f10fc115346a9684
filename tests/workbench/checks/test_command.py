"""What `hinagata check` does, from the command line to its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hinagata.cli import main
from tests.workbench.checks.shop import OTHER, REASON, WORKER, loops, write_shop

CONFIGURATION = """\
[check.severity]
FM108 = { value = "error", reason = "nobody watches our bill" }
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an app whose two functions each get one warning by FM108."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    write_shop(tmp_path)
    return tmp_path


def check(*arguments: str) -> int:
    """Runs FM108 alone, so that the tests do not change with other checks."""
    return main(["check", "--check", "FM108", *arguments])


def test_errors_make_the_answer_no(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Warnings do not, unless asked for."""
    assert check("cdk.out") == 0
    assert check("cdk.out", "--fail-on", "warning") == 1
    assert check("cdk.out", "--fail-on", "never") == 0
    assert capsys.readouterr().out.splitlines()[-1] == "2 warnings in 2 resources"


def test_a_configuration_beside_the_app_counts(shop: Path) -> None:
    """Without being named; the command line wins over it."""
    (shop / "hinagata.toml").write_text(CONFIGURATION + '[check]\nfail_on = "error"\n')

    assert check("cdk.out") == 1
    assert check("cdk.out", "--fail-on", "never") == 0


def test_another_configuration_can_be_named(shop: Path) -> None:
    """Then the one beside the app does not count."""
    (shop / "hinagata.toml").write_text("broken")
    (shop / "strict.toml").write_text(CONFIGURATION)

    assert check("cdk.out", "--config", "strict.toml") == 1


def test_several_answers_in_one_run(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One is printed, the others are written; a suffix that says the format is enough."""
    outputs = ["--output", "sarif=a.sarif", "--output", "a.xml", "--output", "text=a.txt"]
    assert check("cdk.out", "--format", "json", *outputs) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["summary"]["findings"]["warning"] == 2
    assert len(json.loads((shop / "a.sarif").read_text())["runs"][0]["results"]) == 2
    assert ET.parse(shop / "a.xml").getroot().get("skipped") == "2"
    assert (shop / "a.txt").read_text().endswith("2 warnings in 2 resources\n")
    assert sorted(path.name for path in shop.iterdir()) == [
        "a.sarif",
        "a.txt",
        "a.xml",
        "app.py",
        "cdk.out",
    ]


def test_an_answer_can_be_written_to_a_device(shop: Path) -> None:
    """Which is written to, not replaced."""
    assert check("cdk.out", "--output", "json=/dev/null") == 0
    assert not Path("/dev/null").is_file()


def test_an_answer_follows_a_link(shop: Path) -> None:
    """And leaves the link in its place."""
    (shop / "link.json").symlink_to("real.json")
    (shop / "real.json").write_text("old")
    assert check("cdk.out", "--output", "json=link.json") == 0

    assert (shop / "link.json").is_symlink()
    assert json.loads((shop / "real.json").read_text())["version"] == 1


def test_suppressed_results_are_there_if_asked_for(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In SARIF."""
    write_shop(shop, acknowledged={"Shop": {"FM108": REASON}})
    counts = []
    for more in ([], ["--with-suppressed"]):
        assert check("cdk.out", "--format", "sarif", *more) == 0
        counts.append(len(json.loads(capsys.readouterr().out)["runs"][0]["results"]))

    assert counts == [0, 2]


def test_a_baseline_lets_old_findings_pass(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Written once, it fails for what is new, and says what is gone."""
    fail = ["--fail-on", "note", "--baseline", "known.json"]
    write_shop(shop, resources={WORKER: loops()})
    assert check("cdk.out", "--fail-on", "note", "--write-baseline", "known.json") == 0
    assert check("cdk.out", *fail) == 0
    write_shop(shop)
    assert check("cdk.out", *fail) == 1
    write_shop(shop, resources={OTHER: loops(RecursiveLoop="Terminate")})
    capsys.readouterr()
    assert check("cdk.out", *fail) == 0

    assert capsys.readouterr().out == (
        "Entries of the baseline to remove\n"
        "  FM108  Shop/Worker/Resource  it occurs no more\n"
        "\n"
        "nothing found in 1 resource\n"
    )


def test_a_baseline_is_brought_up_to_date_if_named_twice(shop: Path) -> None:
    """It is never overwritten otherwise."""
    both = ["--baseline", "known.json", "--write-baseline", "known.json"]
    assert check("cdk.out", "--write-baseline", "known.json") == 0
    before = (shop / "known.json").read_text()
    assert check("cdk.out", "--write-baseline", "known.json") == 2
    assert (shop / "known.json").read_text() == before
    write_shop(shop, resources={WORKER: loops()})
    assert check("cdk.out", *both) == 0

    assert "Other" not in (shop / "known.json").read_text()


def test_several_paths_are_one_architecture(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Also where an option stands between them."""
    for name in ("first", "second"):
        template = {"Resources": {name: loops()}}
        (shop / f"{name}.json").write_text(json.dumps(template, indent=1))
    assert check("first.json", "--fail-on", "error", "second.json") == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "first  first.json:3"
    assert lines[-1] == "2 warnings in 2 resources"


def test_checks_can_be_chosen(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Several at once, or one after the other, in capitals or not."""
    arguments = [
        "check",
        "cdk.out",
        "--format",
        "json",
        "--check",
        "FM101,fm108",
        "--check",
        "FM102",
    ]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["summary"]["checks"] == 3


def test_an_assembly_without_its_app_is_found(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where no path is named, and there is no app to synthesize."""
    assert check() == 0
    assert capsys.readouterr().out.startswith("Shop/Worker  app.py:4\n")


def test_an_app_is_synthesized(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Where no path is named, what is found is that of the sources, not of an old assembly."""
    (shop / "cdk.json").write_text(json.dumps({"app": f"{sys.executable} make.py"}))
    (shop / "make.py").write_text(
        "import os, pathlib, shutil\n"
        "output = pathlib.Path(os.environ['CDK_OUTDIR'])\n"
        "shutil.copytree('synthesized', output, dirs_exist_ok=True)\n"
    )
    (shop / "fresh").mkdir()
    write_shop(shop / "fresh", resources={"Shop/Fresh": loops()}).rename(shop / "synthesized")

    assert check() == 0
    assert capsys.readouterr().out.startswith("Shop/Fresh  fresh/app.py:1\n")


WRONG = {
    "nothing there": ([], "nothing to read: {shop} holds neither cdk.json nor cdk.out; "),
    "no such path": (["nowhere"], "nowhere"),
    "no such check": (["cdk.out", "--check", "FM305x"], "there is no check FM305x; expected one"),
    "no such configuration": (
        ["cdk.out", "--config", "x.toml"],
        "x.toml: there is no such configuration file",
    ),
    "no such baseline": (["cdk.out", "--baseline", "x.json"], "x.json: there is no such baseline"),
    "an output without a file": (
        ["cdk.out", "--output", "sarif"],
        "--output: found sarif, expected FORMAT=FILE, as sarif=found.sarif",
    ),
    "an output of no format": (
        ["cdk.out", "--output", "serif=x"],
        (
            "--output: found format serif, expected one of sarif, junit, json, text "
            "(did you mean sarif?)"
        ),
    ),
    "one file for two outputs": (
        ["cdk.out", "--output", "json=x", "--output", "sarif=x"],
        "--output: x is named twice; give each format its own file",
    ),
    "an output in no folder": (
        ["cdk.out", "--output", "json=no/x"],
        "no/x cannot be written: No such file or directory",
    ),
    "an unknown severity": (["cdk.out", "--fail-on", "bad"], "argument --fail-on: invalid choice"),
    "an unknown option": (
        ["cdk.out", "--formt", "json"],
        "hinagata check has no option --formt; expected one of --help, --format, --output, ",
    ),
}


@pytest.mark.parametrize(("arguments", "message"), WRONG.values(), ids=WRONG)
def test_fails_with_one_sentence(
    arguments: list[str], message: str, shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong use ends with 2, prints nothing and writes nothing."""
    if not arguments:
        (shop / "cdk.out").rename(shop / "elsewhere")
    assert main(["check", *arguments]) == 2

    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"hinagata: {message.replace('{shop}', str(shop))}")
    assert captured.err.count("\n") == 1
    assert not (shop / "x").exists()


def test_a_check_needs_no_terminals_parts(shop: Path) -> None:
    """What only a terminal or another format needs is not loaded."""
    heavy = ("aws_cdk", "boto3", "rich", "jsonschema", "xml", "importlib.metadata", "cfnlint")
    code = (
        "import sys; from hinagata.cli import main; main(['check', 'cdk.out']); "
        f"print(*(name for name in {heavy} if name in sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stderr.strip() == ""
