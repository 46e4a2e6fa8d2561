"""Check a skill that is uploaded as a zip, and create a container with it."""

from __future__ import annotations

from typing import Annotated

import openai
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool

import skillpack

MAX_UPLOAD_BYTES = 10_000_000
SETTINGS = skillpack.Settings()  # no settings file is read; an upload cannot bring its own

app = FastAPI()


def api() -> openai.AsyncOpenAI:
    """Return the client; its key comes from OPENAI_API_KEY."""
    return openai.AsyncOpenAI()


async def uploaded(request: Request) -> bytes:
    """Read the body of a request, and stop as soon as it is too large."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_UPLOAD_BYTES:
            raise HTTPException(413, f"the zip has more than {MAX_UPLOAD_BYTES:,} bytes")
    return bytes(data)


def pack(data: bytes) -> skillpack.Bundle:
    """Return the skill in a zip, packed again, or refuse it with the problems that were found."""
    try:
        return skillpack.pack(data, settings=SETTINGS)
    except skillpack.RejectedError as error:
        raise HTTPException(422, skillpack.to_dict(error.report)) from None
    except skillpack.SkillpackError as error:  # not a zip, or not one that can be read
        raise HTTPException(422, str(error)) from None


@app.post("/skills", status_code=201)
async def create(
    data: Annotated[bytes, Depends(uploaded)], client: Annotated[openai.AsyncOpenAI, Depends(api)]
) -> dict[str, str]:
    """Create a container with the uploaded skill."""
    bundle = await run_in_threadpool(pack, data)
    body = skillpack.container(bundle.name, [bundle], expires_after=20, settings=SETTINGS)
    try:
        container = await client.containers.create(**body)
    except openai.APIError as error:
        raise HTTPException(502, f"the API did not create a container: {error.message}") from None
    return {"container": container.id, "skill": bundle.name, "digest": bundle.digest}
