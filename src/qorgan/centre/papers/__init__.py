"""Papers: PDF made by typst from a template of ours and data. What people wrote is data, and never markup."""
