"""TCP listeners for stations that speak HJ 212 or SL 651."""

from iot_ingest.listeners.limits import Limits
from iot_ingest.listeners.listeners import Address, CannotListen, Listeners

__all__ = ["Address", "CannotListen", "Limits", "Listeners"]
