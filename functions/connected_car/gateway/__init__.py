"""DeviceGateway: the container that cars talk to, and collect their commands from."""
