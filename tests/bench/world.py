"""A log to measure with, on disk, and nginx in front of it.

Its entries are as large and as varied as those of the real logs: mostly
host names in several hundred certificates of different make, with a serial
number of their own, three in a hundred about a person. Everything is a full
tile; pages have 1,000 entries.
"""
import gzip
import json
import os
import random
import subprocess
import time

from cryptography.hazmat.primitives.asymmetric import rsa

from tests.e2e.helpers import die_with_parent, free_port
from tests.fakelog import entry as entries
from tests.fakelog.files import write_log
from tests.fakelog.keys import LogKey, TlsAuthority, spki
from tests.fakelog.log import OPTIONS, Head
from tests.fakelog.mint import Mint, Minted
from tests.fakelog.tree import Tree, tile_path

TILE = 256
PAGE = 1000
TEMPLATES = 512
PLACEHOLDER = bytes((0x5A,)) * 16
CHAIN = (1290, 1380)    # bytes of the issuers' certificates
BEGIN_MS = 1700000000000
PERCENT_PRECERTS = 58
PERCENT_RSA = 75
PEOPLE = 3      # in a hundred


class BenchLog:
    """A log whose entries are made when they are written."""

    def __init__(self, origin, size, seed=1):
        self.chance = random.Random(seed)
        self.mint = Mint()
        self.key = LogKey("p256")
        self.origin = origin
        self.options = dict(OPTIONS)
        self.chain = [self.chance.randbytes(n) for n in CHAIN]
        self.templates = [self._template(k) for k in range(TEMPLATES)]
        self.kinds = [self.chance.random() * 100 < PERCENT_PRECERTS
                      for _ in range(TEMPLATES)]
        self.entries = self
        self.size = size
        self.tree = Tree()
        for index in range(size):
            self.tree.append(self.make(index).hash)
        self.head = Head(self, size, self.tree.root(),
                         int(time.time() * 1000))

    def _template(self, number):
        """One certificate of everyday, with a key that only looks it."""
        mint, chance = self.mint, self.chance
        ec_key = mint.subject_key
        if chance.random() * 100 < PERCENT_RSA:
            mint.subject_key = spki(rsa.RSAPublicNumbers(
                65537, chance.getrandbits(2047) | 1 << 2047 | 1
            ).public_key())
        spec = self._person(number) \
            if number % 100 < PEOPLE else self._hosts(number)
        spec["serial"] = PLACEHOLDER.hex()
        minted = mint.mint(spec)
        mint.subject_key = ec_key
        return minted

    def _hosts(self, number):
        count = self.chance.choice([1, 2, 2, 2, 2, 3, 4, 5, 25])
        hosts = ["%s%d-%d.customer%d.example.%s" % (
            self.chance.choice(["www", "shop", "mail", "api"]), number, k,
            number, self.chance.choice(["com", "net", "org"]))
                 for k in range(count)]
        return {"subject": [["CN", hosts[0]]],
                "sans": [["dns", host] for host in hosts],
                "policies": ["2.23.140.1.2.1", "1.3.6.1.4.1.44947.1.1.1"],
                "extra": [["1.3.6.1.5.5.7.1.1", AIA.hex()],
                          ["2.5.29.14", "0414" + "%040x" %
                           self.chance.getrandbits(160)]]}

    def _person(self, number):
        mail = "ada.%d@mail.example.org" % number
        surname = self.chance.choice(["Filler", "Füller", "Наполнитель"])
        return {"subject": [["C", "DE"], ["O", "Filler GmbH"],
                            ["GN", "Ada"], ["SN", surname],
                            ["CN", "Ada " + surname],
                            ["emailAddress", mail]],
                "eku": ["emailProtection", "clientAuth"], "issuer": 1,
                "sans": [["rfc822", mail]],
                "policies": ["2.23.140.1.5.4.2"]}

    def make(self, index):
        """The entry at this index."""
        at = index * 7919 % TEMPLATES
        template = self.templates[at]
        serial = (0x41 << 120 | index).to_bytes(16, "big")
        minted = Minted(*(text.replace(PLACEHOLDER, serial, 1) for text in (
            template.tbs, template.precertificate, template.final)),
            template.issuer)
        entry = entries.of_minted(
            index, BEGIN_MS + index, minted,
            entries.PRECERT if self.kinds[at] else entries.X509)
        entry.chain = self.chain
        return entry

    def __getitem__(self, which):
        return [self.make(i) for i in
                range(*which.indices(self.size))]


