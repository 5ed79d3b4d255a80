"""A mail server that keeps what it gets, by aiosmtpd."""
from aiosmtpd.controller import Controller

from .helpers import free_port


class Inbox:
    """Listens on loopback; `mails` are envelopes, oldest first."""

    def __init__(self):
        self.mails = []
        self.controller = Controller(self, hostname="127.0.0.1",
                                     port=free_port(), enable_SMTPUTF8=True)
        self.url = "smtp://127.0.0.1:%d" % self.controller.port

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    async def handle_DATA(self, _server, _session, envelope):
        """Called by aiosmtpd for each mail."""
        self.mails.append(envelope)
        return "250 kept"
