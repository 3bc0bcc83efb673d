"""Runs strategies that nobody trusts: a locked child returns orders, and only orders."""
