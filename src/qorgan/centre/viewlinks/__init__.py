"""Links by which a player that cannot sign in (VLC, a phone) plays one stretch of one recording for a while."""