# Where to ask for the issuer and for revocation: two URIs.
AIA = bytes.fromhex("304830220608 2b06010505073001 8616".replace(" ", "")) + \
    b"http://ocsp.ca.example" + \
    bytes.fromhex("302206082b060105050730028616") + b"http://crt.ca.example/"

NGINX = """\
worker_processes 1; daemon off; pid {folder}/nginx.pid;
error_log {folder}/nginx.err;
events {{ worker_connections 512; }}
http {{ access_log off; default_type application/octet-stream; sendfile on;
  keepalive_requests 1000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4;
  scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; listen 127.0.0.1:{tls_port} ssl;
    ssl_certificate {folder}/tls.pem; ssl_certificate_key {folder}/tls.pem;
    ssl_protocols TLSv1.3;
    location /plain/ {{ alias {folder}/static/; }}
    location /gzip/ {{ gzip_static always; alias {folder}/static/; }}
    location /gzip/checkpoint {{ alias {folder}/static/checkpoint; }}
    location ~ ^/gzip/(tile/[0-9].*)$ {{ alias {folder}/static/$1; }}
    location = /rfc6962/ct/v1/get-sth {{ alias {folder}/sth; }}
    location = /rfc6962/ct/v1/get-entries {{ root {folder};
      try_files /pages/$arg_start.json =404; }}
  }} }}
"""


class World:
    """The log's files below a folder, served; ends with `close`."""

    def __init__(self, folder, size):
        self.folder = folder
        self.size = size
        self.port, self.tls_port = free_port(), free_port()
        self.origin = "127.0.0.1:%d/plain" % self.port
        self.log = BenchLog(self.origin, size)
        self._write()
        self.nginx = subprocess.Popen(
            ["nginx", "-p", folder, "-c", folder + "/nginx.conf"],
            preexec_fn=die_with_parent)

    def _put(self, name, body):
        with open(os.path.join(self.folder, name), "wb") as out:
            out.write(body)

    def _write(self):
        log, authority = self.log, TlsAuthority()
        write_log(log, os.path.join(self.folder, "static"))
        os.mkdir(os.path.join(self.folder, "pages"))
        self.bytes = {"pages": 0, "tiles": 0}
        for number in range(0, self.size, PAGE):
            self._page(number)
        for number in range(self.size // TILE):
            self._gzip(number)
        self._put("sth", json.dumps(log.head.sth()).encode())
        self._put("key.pem", log.key.pem.encode())
        self._put("tls.pem", authority.server_pem("valid"))
        self._put("ca.pem", authority.pem.encode())
        self._put("nginx.conf", NGINX.format(
            folder=self.folder, port=self.port,
            tls_port=self.tls_port).encode())

    def _page(self, begin):
        page = log_page(self.log, begin)
        self.bytes["pages"] += len(page)
        self._put("pages/%d.json" % begin, page)

    def _gzip(self, number):
        path = os.path.join(self.folder, "static/tile/data",
                            tile_path(number))
        with open(path, "rb") as file:
            body = file.read()
        self.bytes["tiles"] += len(body)
        with open(path + ".gz", "wb") as out:
            out.write(gzip.compress(body, 6))

    def url(self, kind, tls=False):
        """The base URL of plain, gzip or rfc6962."""
        return "%s://127.0.0.1:%d/%s/" % (
            "https" if tls else "http",
            self.tls_port if tls else self.port, kind)

    def close(self):
        """Stop serving."""
        self.nginx.terminate()
        self.nginx.wait()


def log_page(log, begin):
    """A reply of get-entries."""
    return json.dumps({"entries": [
        entry.json() for entry in log[begin:begin + PAGE]]},
        separators=(",", ":")).encode()
