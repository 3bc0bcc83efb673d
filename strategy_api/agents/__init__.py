"""Agents: conversations about strategies."""
