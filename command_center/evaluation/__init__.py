"""The evaluation beside its page: the pack of formulas, and the monthly report as files."""
