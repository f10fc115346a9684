"""The workbench: a sample's traffic is changed, and plan, price and simulation answer."""
