"""From an event to a closed ticket: departments, deadlines, ledger, notices, accounts."""
