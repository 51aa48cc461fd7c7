"""The staff's own way in: a page on a phone, served by the school's node, that works when the internet is away."""
