"""``python -m local run``, ``token`` and ``forget``."""

import argparse
import os
import sys
from pathlib import Path

from local.forget import forget
from local.options import OptionError, Options
from local.run import main
from local.tokens import SecretError, mint, secret_of


def _token(arguments: argparse.Namespace) -> int:
    options = Options.from_environment(os.environ)
    try:
        secret = secret_of(Path(options.data), options.secret)
    except SecretError as error:
        print(f"wireside: {error}", file=sys.stderr)
        return 1
    roles = [each for each in arguments.roles.split(",") if each] or ["user"]
    token, _ = mint(secret, arguments.sub, arguments.name or arguments.sub, roles)
    print(token)
    return 0


def _forget(arguments: argparse.Namespace) -> int:
    try:
        forget(Options.from_environment(os.environ), arguments.sub)
    except (OptionError, SecretError, OSError) as error:
        print(f"wireside: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("it goes on by itself")
    return 0


def _run(_arguments: argparse.Namespace) -> int:
    return main()


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="local")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run the whole system")
    token = commands.add_parser("token", help="print a token for the local run")
    token.add_argument("--sub", required=True)
    token.add_argument("--name", default="")
    token.add_argument("--roles", default="user")
    forgetting = commands.add_parser("forget", help="forget somebody in the local run")
    forgetting.add_argument("--sub", required=True)
    return parser.parse_args()


COMMANDS = {"run": _run, "token": _token, "forget": _forget}


if __name__ == "__main__":
    parsed = _parse()
    sys.exit(COMMANDS[parsed.command](parsed))
