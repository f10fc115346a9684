"""Figures and pages, without a run or a simulation behind them."""
