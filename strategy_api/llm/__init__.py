"""Language models: which are asked, with whose keys, and what they cost."""
