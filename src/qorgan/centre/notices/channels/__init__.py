"""The channels: each takes one delivery and either it arrived, or it says why not."""
