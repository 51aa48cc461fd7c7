"""Drills of schools: `plan` says what there may be at all, `case` what is done with it, `report` what was measured."""
