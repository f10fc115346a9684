"""A request counts as made over TLS.

The endpoint speaks HTTP on the loopback interface, where there is nothing to encrypt against, and
policies that deny what comes without TLS would deny everything. Handlers on AWS come over TLS by
default; a client that does not is not found out here.
"""

from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module

KEY = "aws:securetransport"


def _apply() -> None:
    evaluator = emulator_module("core.iam_evaluator")
    plain_resolve = evaluator._resolve_condition_key

    def resolve(key: str, context: Any) -> Any:
        return "true" if key.lower() == KEY else plain_resolve(key, context)

    evaluator._resolve_condition_key = resolve


PATCH = Patch(
    name="secure-transport",
    promise="a policy that denies what comes without TLS lets the loopback endpoint's callers in",
    symbols=("ministack.core.iam_evaluator:_resolve_condition_key",),
    apply=_apply,
)
