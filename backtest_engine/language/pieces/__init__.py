"""Typed pieces of a description, found anywhere in it: values, conditions, actions, protection, sizes."""
