"""The workbench: find failure modes, size, simulate and run serverless architectures."""
