"""The stylesheet, the script and the icon: read once, named by their content, kept by browsers for good."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent / "static"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    body: bytes
    content_type: str
    version: str


class Assets:
    """Every file of a folder."""

    def __init__(self, folder: Path) -> None:
        self._files: Mapping[str, Asset] = {path.name: _read(path) for path in folder.iterdir() if path.suffix in TYPES}

    def address(self, name: str) -> str:
        """Where the file is; changes with its content."""
        return f"/static/{name}?v={self._files[name].version}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """The file; kept for good by whoever asked for this version."""
        asset = self._files.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        exact = request.query.get("v") == asset.version
        return web.Response(
            body=asset.body,
            content_type=asset.content_type,
            charset="utf-8",
            headers={"Cache-Control": "public, max-age=31536000, immutable" if exact else "no-cache"},
        )


def _read(path: Path) -> Asset:
    body = path.read_bytes()
    return Asset(body, TYPES[path.suffix], hashlib.sha256(body).hexdigest()[:12])


ASSETS = Assets(FOLDER)
