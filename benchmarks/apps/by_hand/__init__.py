"""With the standard library, structlog and pydantic alone: the floor."""
