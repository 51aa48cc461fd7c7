"""Radio buttons through an MQTT 5 broker at the school."""
