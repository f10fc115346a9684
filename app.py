"""The front door: synthesizes every sample, or those that are named.

`python app.py`, or through the CDK CLI: `cdk synth`, `cdk deploy ConnectedCar -c cars=1000000`.
"""

from patterns import App  # first: it chooses the Node that jsii starts
from stacks.connected_car import ConnectedCar


def main() -> None:
    """Synthesizes into `cdk.out`, or where the CDK CLI says."""
    app = App()
    cars = app.node.try_get_context("cars")
    ConnectedCar(app, "ConnectedCar", **({"cars": int(cars)} if cars else {}))
    app.synth()


if __name__ == "__main__":
    main()
