"""Stand-ins for libraries that strategies import and the sandbox does not have: numbers alike, charts silent."""
