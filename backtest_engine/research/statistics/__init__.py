"""The statistics that decide trust: plain functions, each with its source."""
