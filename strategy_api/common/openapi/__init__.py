"""The OpenAPI document and what is made of it."""
