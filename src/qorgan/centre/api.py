"""The HTTP API of the centre: rooms' routers under `/api`, and one form for everything that goes wrong."""

import logging
from http import HTTPStatus
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.views.defaults import page_not_found
from ninja import NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from qorgan import __version__
from qorgan.centre.access.api import router as access
from qorgan.centre.access.door import SignedIn
from qorgan.centre.alarms.api import router as alarms
from qorgan.centre.attestation.api import router as attestation
from qorgan.centre.cameras.api import router as cameras
from qorgan.centre.dispatch.api import router as dispatch
from qorgan.centre.drills.api import router as drills
from qorgan.centre.duty.api import router as duty
from qorgan.centre.frames.api import router as frames
from qorgan.centre.inspections.api import router as inspections
from qorgan.centre.journals.api import router as journals
from qorgan.centre.nodes.api import router as nodes
from qorgan.centre.norms.api import router as norms
from qorgan.centre.notices.api import router as notices
from qorgan.centre.plans.api import router as plans
from qorgan.centre.quality.api import router as quality
from qorgan.centre.remarks.api import router as remarks
from qorgan.centre.reports.api import router as reports
from qorgan.centre.rollcall.api import router as rollcall
from qorgan.centre.schools.api import router as schools
from qorgan.centre.supervision.api import router as supervision
from qorgan.centre.viewlinks.api import router as viewlinks
from qorgan.kernel.errors import Conflict, Exhausted, Forbidden, Invalid, NotFound, QorganError, Rejected, Unavailable

log = logging.getLogger(__name__)
STATUS: tuple[tuple[type[QorganError], HTTPStatus], ...] = (
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Conflict, HTTPStatus.CONFLICT),
    (Rejected, HTTPStatus.BAD_REQUEST),
    (Exhausted, HTTPStatus.SERVICE_UNAVAILABLE),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)


class Health(Schema):
    """The process answers, and so does its database."""

    status: str
    version: str


api = NinjaAPI(
    title="Qorgan: operations centre",
    version=__version__,
    auth=SignedIn(),
    docs_url=None,  # a reader of the API has the committed file; no scripts from elsewhere
    openapi_url="/openapi.json",
    urls_namespace="api",
)
ROUTERS = (
    access,
    schools,
    cameras,
    nodes,
    alarms,
    dispatch,
    duty,
    supervision,
    notices,
    viewlinks,
    plans,
    frames,
    remarks,
    inspections,
    quality,
    norms,
    drills,
    journals,
    rollcall,
    attestation,
    reports,
)
for router in ROUTERS:
    api.add_router("", router)


@api.get("/health", response=Health, auth=None, operation_id="get_health")
def get_health(request: HttpRequest) -> Health:
    """Liveness. Anybody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return Health(status="ok", version=__version__)


def problem(request: HttpRequest, code: str, status: HTTPStatus, detail: str) -> HttpResponse:
    body: dict[str, Any] = {"code": code, "title": status.phrase, "detail": detail, "status": int(status)}
    response = api.create_response(request, body, status=status)
    response["Content-Type"] = "application/problem+json"
    return response


@api.exception_handler(QorganError)
def our_error(request: HttpRequest, error: QorganError) -> HttpResponse:
    for kind, status in STATUS:
        if isinstance(error, kind):
            return problem(request, error.code, status, str(error))
    raise error  # Corrupt and whatever has no branch is a bug: the outer handler logs it


@api.exception_handler(AuthenticationError)
def not_signed_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return problem(request, "not_signed_in", HTTPStatus.UNAUTHORIZED, "sign in first")


@api.exception_handler(ValidationError)
def not_in_form(request: HttpRequest, error: ValidationError) -> HttpResponse:
    fields = "; ".join(f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors[:10])
    return problem(request, "invalid", HTTPStatus.UNPROCESSABLE_ENTITY, fields)


@api.exception_handler(HttpError)
def refused_by_ninja(request: HttpRequest, error: HttpError) -> HttpResponse:
    status = HTTPStatus(error.status_code)
    code = "csrf" if status is HTTPStatus.FORBIDDEN else f"http.{int(status)}"
    return problem(request, code, status, str(error))


@api.exception_handler(Http404)
def no_such_thing(request: HttpRequest, error: Http404) -> HttpResponse:
    return problem(request, "not_found", HTTPStatus.NOT_FOUND, "there is nothing here")


def nothing_there(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own 404, for paths that no route has: in the API's form under `/api`, its usual page elsewhere."""
    if request.path.startswith("/api/"):
        return no_such_thing(request, Http404())
    return page_not_found(request, exception)


@api.exception_handler(Exception)
def bug(request: HttpRequest, error: Exception) -> HttpResponse:
    """The root of this unit of work: logged with its traceback, told without it."""
    log.exception("request.crashed", extra={"path": request.path})
    return problem(request, "internal", HTTPStatus.INTERNAL_SERVER_ERROR, "the centre failed; it was logged")
