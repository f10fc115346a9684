"""Reserved concurrency is a guarantee as well as a cap, also when a template asks for it.

The emulator ignores the reservation of a function that comes from a template. One that was made by
a call caps its function, but lets all the others use the whole account's concurrency, so that a
storm elsewhere starves the very function that was to be protected. On AWS a reservation is taken
out of the pool the others share.
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
    handlers = emulator_module("services.cloudformation.provisioners")._RESOURCE_HANDLERS
    functions = handlers["AWS::Lambda::Function"]
    plain = dict(functions)

    def reserve(name: str, properties: Any) -> None:
        reserved = properties.get("ReservedConcurrentExecutions")
        service._functions[name]["concurrency"] = None if reserved is None else int(reserved)

    def create(logical_id: str, properties: Any, stack_name: str) -> Any:
        name, attributes = plain["create"](logical_id, properties, stack_name)
        reserve(name, properties)
        return name, attributes

    def update(name: str, old: Any, new: Any, *args: Any) -> Any:
        name, attributes = plain["update"](name, old, new, *args)
        reserve(name, new)
        return name, attributes

    functions.update(create=create, update=update)


def _reservations(service: Any) -> dict[str, int]:
    """Return each reservation, by the key under which the function's executions are counted."""
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
        "ministack.services.cloudformation.provisioners:_RESOURCE_HANDLERS",
    ),
    apply=_apply,
)
