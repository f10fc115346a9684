"""Reserved concurrency is a guarantee as well as a cap.

The emulator caps a function at its reservation but lets all the others use the whole account's
concurrency, so that a storm elsewhere starves the very function that was to be protected.
On AWS a reservation is taken out of the pool the others share.
"""

from typing import Any

from hinagata.lab.patches.patch import Patch, emulator_module


def _apply() -> None:
    service = emulator_module("services.lambda_svc")
    plain_acquire = service._acquire_execution_slot

    def acquire(func: Any, config: Any) -> tuple[str | None, str | None]:
        limit = service._ACCOUNT_CONCURRENCY_CAP
        if limit <= 0:  # unbounded
            return plain_acquire(func, config)  # type: ignore[no-any-return]
        reserved = service._reserved_concurrency(func, config)
        key = service._inflight_key(config)
        reservations = _reservations(service)
        with service._inflight_lock:
            in_flight: dict[str, int] = service._inflight
            if reserved is not None:
                if in_flight.get(key, 0) >= reserved:
                    return None, "function"
            else:
                account = key.rpartition(":")[0]  # and region: each has a pool of its own
                shared = sum(
                    number
                    for name, number in in_flight.items()
                    if name.startswith(account) and name not in reservations
                )
                if shared >= limit - sum(reservations.values()):
                    return None, "account"
            in_flight[key] = in_flight.get(key, 0) + 1
            service._inflight_total += 1
        return key, None

    service._acquire_execution_slot = acquire


def _reservations(service: Any) -> dict[str, int]:
    """Return the reservation of each function that has one, by the key its executions count under."""
    found: dict[str, int] = {}
    for record in service._functions.values():
        reserved = service._reserved_concurrency(record, record["config"])
        if reserved is not None:
            found[service._inflight_key(record["config"])] = reserved
    return found


PATCH = Patch(
    name="reserved-concurrency",
    promise="a function's reserved concurrency is taken out of what the other functions share",
    symbols=(
        "ministack.services.lambda_svc:_acquire_execution_slot",
        "ministack.services.lambda_svc:_ACCOUNT_CONCURRENCY_CAP",
        "ministack.services.lambda_svc:_reserved_concurrency",
        "ministack.services.lambda_svc:_inflight_key",
        "ministack.services.lambda_svc:_inflight_lock",
        "ministack.services.lambda_svc:_inflight_total",
        "ministack.services.lambda_svc:_inflight",
        "ministack.services.lambda_svc:_functions",
    ),
    apply=_apply,
)
