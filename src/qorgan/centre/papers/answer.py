"""A paper as the answer of a route."""

from django.http import HttpResponse

PDF = {
    "responses": {
        200: {
            "description": "PDF/A-2b",
            "content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        }
    }
}


def pdf(paper: bytes, name: str) -> HttpResponse:
    """Shown in the browser, saved under `name` (ASCII); never kept by a cache on the way."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Cache-Control": "no-store"}
    return HttpResponse(paper, content_type="application/pdf", headers=headers)
