"""What PostgreSQL keeps of a generated password (RFC 5803), made here instead of by the server."""

import base64
import hashlib
import hmac
import os

# A generated secret has 256 random bits: stretching it buys nothing, and PostgreSQL's usual 4096
# rounds cost each new connection some 10 ms of a core.
_ROUNDS = 1
_SALT_BYTES = 16


def scram_entry(password: str) -> str:
    """Return ``SCRAM-SHA-256$rounds:salt$stored:server``, for ``ALTER ROLE ... PASSWORD``.

    The password must be long, random and ASCII: short ones chosen by people need more rounds, and
    others a preparation. Raises ValueError for an empty one, or one that is not ASCII.
    """
    if not password or not password.isascii():
        raise ValueError("a generated password is ASCII, and not empty")
    salt = os.urandom(_SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    salt_text, stored_text, server_text = (
        base64.b64encode(one).decode("ascii") for one in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${_ROUNDS}:{salt_text}${stored_text}:{server_text}"
