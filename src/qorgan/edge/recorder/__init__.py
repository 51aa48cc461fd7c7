"""Every camera into the archive, and live fragments to whoever may watch."""
