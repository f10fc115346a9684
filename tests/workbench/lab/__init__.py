"""Running a sample: traffic, observation, accounting, verdicts, report."""
