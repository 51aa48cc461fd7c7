"""Units sent to alarms, the officer's checklists, and the papers of a case."""
