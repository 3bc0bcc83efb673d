"""Agents that work in turns: pure machines whose commands somebody else carries out."""
