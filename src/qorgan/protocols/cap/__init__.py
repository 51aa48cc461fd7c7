"""CAP 1.2 (OASIS Common Alerting Protocol): what other services are told of alarms and actions. No I/O."""
