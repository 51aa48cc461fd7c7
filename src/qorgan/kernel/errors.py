"""The tree of errors. The branch says who can help; the code is stable and becomes API code and translation key."""


class QorganError(Exception):
    """The root. `code` is stable: API code, translation key, metric label."""

    code = "internal"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(message)
        if code is not None:
            self.code = code


class Rejected(QorganError):
    """The caller can fix it: 4xx, shown to the user."""

    code = "rejected"


class Invalid(Rejected):
    code = "invalid"


class Forbidden(Rejected):
    code = "forbidden"


class NotFound(Rejected):
    code = "not_found"


class Conflict(Rejected):
    code = "conflict"


class Unavailable(QorganError):
    """The world may recover: retried with backoff."""

    code = "unavailable"


class LinkDown(Unavailable):
    code = "link.down"


class CameraUnreachable(Unavailable):
    code = "camera.unreachable"


class Exhausted(QorganError):
    """We are full: load is shed and operators are told."""

    code = "exhausted"


class Corrupt(QorganError):
    """A promise was broken: stop, keep the evidence."""

    code = "corrupt"
