"""Personal data in certificates: what must be found, told and matched.

build.py           a certificate from its parts, right or wrong
make.py            the certificates of every case; `python3 -m tests.pii.make`
expected.jsonl     what `inspect --json --reveal` must say of each
inspecting.py      many certificates through the binary at once
chance.py          certificates by chance, and bytes changed by chance
matching.py        records, certificates, and which of them belong together
oracle.py          what OpenSSL reads in a certificate
"""
