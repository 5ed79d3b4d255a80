"""Reading a report as HTML: what is in it, what it would load, and whether it
is well-formed. Python's parser forgives everything, so nesting is kept here.
"""
import base64
import hashlib
import html.parser
import re

# Elements without content.
VOID = {"meta", "br", "input", "link", "img", "hr", "path", "rect"}
# Attributes by which something is loaded; in a link nothing is, until clicked.
LOADING = {"src", "srcset", "poster", "data", "action", "formaction",
           "background", "manifest", "ping", "xlink:href"}
# Controls and what changes the direction or hides, but the line end.
UNSAFE = re.compile("[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u061c\u180e"
                    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")


class Page(html.parser.HTMLParser):
    """A page, parsed to its end."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.source = text
        self.open = []
        self.tags = []          # (name, attributes)
        self.loads = []
        self.links = []
        self.ids = {}           # id: text
        self.texts = []         # (open elements, text)
        self.feed(text)
        self.close()
        assert self.open == [], self.open

    def handle_startendtag(self, tag, attrs):
        self._note(tag, dict(attrs))

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self._note(tag, attributes)
        if tag not in VOID:
            self.open.append((tag, attributes))

    def _note(self, tag, attributes):
        self.tags.append((tag, attributes))
        assert not any(name.startswith("on") for name in attributes), tag
        assert "style" not in attributes, tag
        if "id" in attributes:
            assert attributes["id"] not in self.ids, attributes["id"]
            self.ids[attributes["id"]] = ""
        self.loads += [attributes[name] for name in attributes
                       if name in LOADING]
        if "href" in attributes:
            (self.links if tag == "a" else self.loads).append(
                attributes["href"])

    def handle_endtag(self, tag):
        assert tag not in VOID, tag
        name, _ = self.open.pop()
        assert name == tag, "</%s> in <%s>" % (tag, name)

    def handle_data(self, data):
        self.texts.append((list(self.open), data))
        for _, attributes in self.open:
            if "id" in attributes:
                self.ids[attributes["id"]] += data

    def count(self, tag, **attributes):
        """The elements of this kind with these attributes."""
        return len([1 for name, has in self.tags if name == tag and all(
            has.get(key) == value for key, value in attributes.items())])

    def element(self, tag):
        """The text of the first one."""
        return "".join(data for opened, data in self.texts
                       if any(name == tag for name, _ in opened))

    @property
    def visible(self):
        """All text but style and script."""
        return "".join(data for opened, data in self.texts if not any(
            name in ("style", "script") for name, _ in opened))

    @property
    def policy(self):
        """The content security policy, as {directive: [sources]}."""
        text, = [has["content"] for name, has in self.tags
                 if has.get("http-equiv") == "Content-Security-Policy"]
        return {part.split()[0]: part.split()[1:]
                for part in text.split(";")}

    @property
    def exposures(self):
        """How many the table has; the other tables have one body each."""
        return self.count("tbody", role="rowgroup") - self.count(
            "table", role="table") + (1 if "exposures" in self.ids else 0)

    def alert_ids(self):
        """The ids of the alerts in the table."""
        return re.findall(r"<dt>Alert</dt><dd class=mono>([0-9a-f]{32})<",
                          self.source)

    def figures(self):
        """{what: number} of the headline."""
        out = {}
        for dt, dd in re.findall(
                r"<div><dt>([^<]*)</dt><dd[^>]*>([^<]*)</dd></div>",
                self.source):
            out[dt] = dd.replace(",", "")
        return out

    def check(self):
        """What holds for every report."""
        assert self.source.startswith("<!doctype html>\n")
        assert ("html", {"lang": "en"}) in self.tags
        assert self.loads == []
        for link in self.links:
            assert link.startswith(("#", "https://crt.sh/?q=")), link
            if link.startswith("#"):
                assert link[1:] in self.ids, link
        for name in ("style", "script"):
            digest = hashlib.sha256(self.element(name).encode()).digest()
            assert self.policy[name + "-src"] == [
                "'sha256-%s'" % base64.b64encode(digest).decode()]
        assert self.policy["default-src"] == ["'none'"]
        assert self.policy["base-uri"] == ["'none'"]
        assert self.count("style") == self.count("script") == 1
        found = UNSAFE.search(self.source.replace("\t", ""))
        assert found is None, self.source[found.start() - 80:][:160]
        assert self.count("table") == self.count("caption") + \
            self.source.count("<details><summary>The numbers by")
        for tag, has in self.tags:
            if tag == "svg":
                assert has.get("aria-hidden") == "true" or \
                    has.get("aria-labelledby")
            if tag == "th":
                assert has.get("scope") in ("row", "col")
        return self


def read_page(path):
    """The report in this file, checked."""
    with open(path, encoding="utf-8") as file:
        return Page(file.read()).check()
