"""Power cuts on paper: what a recorder wrote and synced is noted, and disks as a cut may leave them are tried."""
