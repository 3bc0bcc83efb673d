"""What a number is worth: searches that count their tries, and the evidence beside a result."""
