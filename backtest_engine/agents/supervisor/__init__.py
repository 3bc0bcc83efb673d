"""The supervisor: plays a strategy, finds what is wrong, proposes edits, and takes one that is better beyond the noise."""
