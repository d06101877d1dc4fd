"""What people write, as safe HTML: Markdown without raw HTML, cleaned once more by allow-list."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h4", "h5", "h6", "hr", "img", "li", "ol", "p", "pre", "s", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip


@functools.lru_cache(maxsize=256)
def markdown(text: str) -> Markup:
    """The text as HTML: links only to the web and to ourselves, images only our own (the policy refuses others)."""
    import nh3  # noqa: PLC0415 - with the parser

    html = nh3.clean(
        _parser().render(text),
        tags=TAGS,
        attributes={"a": {"href", "title"}, "img": {"src", "alt", "title"}},
        attribute_filter=_only_our_images,
        url_schemes={"http", "https"},
        link_rel="noreferrer noopener nofollow",
    )
    return Markup(html)  # noqa: S704 - cleaned on the line above


@functools.cache
def _parser() -> MarkdownIt:
    """Made for the first text that is shown: four megabytes and sixty modules that a node which only pages does without."""
    from markdown_it import MarkdownIt  # noqa: PLC0415

    made = MarkdownIt("commonmark", {"html": False, "linkify": True, "breaks": True})
    made.enable(["table", "strikethrough", "linkify"])
    if made.linkify is not None:
        # A pasted address is a link; a name with a dot in it, as hosts and files have, is none.
        made.linkify.set({"fuzzy_link": False, "fuzzy_email": False})
    return made


def _only_our_images(tag: str, attribute: str, value: str) -> str | None:
    # An image from elsewhere would tell its server who reads this and when.
    if tag == "img" and attribute == "src" and not (value.startswith("/") and not value.startswith("//")):
        return None
    return value
