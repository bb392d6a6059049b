"""Files that were made to be downloaded, sent by the server from the disk: Streamlit's own way holds them in memory."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from streamlit import config

from calscope.jobs.job_folder import find_job
from calscope.jobs.manager import Job
from calscope.pipeline.store import default_store

_PATH = "made"
_GONE = "This file is no longer there: it was removed, or its run was forgotten. Make it again on the page Share."
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def routes() -> list[Route]:
    """Give what the server answers beside the pages."""
    base = str(config.get_option("server.baseUrlPath") or "").strip("/")
    return [Route(f"/{base}/{_PATH}/{{job}}/{{name}}" if base else f"/{_PATH}/{{job}}/{{name}}", send)]


def send(request: Request) -> Response:
    """Send the file that a job made; as a download whatever it is, so that no page of somebody's runs here."""
    folder = find_job(default_store().jobs, request.path_params["job"])
    file = folder.made_file() if folder else None
    if file is None or file.name != request.path_params["name"]:
        return PlainTextResponse(_GONE, 404, _HEADERS)
    return FileResponse(file, headers=_HEADERS, media_type="application/octet-stream", filename=file.name)


def address_of(job: Job, name: str) -> str:
    """Give the address of a file that a job made, as a link on a page has it: also where the pages lie in a folder."""
    return f"{_PATH}/{job.id}/{quote(name)}"
