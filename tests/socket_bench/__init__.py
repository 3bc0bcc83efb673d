"""Sockets measured on real processes: a server, a producer, a crowd of clients, and beside them the floor."""
