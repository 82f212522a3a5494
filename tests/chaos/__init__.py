"""Proof that ingest loses nothing: it is killed under load, hundreds of times (`scripts/chaos`)."""
