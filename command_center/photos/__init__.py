"""Residents' and crews' photos: kept as they came, shown only as we re-encoded them."""
