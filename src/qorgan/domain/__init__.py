"""The rules of school safety: pure functions and values, no input or output."""
