"""What the emulator does not do as AWS does, and its cure: one idea a module, each with a name.

A patch changes the emulator from outside, in the process that serves it. It names the symbols it
replaces, so that another version of the emulator is noticed at the start and not in a wrong
result, and it can be left out by name, so that its effect can be shown. The promises are what a
run may report as its fidelity.
"""

from collections.abc import Iterable
from importlib import import_module

from hinagata.errors import HinagataError, UsageError
from hinagata.lab.patches import (
    alarms,
    alias_weights,
    archives,
    asynchronous_invocation,
    batched_attributes,
    bus_routes,
    iot_actions,
    load_balancer,
    log_delivery,
    mapping_concurrency,
    message_move,
    mobile_push,
    own_code,
    pipe_sources,
    push_permissions,
    queue_batches,
    read_units,
    request_validation,
    reserved_concurrency,
    rule_dead_letters,
    secret_reference,
    secure_transport,
    service_metrics,
    stream_failures,
    table_stream_failures,
    topic_redrive,
    trace_header,
    warm_invoke,
    workflow_errors,
)
from hinagata.lab.patches.patch import Patch
from hinagata.suggestion import suggest

# Names of patches to leave out, separated by commas, for `python -m hinagata.lab.launcher`.
WITHOUT_VARIABLE = "HINAGATA_LAB_WITHOUT"

PATCHES: tuple[Patch, ...] = (
    warm_invoke.PATCH,
    own_code.PATCH,
    asynchronous_invocation.PATCH,
    stream_failures.PATCH,
    table_stream_failures.PATCH,
    mapping_concurrency.PATCH,
    queue_batches.PATCH,
    batched_attributes.PATCH,
    message_move.PATCH,
    topic_redrive.PATCH,
    rule_dead_letters.PATCH,
    pipe_sources.PATCH,
    iot_actions.PATCH,
    log_delivery.PATCH,
    workflow_errors.PATCH,
    alias_weights.PATCH,
    service_metrics.PATCH,
    alarms.PATCH,
    trace_header.PATCH,
    load_balancer.PATCH,
    reserved_concurrency.PATCH,
    read_units.PATCH,
    secret_reference.PATCH,
    secure_transport.PATCH,
    request_validation.PATCH,
    bus_routes.PATCH,
    archives.PATCH,
    mobile_push.PATCH,
    push_permissions.PATCH,
)


def apply_patches(without: Iterable[str] = ()) -> None:
    """Apply every patch that is not left out, after checking what each one replaces."""
    excluded = frozenset(without)
    known = [patch.name for patch in PATCHES]
    for name in sorted(excluded.difference(known)):
        raise UsageError(f"there is no patch {name!r}: {suggest(name, known)}")
    for patch in PATCHES:
        if patch.name not in excluded:
            refuse_missing_symbols(patch)
            patch.apply()


def refuse_missing_symbols(patch: Patch) -> None:
    """Raise HinagataError if the emulator no longer has what `patch` replaces."""
    for symbol in patch.symbols:
        module_name, _, attributes = symbol.partition(":")
        found: object = import_module(module_name)
        for attribute in attributes.split("."):
            found = getattr(found, attribute, None)
        if found is None:
            raise HinagataError(
                f"the patch {patch.name} replaces {symbol}, which this emulator does not have: "
                "re-check the patch against the installed ministack"
            )
