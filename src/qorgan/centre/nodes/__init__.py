"""School nodes: who is alive, who fell silent, what is missing from their stream of messages."""
