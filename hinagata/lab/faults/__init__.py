"""Faults injected for real: a scenario's `faults`, at their moments, from outside of the sample.

The run writes on a board what goes wrong from when to when (`board`), after finding out what the
endpoint calls each target (`aim`). The embedded endpoint reads the board at each invocation,
delivery and request, and does it (`handler_faults`, `container_faults`, `call_faults`,
`channel_faults`, put in by `endpoint_side`). What is wrong with the services that handlers call
stands between the handlers and the endpoint (`service_faults`). The session of a run begins and
ends all of it, and says what really happened (`session`).
"""
