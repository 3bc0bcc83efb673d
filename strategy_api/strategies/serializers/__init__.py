"""Strategies and backtests: requests, query strings and what is shown."""
