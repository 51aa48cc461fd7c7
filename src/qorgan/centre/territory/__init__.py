"""Regions, districts and operations centres: where everything lies and who answers for it."""
