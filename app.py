"""The front door: `python app.py`, or `cdk deploy ConnectedCar -c cars=1000000`."""

import sys

import patterns

patterns.start_lean()

from stacks.connected_car import ConnectedCar  # noqa: E402 - the CDK comes after the start
from stacks.hvac_platform import HvacPlatform  # noqa: E402
from stacks.order_events import LoyaltyPoints, OrderEvents  # noqa: E402
from stacks.push_jobs import PushJobs  # noqa: E402
from stacks.resilient_orders import ResilientOrders  # noqa: E402
from stacks.trace_lake import TraceLake  # noqa: E402


def main() -> None:
    """Synthesizes into `cdk.out`, or where the CDK CLI says."""
    app = patterns.App()
    asked = app.node.try_get_context
    ConnectedCar(app, "ConnectedCar", cars=_number("cars", asked("cars") or 1_000))
    devices, layout = _number("devices", asked("devices") or 5_000), asked("layout") or "building"
    HvacPlatform(app, "HvacPlatform", devices=devices, layout=layout)
    order_events = OrderEvents(app, "OrderEvents")
    if asked("loyalty"):
        LoyaltyPoints(app, "LoyaltyPoints", orders=order_events.orders)
    PushJobs(app, "PushJobs", credentials=asked("push_credentials"))
    ResilientOrders(app, "ResilientOrders")
    TraceLake(app, "TraceLake")
    app.synth()


def _number(name: str, given: object) -> int:
    if not str(given).isdecimal() or int(str(given)) < 1:
        sys.exit(f"{name}={given}: give a number of {name}, e.g. -c {name}=1000000")
    return int(str(given))


if __name__ == "__main__":
    main()
