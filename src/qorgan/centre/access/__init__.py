"""People, roles, scopes; the ledger of who watched what; grants."""
