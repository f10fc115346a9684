"""Data that leaves, and the network inside: NAT, endpoints, addresses."""

from __future__ import annotations

from hinagata.planner.pricing.account import Charges
from hinagata.planner.pricing.field import Field, count, number
from hinagata.planner.pricing.service import Service

# Data is billed in GB of 1,024 x 1,024 KB, as the examples of API Gateway count.
_KB_PER_GB = "price.kb_per_gb"


def internet(c: Charges, gb: float) -> None:
    """Writes data that goes to the internet, whatever sends it."""
    c.add(
        "Data to the internet",
        gb,
        "price.out_gb",
        of="datatransfer",
        free=("internet", "price.free_out_gb"),
    )


_DATA: tuple[Field, ...] = (
    number("data_gb", "data processed"),
    count("messages", "or: messages that pass"),
    number("message_kb", "and their size, both ways together"),
)


def _data_gb(c: Charges) -> float:
    return c.number("data_gb") + c.gb("messages", "message_kb", _KB_PER_GB, of="apigateway")


def _data_transfer(c: Charges) -> None:
    responses = c.gb("responses", "response_kb", _KB_PER_GB, of="apigateway")
    internet(c, c.number("internet_gb") + responses)
    # Each GB is billed where it leaves and where it arrives.
    c.add("Between zones", 2 * c.number("cross_zone_gb"), "price.cross_az_gb")
    c.add("To other regions", c.number("cross_region_gb"), "price.cross_region_gb")
    c.add(
        "Between us-east-1 and us-east-2",
        c.number("us_east_to_us_east_gb"),
        "price.us_east_to_us_east_gb",
    )


DATA_TRANSFER = Service(
    name="data_transfer",
    title="Data transfer",
    facts_of="datatransfer",
    fields=(
        number("internet_gb", "data to the internet"),
        count("responses", "or: responses to clients on the internet"),
        number("response_kb", "and their size"),
        number("cross_zone_gb", "data from one availability zone to another; billed at both ends"),
        number("cross_region_gb", "data to another region"),
        number("us_east_to_us_east_gb", "data between us-east-1 and us-east-2"),
    ),
    free=("internet",),
    charge=_data_transfer,
)


def _nat(c: Charges) -> None:
    c.add("Hours", c.number("gateways") * c.hours, "price.hour", at_rest=True)
    c.add("Data processed", _data_gb(c), "price.gb")


NAT = Service(
    name="nat_gateway",
    title="NAT gateway",
    facts_of="nat",
    fields=(number("gateways", "NAT gateways, one a zone", default=1), *_DATA),
    charge=_nat,
)


def _endpoint(c: Charges) -> None:
    hours = c.number("endpoints") * c.number("zones") * c.hours
    c.add("Hours", hours, "price.interface_endpoint_h", at_rest=True)
    c.add("Data processed", _data_gb(c), "price.interface_endpoint_gb")


ENDPOINT = Service(
    name="vpc_endpoint",
    title="VPC endpoint, interface",
    facts_of="vpc",
    fields=(
        number("endpoints", "interface endpoints; gateway endpoints cost nothing", default=1),
        number("zones", "availability zones of each", default=1),
        *_DATA,
    ),
    charge=_endpoint,
)


def _ipv4(c: Charges) -> None:
    c.add("Hours", c.number("addresses") * c.hours, "price.public_ipv4_h", at_rest=True)


IPV4 = Service(
    name="public_ipv4",
    title="Public IPv4",
    facts_of="vpc",
    fields=(number("addresses", "public addresses, of load balancers and tasks too", default=1),),
    charge=_ipv4,
)

SERVICES = (DATA_TRANSFER, NAT, ENDPOINT, IPV4)
