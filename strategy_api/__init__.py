"""The Django side: a package of apps, each a subject with its own models, services, views and admin."""
