"""The HTTP server: logs under path prefixes, and the control endpoint.

/rfc6962/ct/v1/... and /static/...   the log without a name
/NAME/rfc6962/... and /NAME/static/...   the other logs
/NAME/both/...   both protocols under one prefix, as some logs have it
/control/...   JSON; what it can do stands in CONTROL below
"""
import asyncio
import base64
import collections
import re
import time
import urllib.parse

from aiohttp import web

from . import wire
from .keys import TlsAuthority
from .log import Log
from .mint import Mint
from .protocol import Ask, answer, as_json, refuse
from .proxy import Proxy, Trap

LOG_PATH = re.compile(r"(?:/(?P<log>[a-z0-9-]+))?/"
                      r"(?P<api>rfc6962|static|both)/(?P<rest>.*)$")
CONTROL_PATH = re.compile(r"/control/(?P<verb>[a-z]+)"
                          r"(?:/(?P<log>[a-z0-9-]+))?$")
JOURNAL = 50000     # requests remembered for each log


class Server:
    """All logs of one process, on one port or several."""

    def __init__(self):
        self.mint = Mint()
        self.tls = None
        self.contexts = []
        self.logs = {}
        self.ports = {}     # number: a Proxy or a Trap
        self.base_url = None
        app = web.Application(client_max_size=256 << 20)
        app.router.add_route("*", "/{tail:.*}", self.handle)
        self.runner = web.AppRunner(app, access_log=None)

    async def open(self, host="127.0.0.1", port=0, tls=None):
        """Listen; returns the base URL."""
        if not self.base_url:
            await self.runner.setup()
        context = None
        if tls:
            self.tls = self.tls or TlsAuthority()
            context = self.tls.context(tls)
            self.contexts.append(context)
        site = web.TCPSite(self.runner, host, port, ssl_context=context,
                           reuse_address=True)
        await site.start()
        port = self.runner.addresses[-1][1]
        url = "%s://%s:%d" % ("https" if tls else "http", host, port)
        self.base_url = self.base_url or url
        return url

    def rotate(self):
        """New TLS certificates for whoever connects from now on."""
        for context in self.contexts:
            self.tls.renew(context, "valid")

    async def close(self):
        """Stop listening and forget everything."""
        for port in self.ports.values():
            await port.close()
        await self.runner.cleanup()

    def add_log(self, spec):
        """A new log; `share_key` and `fork_of` name other logs."""
        name = spec.get("name", "")
        if name in self.logs:
            raise ValueError("there is a log of this name")
        if "share_key" in spec:
            spec["key_object"] = self.logs[spec["share_key"]].key
        log = Log(name, self.mint, spec.get("base_url", self.base_url), spec)
        log.journal = collections.deque(maxlen=JOURNAL)
        if "fork_of" in spec:
            log.copy_entries(self.logs[spec["fork_of"]], spec["fork_at"])
            log.publish()
        self.logs[name] = log
        return log

    async def handle(self, request):
        """Any request."""
        match = CONTROL_PATH.match(request.path)
        if match:
            return await self.control(request, match)
        match = LOG_PATH.match(request.path)
        log = self.logs.get(match.group("log") or "") if match else None
        if log is None:
            return wire.whole(refuse(404, "no such log"))
        return await self.serve(request, log, match)

    async def serve(self, request, log, match):
        """A request to a log."""
        if request.method != "GET":
            return wire.whole(refuse(405, "only GET"))
        api, rest = match.group("api"), match.group("rest")
        if api == "both":
            api = "rfc6962" if rest.startswith("ct/v1/") else "static"
        ask = Ask(api, rest, request.query,
                  "gzip" in request.headers.get("Accept-Encoding", ""))
        meaning, on_the_way = log.faults.pick(ask)
        view = log
        for fault in meaning:
            if fault.kind == "view":
                view = self.logs[fault.get("log")]
        reply = answer(view, ask, meaning)
        log.served[ask.what] += 1
        log.journal.append({
            "at": time.time(), "path": ask.path, "what": ask.what,
            "query": request.query_string, "status": reply.status,
            "fault": on_the_way.kind if on_the_way else None,
            "user_agent": request.headers.get("User-Agent", "")})
        return await wire.send(request, reply, on_the_way)

    async def control(self, request, match):
        """A request to the control endpoint."""
        verb, name = match.group("verb"), match.group("log")
        act = CONTROL.get((request.method, verb))
        if act is None:
            return wire.whole(refuse(404, "no such control"))
        spec = await request.json() if request.body_exists else {}
        spec.update(request.query)
        if name == "default":
            name = ""
        if name is not None and name not in self.logs:
            return wire.whole(refuse(404, "no such log"))
        try:
            reply = act(self, self.logs.get(name), spec)
            if asyncio.iscoroutine(reply):
                reply = await reply
        except (ValueError, KeyError, TypeError) as wrong:
            return wire.whole(refuse(400, "%s: %s" % (
                type(wrong).__name__, wrong)))
        return wire.whole(as_json(reply))


