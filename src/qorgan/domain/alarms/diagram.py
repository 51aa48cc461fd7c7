"""The diagram of an alarm's states, drawn from the table: what stands in `docs/design/alarms.md`.

`python -m qorgan.domain.alarms.diagram FILE` puts it into FILE, between its two marks.
"""

import sys
from pathlib import Path

from qorgan.domain.alarms.case import NEXT
from qorgan.domain.alarms.words import State

BEGIN, END = "<!-- drawn from qorgan.domain.alarms.NEXT -->", "<!-- end of the drawing -->"


def mermaid() -> str:
    """The table as a Mermaid state diagram, an arrow for each pair of states; then the steps that change no state."""
    arrows: dict[tuple[State, State], list[str]] = {}
    for (state, step), following in NEXT.items():
        arrows.setdefault((state, following), []).append(step.value)
    order = list(State)
    lines = ["```mermaid", "stateDiagram-v2", f"    [*] --> {State.STORED}"]
    for (state, following), steps in sorted(arrows.items(), key=lambda item: tuple(map(order.index, item[0]))):
        if state is not following:
            lines.append(f"    {state} --> {following}: {', '.join(sorted(steps))}")
    lines += [f"    {State.REVIEWED} --> [*]", "```", "", "Steps that change what stands beside the state:", ""]
    for state in State:
        beside = arrows.get((state, state), [])
        if beside:
            lines.append(f"- `{state}`: {', '.join(sorted(beside))}")
    return "\n".join(lines)


def drawn_into(text: str) -> str:
    """The document with the drawing between its marks as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{mermaid()}\n\n{END}{after}"


def main(arguments: list[str]) -> None:
    (file,) = map(Path, arguments)
    file.write_text(drawn_into(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
