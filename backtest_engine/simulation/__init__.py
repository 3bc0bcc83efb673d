"""How orders are filled: one broker for the strategy's process, the trusted replay and whatever fills orders later."""
