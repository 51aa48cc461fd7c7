"""Errors of the gateway over HTTP: problem documents (RFC 9457) in the form of the whole API."""

from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import JSONResponse

from qorgan.centre.gateway.school import NodeSilent, Refused
from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound, QorganError, Rejected, Unavailable

_STATUS: tuple[tuple[type[QorganError], HTTPStatus], ...] = (
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (NodeSilent, HTTPStatus.GATEWAY_TIMEOUT),
    (Rejected, HTTPStatus.BAD_REQUEST),
    (Exhausted, HTTPStatus.SERVICE_UNAVAILABLE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
_SCHOOL_SAYS = {
    "not_recorded": HTTPStatus.NOT_FOUND,
    "not_found": HTTPStatus.NOT_FOUND,
    "forbidden": HTTPStatus.FORBIDDEN,
    "contents.too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "coverage.too_long": HTTPStatus.UNPROCESSABLE_ENTITY,
    "invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "onvif.invalid_value": HTTPStatus.UNPROCESSABLE_ENTITY,
    "onvif.not_supported": HTTPStatus.NOT_FOUND,
    "onvif.wrong_password": HTTPStatus.CONFLICT,
    "camera.wrong_password": HTTPStatus.CONFLICT,
    "camera.bad_url": HTTPStatus.UNPROCESSABLE_ENTITY,
    "camera.unknown": HTTPStatus.NOT_FOUND,
    "config.key_taken": HTTPStatus.CONFLICT,
    "setup.in_use": HTTPStatus.CONFLICT,
    "setup.no_profile": HTTPStatus.CONFLICT,
    "setup.not_yours": HTTPStatus.FORBIDDEN,
    "setup.key": HTTPStatus.UNPROCESSABLE_ENTITY,
    "seal.broken": HTTPStatus.CONFLICT,
    "hold.invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "hold.not_yours": HTTPStatus.FORBIDDEN,
    "hold.unknown": HTTPStatus.NOT_FOUND,
}


class NotSignedIn(Rejected):
    code = "not_signed_in"


class TooOften(Exhausted):
    """Asked for more often than is good for others: 429."""

    code = "too_often"


def problem(error: QorganError) -> JSONResponse:
    """The answer for an error. A school's refusal becomes what it would be had we refused ourselves."""
    status = _status(error)
    body = {"code": error.code, "title": status.phrase, "detail": str(error), "status": int(status)}
    return JSONResponse(body, status, media_type="application/problem+json", headers={"Cache-Control": "no-store"})


async def on_error(_: Request, error: Exception) -> JSONResponse:
    """For Starlette's `exception_handlers`."""
    assert isinstance(error, QorganError)
    return problem(error)


def _status(error: QorganError) -> HTTPStatus:
    if isinstance(error, NotSignedIn):
        return HTTPStatus.UNAUTHORIZED
    if isinstance(error, TooOften):
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, Refused):
        if error.code.startswith("grant."):
            return HTTPStatus.FORBIDDEN
        return _SCHOOL_SAYS.get(error.code, HTTPStatus.SERVICE_UNAVAILABLE)
    found = (status for kind, status in _STATUS if isinstance(error, kind))
    return next(found, HTTPStatus.INTERNAL_SERVER_ERROR)
