"""Headers that keep what alerts contain, and what other sites try, out of the browser."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp import web

from oncall.web.keys import engine_of

#: Nothing inline, nothing from elsewhere: text of an alert that slips into markup still can do nothing.
POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self'; "
    "connect-src 'self'; "
    "manifest-src 'self'; "
    "form-action 'self'; "
    "base-uri 'none'; "
    "frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Addresses of incidents, and one-time links, stay here.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
YEAR = 365 * 24 * 3600


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """Put them on every answer, just before it leaves (also on streams and errors)."""
    # Which software in which version answers is nobody's business.
    response.headers.pop("Server", None)
    if response.status == HTTPStatus.ACCEPTED:
        return  # an answer without a body to a program: there is nothing to keep out of a browser
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-store")
    if engine_of(request).settings.address.startswith("https://"):
        response.headers.setdefault("Strict-Transport-Security", f"max-age={YEAR}")
