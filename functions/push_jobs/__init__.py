"""Handlers of the sample push_jobs: messages from a system outside of AWS to phones."""
