"""What brokers keep of a password: Mosquitto's entry, and NATS's after a blank.

Both are made when a device gets its secret, because only then it is known; a device that was
registered before NATS was has Mosquitto's alone.
"""

import base64
import hashlib

import bcrypt

# A device's secret is random and long: stretching it buys nothing, and these keep the start of a
# broker with 100,000 devices short. (101 is the figure of mosquitto_passwd itself, 4 the least
# that bcrypt knows.)
_ROUNDS = 101
_COST = 4


def hash_password(password: str, *, salt: bytes) -> str:
    """Return ``$7$rounds$salt$key``: PBKDF2-HMAC-SHA512, as mosquitto_passwd writes it.

    ``salt`` is 12 random bytes: Mosquitto 2.0 takes no other length. The password must be long
    and random: short ones chosen by people need more rounds. Raises ValueError for a salt of
    another length or an empty password.
    """
    if len(salt) != 12:
        raise ValueError("a salt has 12 bytes")
    if not password:
        raise ValueError("a password is not empty")
    key = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _ROUNDS)
    encoded = (base64.b64encode(part).decode("ascii") for part in (salt, key))
    return f"$7${_ROUNDS}${'$'.join(encoded)}"


def bcrypt_password(password: str) -> str:
    """Return ``$2b$04$...``, which NATS takes; of more than 72 bytes bcrypt raises ValueError."""
    if not password:
        raise ValueError("a password is not empty")
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode("ascii")


def entry_of(password: str, *, salt: bytes) -> str:
    """Return both entries, as they are stored for a device."""
    return f"{hash_password(password, salt=salt)} {bcrypt_password(password)}"


def mosquitto_entry(entry: str) -> str:
    """Return the part of a stored entry that Mosquitto reads."""
    return entry.partition(" ")[0]


def nats_entry(entry: str) -> str | None:
    """Return the part of a stored entry that NATS reads; None when it has none."""
    return entry.partition(" ")[2] or None
