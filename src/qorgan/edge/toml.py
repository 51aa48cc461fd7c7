"""Values as TOML 1.0 writes them. The standard library reads TOML and does not write it."""


def to_toml(value: object) -> str:
    """A TOML 1.0 value of a string, a truth value, a number, a list of strings or a table of strings."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {to_toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(to_toml(item) for item in value) + "]"
    return '"' + "".join(_character(character) for character in str(value)) + '"'


def _character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    return f"\\u{ord(character):04X}" if character < " " or character == "\x7f" else character
