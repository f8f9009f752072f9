"""Front-end packages from web/node_modules: curves and the typeface."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_from_directory

from or_robot.share import share

blueprint = Blueprint("vendor", __name__, url_prefix="/vendor")

PACKAGES = {"uplot": "uplot/dist", "font": "@fontsource-variable/noto-sans-kr"}
_A_DAY_S = 86_400


@blueprint.get("/<package>/<path:name>")
def file(package: str, name: str) -> Response:
    """404 for everything that `make setup` has not fetched; the page then does without."""
    if package not in PACKAGES:
        abort(404)
    folder = share("web").resolve() / "node_modules" / PACKAGES[package]
    return send_from_directory(folder, name, max_age=_A_DAY_S)
