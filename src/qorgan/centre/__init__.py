"""The operations centre: Django rooms, gateway, intake, jobs."""
