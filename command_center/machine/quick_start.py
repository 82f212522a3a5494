"""A process that is restarted must be back soon: its imports without the garbage collector."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quick_start() -> Iterator[None]:
    """Import in here: nothing is collected meanwhile, and what stays is not looked at later.

    Modules live as long as the process; looking through them again and again while they are
    read costs a tenth of a start.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
