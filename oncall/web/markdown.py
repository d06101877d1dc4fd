"""What people write, as safe HTML: Markdown without raw HTML, cleaned once more by allow-list."""

from __future__ import annotations

import functools

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True}).enable(
    ["table", "strikethrough", "linkify"]
)
if _PARSER.linkify is not None:
    # A pasted address is a link; a name with a dot in it, as hosts and files have, is none.
    _PARSER.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """The text as HTML: links only to the web and to ourselves, images only our own (the policy refuses others)."""
    html = nh3.clean(
        _PARSER.render(text),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "img": {"src", "alt", "title"}},
        attribute_filter=_only_our_images,
        url_schemes={"http", "https"},
        link_rel="noreferrer noopener nofollow",
    )
    return Markup(html)  # noqa: S704 - cleaned on the line above


def _only_our_images(tag: str, attribute: str, value: str) -> str | None:
    # An image from elsewhere would tell its server who reads this and when.
    if tag == "img" and attribute == "src" and not (value.startswith("/") and not value.startswith("//")):
        return None
    return value
