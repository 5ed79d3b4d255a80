"""JSON bodies bent out of shape: too deep, too many values, a member twice,
numbers that are none, bytes that are no text.

Works on texts, so that it can make what no JSON writer would.
"""
import functools
import json

HOLE = "\0hole\0"


def bend(body, fault):
    """The body, bent as the fault's `how` says."""
    return BENDS[fault.get("how", "deep")](body, fault)


def _deep(_body, fault):
    return fault.get("open", "[").encode() * fault.get("n", 10 ** 6)


def _nest(body, fault):
    """All else is honest: only a further member is deep."""
    n = fault.get("n", 10 ** 6)
    return b'{"deep":' + b"[" * n + b"]" * n + b"," + body[1:]


@functools.lru_cache(maxsize=4)
def _many(item, size):
    return (item.encode() + b",") * (size // (len(item) + 1)) + item.encode()


def _flood(body, fault):
    """`size` bytes of small values: as the only member `name`, or as one
    more before the honest ones."""
    many = _many(fault.get("item", "{}"), fault.get("size", 1 << 26))
    name = fault.get("name")
    if name:
        return b'{"%s":[%s]}' % (name.encode(), many)
    return b'{"flood":[%s],%s' % (many, body[1:])


def _member(body, fault):
    """A further member `name`, first or last, with the value of that text
    or of those bytes (hex)."""
    value = bytes.fromhex(fault.get("hex")) if fault.get("hex") else \
        fault.get("value", "0").encode()
    member = b'"%s":%s' % (fault.get("name", "more").encode(), value)
    if fault.get("last"):
        return body.rstrip()[:-1] + b"," + member + b"}"
    return b"{" + member + b"," + body[1:]


def _value(body, fault):
    """The value of member `name` is that text."""
    whole = json.loads(body)
    whole[fault.get("name")] = HOLE
    return json.dumps(whole).replace(
        json.dumps(HOLE), fault.get("value")).encode()


def _twice(body, fault):
    """Of every entry, `name` stands there twice, first with another value."""
    name = b'"%s":' % fault.get("name", "leaf_input").encode()
    return body.replace(name, name + b'"AAAA",' + name)


BENDS = {"deep": _deep, "nest": _nest, "flood": _flood, "member": _member,
         "value": _value, "twice": _twice}
