"""What the centre says a camera should see, left for the analyst: core itself decodes no picture."""

from pathlib import Path

from qorgan.edge.files import replace_file
from qorgan.protocols.link.commands import ViewWish
from qorgan.protocols.link.messages import encode


def leave_for_analyst(views: Path, wish: ViewWish) -> None:
    """A picture to compare with, or (without one) an order to forget. Durable when it returns.

    The file is found by `analyst.approved.ApprovedView`; a newer wish of that camera and period replaces it.
    """
    folder = views / "approved"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    replace_file(folder / f"{wish.camera}.{wish.period}.new", encode(wish), mode=0o600)
