"""The front door: synthesizes every sample.

`python app.py`, or through the CDK CLI: `cdk synth`, `cdk deploy ConnectedCar -c cars=1000000`.
"""

from patterns import start_lean

start_lean()

from patterns import App  # noqa: E402 - the CDK comes after the start
from stacks.connected_car import ConnectedCar  # noqa: E402


def main() -> None:
    """Synthesizes into `cdk.out`, or where the CDK CLI says."""
    app = App()
    cars = app.node.try_get_context("cars")
    ConnectedCar(app, "ConnectedCar", **({"cars": int(cars)} if cars else {}))
    app.synth()


if __name__ == "__main__":
    main()