# --- what /control/VERB[/LOG] does ------------------------------------------
# The log without a name is called "default" there.

def _new_log(server, _log, spec):
    log = server.add_log(spec)
    log.append(spec.get("specs", []))
    log.publish()
    return log.describe()


def _logs(server, log, _spec):
    if log:
        return log.describe()
    return [each.describe() for each in server.logs.values()]


def _remove(server, log, _spec):
    del server.logs[log.name]
    return {}


def _append(_server, log, spec):
    new = log.append(spec["specs"])
    if spec.get("publish", True):
        log.publish()
    return {"size": log.head.size, "entries": [e.truth() for e in new]}


def _publish(_server, log, spec):
    log.publish(spec.get("size"))
    return log.describe()


def _options(_server, log, spec):
    log.set_options(spec)
    return log.options


def _add_fault(_server, log, spec):
    return log.faults.add(spec).describe()


def _faults(_server, log, _spec):
    return [f.describe() for f in log.faults.faults]


def _clear_faults(_server, log, spec):
    log.faults.clear(int(spec["id"]) if "id" in spec else None)
    return {}


def _truth(_server, log, spec):
    return {"log": log.describe(), "entries": log.truth("all" in spec)}


def _requests(_server, log, _spec):
    return list(log.journal)


async def _listen(server, _log, spec):
    return {"url": await server.open(port=spec.get("port", 0),
                                     tls=spec.get("tls")),
            "ca_pem": server.tls.pem if server.tls else None}


def _rotate(server, _log, _spec):
    server.rotate()
    return {}


async def _proxy(server, _log, spec):
    """A new proxy to `to` (this server, if not given), or knobs of the one
    at `port`."""
    if "port" in spec:
        proxy = server.ports[int(spec.pop("port"))]
        await proxy.apply(spec)
    else:
        to = urllib.parse.urlsplit(spec.pop("to", server.base_url))
        proxy = Proxy(to.hostname, to.port, spec)
        await proxy.apply({})
        server.ports[proxy.port] = proxy
    return {"port": proxy.port, "knobs": proxy.knobs}


def _proxy_counts(server, _log, spec):
    return server.ports[int(spec["port"])].counts


async def _trap(server, _log, spec):
    trap = Trap(spec.get("how", "trap"))
    await trap.open()
    server.ports[trap.port] = trap
    return {"port": trap.port}


def _trapped(server, _log, spec):
    return server.ports[int(spec["port"])].asked


def _mint(server, _log, spec):
    minted = server.mint.mint(spec)
    return {"tbs": base64.b64encode(minted.tbs).decode(),
            "precertificate":
                base64.b64encode(minted.precertificate).decode(),
            "final": base64.b64encode(minted.final).decode(),
            "tbs_sha256": minted.family.hex()}


def _log_list(server, _log, spec):
    """logs=NAME:API,NAME:API in the form of a log list, version 3."""
    operators = collections.OrderedDict()
    for item in spec["logs"].split(","):
        name, api = item.split(":")
        log = server.logs["" if name == "default" else name]
        operator = operators.setdefault(log.options["operator"], {
            "name": log.options["operator"], "email": ["ct@fake.test"],
            "logs": [], "tiled_logs": []})
        operator["tiled_logs" if api == "static" else "logs"].append(
            log.list_entry(api))
    return {"version": "1.0", "log_list_timestamp": time.strftime(
        "%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "operators": list(operators.values())}


CONTROL = {
    ("POST", "logs"): _new_log, ("GET", "logs"): _logs,
    ("DELETE", "logs"): _remove,
    ("POST", "append"): _append, ("POST", "publish"): _publish,
    ("POST", "options"): _options,
    ("POST", "faults"): _add_fault, ("GET", "faults"): _faults,
    ("DELETE", "faults"): _clear_faults,
    ("GET", "truth"): _truth, ("GET", "requests"): _requests,
    ("POST", "listen"): _listen, ("POST", "mint"): _mint,
    ("POST", "rotate"): _rotate,
    ("GET", "loglist"): _log_list,
    ("POST", "proxy"): _proxy, ("GET", "proxy"): _proxy_counts,
    ("POST", "trap"): _trap, ("GET", "trap"): _trapped,
}
