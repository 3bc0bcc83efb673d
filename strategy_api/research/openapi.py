"""Examples of goals and studies for the OpenAPI document."""
