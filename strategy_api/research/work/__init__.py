"""The work of studies, in a worker."""
