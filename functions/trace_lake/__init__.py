"""Photos that pass through everything: one trace over an API, queues, a workflow and a bucket."""
