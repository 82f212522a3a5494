"""The broker's password entries, in the format of Mosquitto's password file."""

import base64
import hashlib

# A device's secret is random and long: stretching it buys nothing, and this many keeps the
# start of a broker with 100,000 devices short. (The figure of mosquitto_passwd itself.)
_ROUNDS = 101


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
