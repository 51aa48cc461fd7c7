"""What a school and its operations centre say to each other over NATS."""
