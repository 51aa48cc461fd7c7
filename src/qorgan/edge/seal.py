"""The node's half of sealing: its key, made at the first use, kept among its secrets."""

from qorgan.edge.config import Storage
from qorgan.edge.files import one_writer
from qorgan.edge.secrets import SecretStore
from qorgan.protocols.link import sealing

SECRET = "seal"  # noqa: S105 - its name


def seal_key(storage: Storage) -> str:
    """The private half. Core and recorder may ask at the same time and get the same. Raises `Corrupt`."""
    secrets = SecretStore(storage.data)
    with one_writer(storage.data / "seal.lock"):
        known = secrets.get(SECRET)
        if known is None:
            secrets.put(SECRET, known := sealing.new_private_key())
    return known
