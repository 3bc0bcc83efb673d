"""Who asks, what their token allows, and requests that may be sent twice."""
