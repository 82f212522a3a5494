"""The verbs about projects: outfalls and sites being rectified, root causes being looked for."""
