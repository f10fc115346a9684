"""Says what an order would cost."""

import json
from typing import Any

YEN_A_PIECE = 1200


def handler(request: dict[str, Any], _context: object) -> dict[str, Any]:
    """Answer with the price of the pieces that the order names."""
    order = json.loads(request["body"])
    return {"statusCode": 200, "body": json.dumps({"yen": YEN_A_PIECE * order["pieces"]})}
