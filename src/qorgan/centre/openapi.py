"""Write the OpenAPI description that the web client is generated from: `python -m qorgan.centre.openapi [FILE]`."""

import json
import os
import sys
from pathlib import Path

DEFAULT = Path("web/openapi.json")


def describe() -> str:
    """The description as committed: sorted, indented, one newline at the end."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "qorgan.centre.settings")
    import django

    django.setup()
    from qorgan.centre.api import api

    schema = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/"), default=str))
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> None:
    target = Path(arguments[0]) if arguments else DEFAULT
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(describe(), encoding="utf-8")
    print(f"wrote {target}")


if __name__ == "__main__":
    main(sys.argv[1:])
