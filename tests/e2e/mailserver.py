"""A mail server (aiosmtpd) with STARTTLS and AUTH, and what it was sent; a
certificate that is its own authority."""
import datetime
import email
import email.policy
import ipaddress
import ssl

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from .helpers import free_port

USER, PASSWORD = "ct", "correct horse battery staple"


def certificate(path, name="localhost", days=30):
    """A certificate for localhost and 127.0.0.1 with its key, as a file."""
    # OpenSMTPD 6.8 fails with a key of another kind under OpenSSL 3.
    key = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.utcnow()
    made = x509.CertificateBuilder(
        subject, subject, key.public_key(), x509.random_serial_number(),
        now - datetime.timedelta(days=100), now + datetime.timedelta(days=days)
    ).add_extension(x509.SubjectAlternativeName(
        [x509.DNSName(name), x509.IPAddress(
            ipaddress.ip_address("127.0.0.1"))]), False
    ).add_extension(x509.BasicConstraints(True, None), True
                    ).sign(key, hashes.SHA256())
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()) +
        made.public_bytes(serialization.Encoding.PEM))
    return path


class Mail:
    """One mail as it was received."""

    def __init__(self, envelope):
        self.sender = envelope.mail_from
        self.recipients = envelope.rcpt_tos
        self.raw = envelope.content
        self.utf8 = envelope.smtp_utf8
        self.message = email.message_from_bytes(
            self.raw, policy=email.policy.default)

    def part(self, kind):
        """The decoded text of its text/plain or text/html part."""
        return self.message.get_body((kind,)).get_content()

    def link(self):
        """The link that is to be opened."""
        link, = [line for line in self.part("plain").splitlines()
                 if line.startswith("http")]
        return link

    def token(self):
        """The token in it."""
        return self.link().partition("confirm?t=")[2]


class MailServer:
    """`with MailServer(tls=certificate(...)) as mails`."""

    def __init__(self, tls=None, login=True, host="127.0.0.1", **options):
        self.mails = []
        self.tried = []         # recipients, also of those refused
        self.refuse = []        # replies to the next recipients; None: good
        self.refuse_data = []   # replies to the next mails
        self.heard = []         # commands, in whatever state
        if tls is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tls)
            options.update(tls_context=context, require_starttls=True)
        if tls is not None and login:
            options.update(auth_required=True, authenticator=self._login)
        self.port = free_port()
        self.url = "smtp://%s:%d" % (host, self.port)
        self.controller = Controller(self, hostname="127.0.0.1",
                                     port=self.port, **options)

    def __enter__(self):
        self.controller.start()
        return self

    def __exit__(self, *_):
        self.controller.stop()

    @staticmethod
    def _login(_server, _session, _envelope, _mechanism, data):
        good = (data.login, data.password) == (
            USER.encode(), PASSWORD.encode())
        return AuthResult(success=good, handled=False)

    # aiosmtpd finds these by their names.
    async def handle_MAIL(self, _server, _session, envelope, address, options):
        """A sender."""
        self.heard.append("MAIL")
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_NOOP(self, _server, _session, _envelope, _arg):
        """Nothing."""
        self.heard.append("NOOP")
        return "250 OK"

    async def handle_RCPT(self, _server, _session, envelope, address,
                          _options):
        """A recipient: refused as was asked for."""
        self.tried.append(address)
        refused = self.refuse.pop(0) if self.refuse else None
        if refused is not None:
            return refused
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope):
        """A whole mail."""
        if self.refuse_data:
            return self.refuse_data.pop(0)
        self.mails.append(Mail(envelope))
        return "250 2.0.0 OK"
