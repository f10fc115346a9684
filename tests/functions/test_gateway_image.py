"""The device gateway's image has what this repository is tested with."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_image_is_built_from_the_pinned_versions() -> None:
    """Every requirement of the image, with its hashes, is one that the tests ran with."""
    house = (ROOT / "requirements.txt").read_text()
    image = (ROOT / "functions/connected_car/gateway/requirements.txt").read_text()
    pins = re.findall(r"^([a-z0-9-]+==\S+) \\\n((?: +--hash=\S+(?: \\)?\n)+)", image, re.MULTILINE)

    assert {pin.split("==")[0] for pin, _ in pins} >= {"starlette", "uvicorn", "boto3"}
    for pin, hashes in pins:
        assert re.search(rf"^{re.escape(pin)}\b[^\n]*\n{re.escape(hashes)}", house, re.MULTILINE), (
            pin
        )
