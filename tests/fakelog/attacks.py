"""Ways in which a log may try to hurt its reader, by name: the faults that
are armed for each. What is not said in `on` strikes every request.
"""
MIB = 1 << 20

ATTACKS = {
    "flood": [("json", {"how": "flood", "name": "entries",
                        "size": 64 * MIB - 64})],
    "flood-numbers": [("json", {"how": "flood", "item": "0",
                                "size": 63 * MIB})],
    "flood-heads": [("json", {"how": "flood", "size": MIB - 4096,
                              "on": ["head", "proof"]})],
    "deep": [("json", {"how": "deep", "n": 10 ** 6})],
    "deep-objects": [("json", {"how": "deep", "n": 10 ** 6,
                               "open": '{"a":'})],
    "nest": [("json", {"how": "nest", "n": 10 ** 6})],
    "huge": [("huge", {"size": 10 << 30})],
    "bomb": [("bomb", {"size": 1 << 28})],
    "headers": [("headers", {"lines": 100000, "size": 64})],
    "long-header": [("headers", {"lines": 1, "size": 10 * MIB})],
    "loris": [("loris", {"seconds": 0.5})],
    "drip": [("drip", {"bytes": 1, "seconds": 0.1})],
    "large-drip": [("huge", {"size": 60 * MIB, "seconds": 0.03})],
    "stall": [("stall", {})],
    "slow": [("slow", {"seconds": 20})],
    "reset": [("reset", {})],
    "truncate": [("truncate", {})],
    "refuse": [("status", {"code": 503})],
    "too-many": [("status", {"code": 429})],
    "patience": [("status", {"code": 429, "retry_after": 1000000000})],
    "redirect": [("redirect", {})],
    "garbage": [("garbage", {})],
    "grease": [("grease", {"lines": 400})],
}
READING = ("entries", "data", "hash", "proof")


def arm(log, name, heads=False):
    """Arm an attack on a log, on all but its heads unless told so."""
    for kind, how in ATTACKS[name]:
        how = dict(how)
        if not heads and "on" not in how and kind != "grease":
            how["on"] = list(READING)
        log.fault(kind, **how)
