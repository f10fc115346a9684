"""Ingest: of all that devices report, write what has changed."""

from collections.abc import Sequence

from hvac_platform.reports import Address, Value, Values, read_report
from hvac_platform.tables import layout
from pattern_runtime import aws, each_batch

aws.prepare("dynamodb")


def store(reports: Sequence[Values]) -> None:
    """Write the data items that reports change; what is as it was costs nothing.

    What is there is read first: a condition on the write would be paid for even where it fails
    (DynamoDB developer guide, "Capacity unit consumption"). The reports of a device come in one
    partition of the stream, so nobody else writes what was read meanwhile.
    """
    facts = {"reports": len(reports), "reported": sum(map(len, reports))}
    with layout("store", facts) as table:
        newest = _newest(reports)
        known = table.known(newest)
        table.write(changed(newest, known), known)
        facts["new"] = sum(address not in known for address in newest)


def _newest(reports: Sequence[Values]) -> dict[Address, list[Value]]:
    """Return what the reports say of each data item, by the devices' clocks."""
    said: dict[Address, list[Value]] = {}
    for report in reports:
        for address, value in report.items():
            said.setdefault(address, []).append(value)
    for values in said.values():
        values.sort(key=lambda value: value.time)
    return said


def changed(said: dict[Address, list[Value]], known: Values) -> dict[Address, Value]:
    """Return what is to be written: for each data item its last change, if there is one.

    A report that is older than what is kept came late, or again, and changes nothing.
    """
    found: dict[Address, Value] = {}
    for address, values in said.items():
        kept = known.get(address)
        for value in values:
            last = found.get(address, kept)
            if last is None or (value.time > last.time and value.text != last.text):
                found[address] = value
    # There and back again within a batch: nothing has changed.
    return {
        address: value
        for address, value in found.items()
        if address not in known or value.text != known[address].text
    }


handler = each_batch(read_report, store)
