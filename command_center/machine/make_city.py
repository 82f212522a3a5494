"""A child of `run`: makes the demo city once and prints its one-time passwords as JSON.

A process of its own, because it loads much that the supervisor never needs again.
"""

import json
import os
import sys

from command_center.demo import city
from command_center.machine.doors import database_url
from command_center.problem import Problem
from command_center.settings import read_settings
from grid.store.postgis import make_engine


def main() -> int:
    """Make the city when the database has none; the passwords go to standard output."""
    settings = read_settings(os.environ)
    engine = make_engine(database_url(settings, "cc_admin"), role="cc_admin")
    try:
        passwords = city.ensure(
            engine,
            data=settings.data,
            language=settings.language,
            told=lambda text: print(text, file=sys.stderr, flush=True),
        )
    except Problem as problem:
        print(problem.told(settings.language), file=sys.stderr)
        return 1
    finally:
        engine.dispose()
    print(json.dumps(passwords))
    return 0


if __name__ == "__main__":
    sys.exit(main())
