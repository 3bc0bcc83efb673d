"""Goals, their tries and seals, and studies."""
