"""Three layouts of a table for what devices report, beside each other."""
