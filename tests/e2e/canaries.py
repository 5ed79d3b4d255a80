"""Words that stand in one place and must come to no other: looked for in any
case, and in the forms that bytes are kept in.
"""
import base64
import os

from .helpers import descendants

WORKER_DEPTH = 2


def disguises(word):
    """The bytes that a word may be kept as."""
    out = {word.lower().encode(), word.lower().encode("utf-16-be")[1:-1]}
    for text in (word, word.lower(), word.capitalize()):
        out.add(text.encode().hex().encode())
        for phase in range(3):
            coded = base64.b64encode(b"\0" * phase + text.encode())
            out.add(coded[(0, 2, 3)[phase]:-4].lower())
    return {each for each in out if len(each) > 5}


def found_in(content, words):
    """Those words that stand there."""
    content = content.lower()
    return [word for word in words
            if any(each in content for each in disguises(word))]


def left_behind(folder, words):
    """{file: words} of all files below a folder."""
    out = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            if not os.path.isfile(path):
                continue
            with open(path, "rb") as file:
                found = found_in(file.read(), words)
            if found:
                out[name] = found
    return out


def family(process):
    """Main, what it forked, and what these did: the workers."""
    return [process.pid] + [
        pid for depth in range(1, WORKER_DEPTH + 1)
        for pid in descendants(process.pid, depth)]


def about(pid, name):
    """A file of /proc; empty when the process is gone."""
    try:
        with open("/proc/%d/%s" % (pid, name), "rb") as file:
            return file.read()
    except (FileNotFoundError, ProcessLookupError):
        return b""
