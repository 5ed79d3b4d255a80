"""A Certificate Transparency log to test against, honest or not.

One minted Merkle tree is served in both read protocols (RFC 6962 and
static-ct-api), with knobs for every fault that a log has been seen to have.
It shares no code with the program under test: what both agree on has been
worked out twice.

Files, lowest first:

der.py       writing DER, and taking an extension out of a TBSCertificate
tree.py      the Merkle tree: roots, proofs, tiles
keys.py      log keys, signed heads, TLS certificates
mint.py      certification authorities and certificates from a description
entry.py     one log entry and its bytes in both protocols
log.py       a log: entries, heads, options, what is known to be true of it
faults.py    which request is to go wrong, and how
protocol.py  what an honest (or twisted) log answers
attacks.py   faults by the name of the attack that they make
badjson.py   JSON bodies bent out of shape
wire.py      how an answer goes out: whole, slowly, cut, reset
proxy.py     a TCP proxy that is a bad line; ports that must not be asked
server.py    the HTTP server with its control endpoint
client.py    starting the server and talking to its control endpoint
"""
