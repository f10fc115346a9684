"""The samples of a project, by their cards: `stacks/NAME.toml`."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from hinagata.errors import HinagataError, UsageError
from hinagata.suggestion import suggest

FOLDER = "stacks"
# As in `hinagata.scenario`, which takes longer to load than a list of samples should.
SCENARIOS = "scenarios"
FIELDS = ("title", "summary", "stack", "scenario")


class CardError(HinagataError):
    """A card that cannot be used as it is written."""


@dataclass(frozen=True, kw_only=True)
class Sample:
    """What the card of a sample says.

    Attributes:
        name: the stem of the card's file, and of everything else that belongs to the sample.
        title: a few words.
        summary: a sentence.
        stack: the id of the stack.
        scenario: the scenario to run if none is named.
        scenarios: the names of all that it has, that one first.
        talk: which talk presented the system. None: none did.
    """

    name: str
    title: str
    summary: str
    stack: str
    scenario: str
    scenarios: tuple[str, ...] = ()
    talk: str | None = None


def read_samples(project: Path) -> list[Sample]:
    """Return the samples of a project, by name.

    Raises:
        UsageError: the folder is no project that has samples.
        CardError: a card cannot be read.
    """
    cards = sorted((project / FOLDER).glob("*.toml"))
    if not cards:
        raise UsageError(
            f"there is no sample here: {project / FOLDER} holds no card (*.toml); "
            "go to the folder of a project that has samples"
        )
    return [_read_card(card) for card in cards]


def find_sample(name: str, *, project: Path) -> Sample:
    """Return the sample of a name.

    Raises:
        UsageError: there is none of that name.
        CardError: a card cannot be read.
    """
    samples = {sample.name: sample for sample in read_samples(project)}
    if name not in samples:
        raise UsageError(f"there is no sample {name}; expected {suggest(name, samples)}")
    return samples[name]


def _read_card(file: Path) -> Sample:
    try:
        card = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise CardError(f"{file}: the card cannot be read: {error}") from None
    for field in FIELDS:
        if not isinstance(card.get(field), str):
            raise CardError(f"{file}: the card has no {field}; expected {field} = a text")
    if not isinstance(card.get("talk", ""), str):
        raise CardError(f"{file}: found talk = {card['talk']}, expected a text, or no talk")
    fields = {field: card[field] for field in FIELDS}
    files = (file.parents[1] / SCENARIOS / file.stem).glob("*.yaml")
    names = sorted((each.stem for each in files), key=lambda n: (n != fields["scenario"], n))
    return Sample(name=file.stem, scenarios=tuple(names), talk=card.get("talk"), **fields)
