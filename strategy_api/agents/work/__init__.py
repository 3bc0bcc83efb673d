"""What workers do for conversations."""
