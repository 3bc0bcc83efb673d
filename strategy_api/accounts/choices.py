"""What a token may do."""

from django.db.models import TextChoices


class TokenScope(TextChoices):
    """What a token may do; each scope includes the ones before it."""

    READ = "read", "read: look at everything of its user"
    RUN = "run", "run: also change strategies and start work"
    ADMIN = "admin", "admin: also tokens, and what staff may do to others' objects"

    @classmethod
    def up_to(cls, scope: str) -> list[str]:
        """Return a scope with those that it includes."""
        return cls.values[: cls.values.index(scope) + 1]
