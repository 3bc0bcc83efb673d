"""Goals and studies over HTTP."""
