"""The first user and the first token; and every other one that an operator makes."""

import getpass
import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from strategy_api.accounts.choices import TokenScope
from strategy_api.accounts.models import Token
from strategy_api.accounts.serializers import MAX_TOKEN_DAYS


class Command(BaseCommand):
    """Make a token for a user, and the user too when there is none of that name; the last line is the token."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("username")
        parser.add_argument("--name", default="made by an operator", help="what the token is for")
        parser.add_argument("--scope", choices=TokenScope.values, default=TokenScope.RUN.value)
        parser.add_argument("--days", type=int, default=90, help=f"until it expires, at most {MAX_TOKEN_DAYS}")
        parser.add_argument("--staff", action="store_true", help="the user may see everything and use the admin")
        parser.add_argument("--superuser", action="store_true", help="the user may change everything in the admin")
        parser.add_argument("--password", action="store_true", help="give the user a password: asked for, or piped in")

    @transaction.atomic
    def handle(self, *_: Any, **said: Any) -> None:
        """Make what is missing."""
        if not 1 <= said["days"] <= MAX_TOKEN_DAYS:
            raise CommandError(f"A token lasts 1 to {MAX_TOKEN_DAYS} days.")
        user, created = User.objects.get_or_create(username=said["username"])
        if created:
            user.set_unusable_password()
        if said["staff"] or said["superuser"]:
            user.is_staff = True
            user.is_superuser = user.is_superuser or said["superuser"]
        if said["password"]:
            user.set_password(_new_password(user))
        user.save()
        token = Token.objects.create(
            user=user, name=said["name"], scope=said["scope"], expiry=timedelta(days=said["days"])
        )[1]
        self.stderr.write(
            f"{'New user' if created else 'User'} {user.username}, scope {said['scope']}. Shown this once:"
        )
        self.stdout.write(token)


def _new_password(user: User) -> str:
    password = getpass.getpass("Password: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    try:
        validate_password(password, user)
    except ValidationError as error:
        raise CommandError(" ".join(error.messages)) from error
    return password
