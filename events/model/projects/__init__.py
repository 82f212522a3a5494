"""Projects: work that goes through stages over weeks, each stage with an owner and a limit."""
