"""The service as a fleet: on real PostgreSQL and Redis, under load, and with processes that are killed."""
