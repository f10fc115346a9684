"""What a simulation at the talk's size, and a run, say of each sample: docs/records.

`python -m tests.recorded_samples` writes all of them anew, which takes a quarter of an hour; with
names of samples, and with `simulation` or `run`, only those.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hinagata.catalogue.material.architecture import read_architecture
from hinagata.catalogue.material.cards import Card, read_sample_cards
from hinagata.catalogue.material.records import FOLDER, files_of
from hinagata.report.figure import draw_svg
from hinagata.report.palette import DARK, LIGHT, variables
from hinagata.samples import SCENARIOS
from hinagata.scenario import read_scenario
from hinagata.simulator.as_text import show_duration
from hinagata.simulator.ending import sentences
from hinagata.simulator.page import figure
from hinagata.simulator.simulation import Simulation, simulate

REPOSITORY = Path(__file__).parents[1]
# How large the talks' systems were, where the samples are smaller.
SIZES = {"connected_car": {"cars": "1000000"}, "hvac_platform": {"devices": "5000000"}}
# Ten minutes of a day; more cannot be told apart on a page.
_BINS = 144
_WIDTH = 720
_STYLE = r' style="([^"]*)"'


def simulated(card: Card, assembly: Path) -> tuple[dict[str, Any], str]:
    """A simulation of a sample at its talk's size: what is recorded of it, and its plots."""
    file = REPOSITORY / SCENARIOS / card.name / f"{card.scenario}.yaml"
    scenario = read_scenario(file, project=REPOSITORY)
    simulation = simulate(read_architecture(card, assembly), scenario, checked=False)
    context = "".join(f" -c {key}={value}" for key, value in SIZES.get(card.name, {}).items())
    template = f"cdk.out/{card.stack}.template.json"
    record = {
        "on": _today(),
        "commands": [
            f"cdk synth {card.stack}{context}",
            f"hinagata simulate {template} --scenario {card.scenario} --no-check",
        ],
        "says": f"{show_duration(simulation.outcome.duration_s)} by the "
        f"{simulation.choice.engine} engine: {simulation.choice.reason}",
        "seconds": round(simulation.seconds, 1),
        "expectations": _expectations(
            [vars(each) for each in simulation.verdicts if each.met is not None]
        ),
        "held_back": list(sentences(simulation.network, simulation.outcome)),
    }
    return record, _plot(simulation)


def ran(card: Card) -> dict[str, Any]:
    """A run of a sample on this machine."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "run.json")
        ended = subprocess.run(
            [sys.executable, "-m", "hinagata", "run", card.name, "--output", f"json={file}"],
            cwd=REPOSITORY,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if not file.is_file():
            sys.exit(f"hinagata run {card.name} ended with {ended.returncode} and no result")
        said = json.loads(file.read_text(encoding="utf-8"))
    sent, accepted, lost = (
        sum(each[name] if name != "lost" else len(each[name]) for each in said["sources"])
        for name in ("sent", "accepted", "lost")
    )
    return {
        "on": _today(),
        "commands": [f"hinagata run {card.name}"],
        "says": f"{sent:,} messages sent, {accepted:,} accepted, {lost:,} lost",
        "seconds": round(said["took_ms"] / 1000, 1),
        "expectations": _expectations(said["expectations"]),
    }


def _expectations(said: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {name: each[name] for name in ("about", "expected", "observed", "met")} for each in said
    ]


def _plot(simulation: Simulation) -> str:
    svg = draw_svg(figure(simulation, most=_BINS), name="simulation")
    dark = f"@media (prefers-color-scheme: dark){{svg{{{variables(DARK)}}}}}"
    begin, mark, rest = svg.partition(">")
    # A picture has a size of its own, so that it can be scrolled where there is no room for it.
    width, height = (float(each) for each in begin.split('viewBox="')[1].split('"')[0].split()[2:])
    size = f' width="{_WIDTH}" height="{_WIDTH * height / width:.0f}"'
    return small(f"{begin}{size}{mark}<style>svg{{{variables(LIGHT)}}}{dark}</style>{rest}") + "\n"


def small(svg: str) -> str:
    """The same picture in half the bytes.

    Places are in tenths of a point, what nothing refers to has no name, each style is said once.
    """
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r">\s+<", "><", svg)
    svg = re.sub(r' (d|x|y)="[^"]*"', _in_tenths, svg)
    used = set(re.findall(r"#([\w-]+)", svg))
    svg = re.sub(r'(<g) id="([\w-]+)"', lambda g: g[0] if g[2] in used else g[1], svg)
    names = {
        style: f"s{number}" for number, style in enumerate(dict.fromkeys(re.findall(_STYLE, svg)))
    }
    svg = re.sub(_STYLE, lambda each: f' class="{names[each[1]]}"', svg)
    rules = "".join(f".{name}{{{style}}}" for style, name in names.items())
    return svg.replace("</style>", f"{rules}</style>", 1)


def _in_tenths(places: re.Match[str]) -> str:
    return " " + re.sub(r"(\.\d)\d+", r"\1", " ".join(places[0].split()))


def _synthesize(folder: Path) -> Path:
    context = {key: value for sizes in SIZES.values() for key, value in sizes.items()}
    environment = os.environ | {
        "CDK_OUTDIR": str(folder),
        "CDK_CONTEXT_JSON": json.dumps(context),
        "HINAGATA_FAILURE_MODES": "off",
    }
    subprocess.run([sys.executable, "app.py"], cwd=REPOSITORY, env=environment, check=True)
    return folder


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _write(card: Card, part: str, record: dict[str, Any]) -> None:
    file, _ = files_of(REPOSITORY, card.name)
    said = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    said[part] = record
    text = json.dumps(said, indent=2, ensure_ascii=False, sort_keys=True)
    file.write_text(f"{text}\n", encoding="utf-8")
    sys.stdout.write(f"{card.name}: {part}, {record['says']}\n")
    sys.stdout.flush()


def main(asked: list[str]) -> None:
    """Records what is asked for; all of it where nothing is named."""
    parts = [part for part in ("simulation", "run") if part in asked] or ["simulation", "run"]
    names = [name for name in asked if name not in parts]
    cards = [card for card in read_sample_cards(REPOSITORY) if not names or card.name in names]
    (REPOSITORY / FOLDER).mkdir(exist_ok=True)
    if "simulation" in parts:
        with tempfile.TemporaryDirectory() as folder:
            assembly = _synthesize(Path(folder, "cdk.out"))
            for card in cards:
                record, plot = simulated(card, assembly)
                files_of(REPOSITORY, card.name)[1].write_text(plot, encoding="utf-8")
                _write(card, "simulation", record)
    if "run" in parts:
        for card in cards:
            _write(card, "run", ran(card))


if __name__ == "__main__":
    main(sys.argv[1:])
