"""The front door: synthesizes every sample.

`python app.py`, or through the CDK CLI: `cdk synth`, `cdk deploy ConnectedCar -c cars=1000000`.
"""

import sys

from patterns import start_lean

start_lean()

from patterns import App  # noqa: E402 - the CDK comes after the start
from stacks.connected_car import ConnectedCar  # noqa: E402
from stacks.resilient_orders import ResilientOrders  # noqa: E402


def main() -> None:
    """Synthesizes into `cdk.out`, or where the CDK CLI says."""
    app = App()
    ConnectedCar(app, "ConnectedCar", cars=_cars(app.node.try_get_context("cars")))
    ResilientOrders(app, "ResilientOrders")
    app.synth()


def _cars(given: str | None) -> int:
    if given is None:
        return 1_000
    if not str(given).isdecimal() or int(given) < 1:
        sys.exit(f"cars={given}: give a number of cars, e.g. -c cars=1000000")
    return int(given)


if __name__ == "__main__":
    main()
