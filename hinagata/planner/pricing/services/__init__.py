"""Every service that a usage file may name."""

from hinagata.planner.pricing.service import Service
from hinagata.planner.pricing.services import (
    compute,
    events,
    messaging,
    network,
    operations,
    storage,
    streams,
    web,
)

SERVICES: dict[str, Service] = {
    service.name: service
    for room in (compute, web, messaging, events, streams, storage, network, operations)
    for service in room.SERVICES
}
