"""The verbs of events: one transaction each, by an actor, with its ledger entry."""
