"""What may be asked for, and what is shown."""
