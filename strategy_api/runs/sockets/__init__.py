"""Sockets: many topics over one connection, and the two sockets of the seeds over the same hub."""
