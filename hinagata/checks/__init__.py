"""Failure modes of an architecture: plain functions from the topology to findings."""
