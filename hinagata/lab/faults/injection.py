"""A fault with its target by the endpoint's name and its times by the clock."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self

from hinagata.scenario.fault import Inject


class Kind(StrEnum):
    """What a fault strikes, and by which of its names it is known."""

    ACCOUNT = "account"  # no name
    FUNCTION = "function"  # its name
    CONTAINER = "container"  # the ARN of its target group
    LOAD_BALANCER = "load_balancer"  # its name
    API = "api"  # its id
    QUEUE = "queue"  # its name
    TOPIC = "topic"  # its ARN
    STREAM = "stream"  # its name
    BUS = "bus"  # its name
    TABLE = "table"  # its name
    BUCKET = "bucket"  # its name
    WORKFLOW = "workflow"  # its ARN
    OUTSIDE = "outside"  # its name in the scenario


@dataclass(frozen=True, kw_only=True)
class Place:
    """One thing that a fault strikes."""

    kind: Kind
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class Injection:
    """A fault of the scenario at one place.

    Attributes:
        number: of the fault in the scenario, from 0.
        inject: what happens.
        place: what it happens to.
        begin: when, in seconds since the epoch.
        end: until when; None for one that strikes once.
        rate: the share that it strikes.
        seed: what its choices derive from.
        delay_seconds: how much later a slow place answers.
        limit: how many functions run at once.
    """

    number: int
    inject: Inject
    place: Place
    begin: float
    end: float | None = None
    rate: float = 1.0
    seed: str = ""
    delay_seconds: float = 0.0
    limit: int | None = None

    def is_on(self, now: float) -> bool:
        """Return whether it has begun and is not over."""
        return self.begin <= now and (self.end is None or now < self.end)

    def to_object(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)

    @classmethod
    def from_object(cls, value: Mapping[str, Any]) -> Self:
        """Read what `to_object` returned."""
        place = Place(kind=Kind(value["place"]["kind"]), name=value["place"]["name"])
        return cls(**{**value, "inject": Inject(value["inject"]), "place": place})
