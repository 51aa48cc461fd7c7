"""Clock, ids, errors, backoff: what every other part stands on. Standard library only."""
