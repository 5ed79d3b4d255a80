"""How an answer goes out: whole, slowly, cut short, reset, too large."""
import asyncio
import email.utils
import functools
import gzip
import io
import socket
import struct
import time

from aiohttp import web

from .badjson import bend
from .protocol import Reply

CHUNK = 1 << 16
REASONS = {200: "OK", 302: "Found"}


async def send(request, reply, fault):
    """Send the reply, with the fault on the way if there is one."""
    if fault is None:
        return whole(reply)
    return await FAULTS[fault.kind](request, reply, fault)


def whole(reply):
    """The reply as it should be."""
    headers = dict(reply.headers)
    headers["Content-Type"] = reply.ctype
    return web.Response(status=reply.status, body=reply.body,
                        headers=headers)


def _raw_head(reply, length):
    """A response's head, made by hand so that it may lie."""
    headers = dict(reply.headers)
    headers["Content-Type"] = reply.ctype
    headers["Content-Length"] = str(length)
    lines = ["HTTP/1.1 %d %s" % (reply.status,
                                 REASONS.get(reply.status, "Fault"))]
    lines += ["%s: %s" % pair for pair in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _write(request, data):
    if request.transport is not None:
        request.transport.write(data)


def _over(request):
    """The connection is finished; aiohttp is told by an exception that it
    handles without a word."""
    if request.transport is not None:
        request.transport.close()
    raise asyncio.CancelledError


def _is_there(request):
    """Whether the client has not hung up."""
    return request.transport is not None and \
        not request.transport.is_closing()


async def _until_gone(request, seconds):
    """Wait, but not longer than the client does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end and _is_there(request):
        await asyncio.sleep(min(0.1, max(0, end - time.monotonic())))


async def _status(_request, _reply, fault):
    retry = fault.get("retry_after")
    if retry == "date":
        retry = email.utils.formatdate(
            time.time() + fault.get("seconds", 2), usegmt=True)
    headers = {} if retry is None else {"Retry-After": str(retry)}
    return whole(Reply(fault.get("text", "no\n"), "text/plain",
                       fault.get("code", 503), headers))


async def _stall(request, reply, fault):
    _write(request, _raw_head(reply, len(reply.body)) +
           reply.body[:len(reply.body) // 2])
    await _until_gone(request, fault.get("seconds", 600))
    return _over(request)


async def _slow(request, reply, fault):
    await _until_gone(request, fault.get("seconds", 1))
    return whole(reply)


async def _drip(request, reply, fault):
    data = _raw_head(reply, len(reply.body)) + reply.body
    size = fault.get("bytes", 64)
    for at in range(0, len(data), size):
        if not _is_there(request):
            break
        _write(request, data[at:at + size])
        await asyncio.sleep(fault.get("seconds", 0.02))
    return _over(request)


async def _reset(request, _reply, _fault):
    sock = request.transport.get_extra_info("socket")
    if sock is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
    request.transport.abort()
    return _over(request)


async def _truncate(request, reply, _fault):
    _write(request, _raw_head(reply, len(reply.body)) +
           reply.body[:len(reply.body) // 2])
    return _over(request)


async def _length(request, reply, fault):
    length = max(0, len(reply.body) + fault.get("delta", 100))
    _write(request, _raw_head(reply, length) + reply.body)
    return _over(request)


@functools.lru_cache(maxsize=4)
def _packed_zeros(size):
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=6) as out:
        for _ in range(size // CHUNK):
            out.write(bytes(CHUNK))
    return packed.getvalue()


async def _bomb(_request, reply, fault):
    packed = _packed_zeros(fault.get("size", 1 << 28))
    return whole(Reply(packed, reply.ctype,
                       headers={"Content-Encoding": "gzip"}))


async def _huge(request, _reply, fault):
    response = web.StreamResponse()
    await response.prepare(request)
    try:
        for _ in range(fault.get("size", 1 << 28) // CHUNK):
            await response.write(b" " * CHUNK)
            if fault.get("seconds"):
                await asyncio.sleep(fault.get("seconds"))
    except ConnectionError:
        return _over(request)
    return response


async def _html(_request, _reply, _fault):
    return whole(Reply("<!DOCTYPE html><html><body><h1>We'll be right back"
                       "</h1></body></html>", "text/html"))


async def _garbage(_request, _reply, _fault):
    return whole(Reply(b"\x80\xff{[" * 50, "application/octet-stream"))


async def _body(_request, reply, fault):
    body = bytes.fromhex(fault.get("hex")) if fault.get("hex") else \
        fault.get("text", "").encode()
    return whole(Reply(body, fault.get("ctype", reply.ctype)))


async def _json(_request, reply, fault):
    return whole(Reply(bend(reply.body, fault), reply.ctype))


async def _headers(request, reply, fault):
    line = b"X-%s: %s\r\n" % (
        b"flood", b"x" * max(0, fault.get("size", 16) - 11))
    head, _, rest = _raw_head(reply, len(reply.body)).partition(b"\r\n")
    _write(request, head + b"\r\n")
    left = fault.get("lines", 100000)
    while left > 0 and _is_there(request):
        some = min(left, max(1, CHUNK // len(line)))
        _write(request, line * some)
        left -= some
        await asyncio.sleep(0)
    _write(request, rest + reply.body)
    return _over(request)


async def _loris(request, _reply, fault):
    _write(request, b"HTTP/1.1 200 OK\r\n")
    while _is_there(request):
        _write(request, b"X-Wait: 1\r\n")
        await _until_gone(request, fault.get("seconds", 1))
    return _over(request)


async def _redirect(request, _reply, fault):
    return whole(Reply("", "text/plain", fault.get("code", 302), {
        "Location": fault.get("location", str(request.rel_url) + "?again")}))


FAULTS = {"status": _status, "stall": _stall, "slow": _slow, "drip": _drip,
          "reset": _reset, "truncate": _truncate, "length": _length,
          "bomb": _bomb, "huge": _huge, "html": _html, "garbage": _garbage,
          "redirect": _redirect, "loris": _loris, "headers": _headers,
          "body": _body, "json": _json}
