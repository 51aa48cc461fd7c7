"""The console: the built web application, at every place that is nobody else's."""

from collections.abc import Mapping
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

# Style attributes are written by the map and by dialogs at run time; scripts come from our own files alone.
SECURITY_HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": (
        "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
        "font-src 'self'; connect-src 'self' ws: wss:; media-src 'self' blob:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# The inspection on site is a page of its own, which its service worker keeps for schools without a network. It alone
# may ask where the telephone is; a browser asks the person before it answers.
_INSPECT, _INSPECT_INDEX = "inspect", "inspect/index.html"
_INSPECT_HEADERS = {"Permissions-Policy": "camera=(), microphone=(), geolocation=(self)"}
_HASHED = "assets/"  # files whose names carry a digest of their content (Vite's `build.assetsDir`)
_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_FIRST = "no-cache"
_NOT_BUILT = """<!doctype html><html lang="kk"><meta charset="utf-8"><title>Qorgan</title>
<h1>Qorgan</h1>
<p lang="kk">Консоль әлі құрастырылмаған. Жоба бумасында <code>make web</code> іске қосыңыз.</p>
<p lang="ru">Консоль ещё не собрана. Выполните <code>make web</code> в папке проекта.</p>
<p lang="en">The console has not been built yet. Run <code>make web</code> in the project's folder.</p>
</html>
"""


class Console:
    """Serves the console: its files, and `index.html` for every place inside it (client-side routes)."""

    def __init__(self, dist: Path) -> None:
        self._index = dist / "index.html"
        self._files = StaticFiles(directory=dist, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await self._respond(scope)
        for name, value in SECURITY_HEADERS.items():
            response.headers[name] = value
        if _is_inspection(self._files.get_path(scope)):
            response.headers.update(_INSPECT_HEADERS)
        await response(scope, receive, send)

    async def _respond(self, scope: Scope) -> Response:
        if not self._index.is_file():
            return HTMLResponse(_NOT_BUILT, 503, headers={"Cache-Control": "no-store"})
        path = self._files.get_path(scope)
        try:
            return _cached(await self._files.get_response(path, scope), path)
        except HTTPException as error:
            if error.status_code != 404 or "." in path.rsplit("/", 1)[-1].lstrip("."):
                return PlainTextResponse(error.detail, error.status_code, headers=error.headers)
        if path == _INSPECT and not scope["path"].endswith("/"):
            return RedirectResponse(f"/{_INSPECT}/")  # the worker's scope begins after the slash
        index = _INSPECT_INDEX if _is_inspection(path) else "index.html"
        return _cached(await self._files.get_response(index, scope), index)


def _is_inspection(path: str) -> bool:
    return path == _INSPECT or path.startswith(f"{_INSPECT}/")


def _cached(response: Response, path: str) -> Response:
    hashed = path.startswith(_HASHED) and response.status_code in (200, 206, 304)
    response.headers["Cache-Control"] = _FOR_EVER if hashed else _ASK_FIRST
    return response
