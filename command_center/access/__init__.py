"""Session to actor, and one declared permission for every route and every callback."""
