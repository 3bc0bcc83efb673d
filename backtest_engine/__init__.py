"""Plain-English trading strategies: generated, executed in a sandbox, diagnosed and repaired.

This package is plain Python: it knows no web framework, reads no settings and no environment. Import the
module you need; the package itself imports nothing, because strategy code imports it inside the sandbox.
"""
