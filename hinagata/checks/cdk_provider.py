"""The functions that checks leave out: see `hinagata.topology.cdk_provider`."""

from hinagata.topology.cdk_provider import providers

__all__ = ["providers"]
