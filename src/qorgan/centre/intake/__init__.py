"""From the link into the database: acknowledged after the commit, once, alarms first."""
