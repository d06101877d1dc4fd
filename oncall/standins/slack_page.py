"""What the local Slack looks like in a browser: channels, direct messages, buttons that work, forms and `/oncall`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html import escape, unescape
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from aiohttp import web

if TYPE_CHECKING:
    from oncall.standins.slack import SlackStandin
    from oncall.standins.slack_workspace import Post

#: Messages of a conversation that are shown.
MOST = 40
_LINK = re.compile(r"<(?P<to>[^<>|]+)(?:\|(?P<word>[^<>]*))?>")
_STRONG = re.compile(r"(?<![\w*])\*(?=\S)([^*\n]+?)(?<=\S)\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<!\w)_(?=\S)([^_\n]+?)(?<=\S)_(?!\w)")
_CODE = re.compile(r"`([^`\n]+)`")

_STYLE = """
:root{color-scheme:light dark;--soft:color-mix(in srgb,currentColor 60%,transparent);
--line:color-mix(in srgb,currentColor 18%,transparent)}
*{box-sizing:border-box}body{margin:0;font:16px/1.45 system-ui,sans-serif}
header{padding:.7rem 1rem;border-bottom:1px solid var(--line);display:flex;gap:.5rem 1rem;flex-wrap:wrap;
align-items:baseline}
h1{font-size:1.05rem;margin:0}h3{margin:0 0 .3rem;font-size:1rem;overflow-wrap:anywhere}
.frame{display:grid;grid-template-columns:14rem minmax(0,1fr)}
nav{padding:1rem;border-right:1px solid var(--line)}nav a{display:block;padding:.35rem .5rem;border-radius:.4rem;
text-decoration:none;color:inherit}nav a[aria-current]{background:var(--line);font-weight:600}
nav p{margin:.8rem .5rem .2rem;font-size:.8rem;color:var(--soft)}
main{padding:1rem;max-width:48rem}article{padding:.8rem 0;border-bottom:1px solid var(--line)}
article.reply{margin-left:1.5rem;padding:.3rem 0 .3rem .8rem;border:0;border-left:3px solid var(--line)}
.text{white-space:pre-line;overflow-wrap:anywhere;margin:.2rem 0}.small{font-size:.85rem;color:var(--soft)}
dl{display:grid;grid-template-columns:repeat(auto-fill,minmax(9rem,1fr));gap:.4rem 1rem;margin:.5rem 0}
dl div{overflow-wrap:anywhere;white-space:pre-line}.acts{display:flex;flex-wrap:wrap;gap:.5rem;margin-top:.5rem}
form{display:inline}button,input,select,textarea,.acts a{font:inherit;padding:.45rem .8rem;min-height:2.6rem;
border-radius:.4rem;border:1px solid var(--line);background:none;color:inherit}
.acts a{text-decoration:none}button{cursor:pointer}button.primary{background:#0b6e4f;color:#fff}
button.danger{color:#c22;border-color:currentColor}.only{background:var(--line);border-radius:.4rem;padding:.6rem .8rem}
.ask{display:flex;gap:.5rem;margin-top:1rem}.ask input{flex:1;min-width:0}
.modal label{display:block;margin:.6rem 0 .2rem}.modal input,.modal select,.modal textarea{width:100%}
.bad{color:#c22}@media(max-width:40rem){.frame{display:block}nav{border:0;border-bottom:1px solid var(--line);
display:flex;flex-wrap:wrap;padding:.5rem}nav p{display:none}}
"""
#: Looks for news without disturbing what is being typed.
_SCRIPT = """
setInterval(async () => {
  const answer = await fetch(location.href).catch(() => null);
  if (!answer || !answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ["places", "messages"]) {
    const old = document.getElementById(id), now = fresh.getElementById(id);
    if (old && now && old.innerHTML !== now.innerHTML) old.innerHTML = now.innerHTML;
  }
}, 2000);
"""


class SlackPage:
    """The doors of the page, on the stand-in's own address."""

    def __init__(self, standin: SlackStandin) -> None:
        self._standin = standin
        #: What only one member sees: their id to the lines, newest last.
        self._only: dict[str, list[str]] = {}

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give the stand-in's application these addresses."""
        router.add_get("/", self._show)
        router.add_post("/press", self._press)
        router.add_post("/save", self._save)
        router.add_post("/say", self._say)

    def whisper(self, user: str, text: str) -> None:
        """Show something to one member alone."""
        if text:
            self._only.setdefault(user, []).append(text)

    async def _show(self, request: web.Request) -> web.Response:
        return web.Response(text=self._page(*self._place(request.query)), content_type="text/html")

    async def _press(self, request: web.Request) -> web.Response:
        form = await request.post()
        user, place = self._place(form)
        post = next((p for p in self._standin.workspace.posts if p.ts == form.get("ts")), None)
        if post is not None:
            views = len(self._standin.workspace.views)
            await self._standin.click(post, str(form.get("action", "")), user=user)
            for view in self._standin.workspace.views[views:]:
                return web.Response(text=_modal(view, user, place, self._standin), content_type="text/html")
        return _back(user, place)

    async def _save(self, request: web.Request) -> web.Response:
        form = await request.post()
        user, place = self._place(form)
        view = next((v for v in self._standin.workspace.views if v["id"] == form.get("view")), None)
        if view is not None:
            values = {name: str(value) for name, value in form.items() if isinstance(value, str)}
            await self._standin.submit(view, values, user=user)
            if wrong := self._standin.wrong:
                self.whisper(user, " ".join(wrong.values()))
                return web.Response(text=_modal(view, user, place, self._standin), content_type="text/html")
        return _back(user, place)

    async def _say(self, request: web.Request) -> web.Response:
        form = await request.post()
        user, place = self._place(form)
        words = str(form.get("text", "")).removeprefix("/oncall").strip()
        views = len(self._standin.workspace.views)
        self.whisper(user, await self._standin.command(words, user=user, channel=place))
        for view in self._standin.workspace.views[views:]:
            return web.Response(text=_modal(view, user, place, self._standin), content_type="text/html")
        return _back(user, place)

    def _place(self, given: Mapping[str, Any]) -> tuple[str, str]:
        """Who looks, and at which conversation."""
        workspace = self._standin.workspace
        user = str(given.get("as", ""))
        user = user if user in workspace.users else next(iter(workspace.users), "")
        shown = {*workspace.channels, _direct(user)}
        place = str(given.get("in", ""))
        newest = next((post.channel for post in reversed(workspace.posts) if post.channel in shown), "")
        return user, place if place in shown else newest or next(iter(workspace.channels), _direct(user))

    def _page(self, user: str, place: str) -> str:
        workspace = self._standin.workspace
        posts = [post for post in workspace.posts if post.channel == place]
        shown = [post for post in posts if not post.thread][-MOST:]
        messages = "".join(
            f"<article>{_message(post, user, place)}</article>"
            + "".join(
                f'<article class="reply">{_message(reply, user, place)}</article>'
                for reply in posts
                if reply.thread == post.ts
            )
            for post in shown
        )
        only = "".join(f'<p class="only text">{_marked(line)}</p>' for line in self._only.get(user, ())[-3:])
        wrong = "".join(f"<p class='bad'>Rule broken: {escape(line)}</p>" for line in self._standin.violations.found)
        faces = "".join(
            f'<option value="{escape(key)}"{" selected" if key == user else ""}>{escape(str(member["name"]))}</option>'
            for key, member in workspace.users.items()
        )
        return _document(
            f"""<header><h1>Slack, on this machine</h1>
<form><input type="hidden" name="in" value="{escape(place)}"><label>You are <select name="as"
onchange="this.form.submit()">{faces}</select></label> <noscript><button>Switch</button></noscript></form>
<span class="small">Not Slack itself: it stands in for it, and nothing leaves this machine.</span></header>
<div class="frame"><nav id="places" aria-label="Conversations">{self._places(user, place)}</nav><main>
<div id="messages">{wrong}{messages or "<p class='small'>Nothing was posted here yet.</p>"}{only}</div>
<form method="post" action="/say" class="ask">{_hidden(user, place)}<input name="text" aria-label="Command"
placeholder="/oncall who, /oncall pay, /oncall ack 1" maxlength="300"><button>Send</button></form>
</main></div><script>{_SCRIPT}</script>"""
        )

    def _places(self, user: str, place: str) -> str:
        workspace = self._standin.workspace
        counts: dict[str, int] = {}
        for post in workspace.posts:
            counts[post.channel] = counts.get(post.channel, 0) + (not post.thread)
        named = [(key, f"# {channel.name}") for key, channel in workspace.channels.items()]
        links = [
            f'<a href="/?{urlencode({"as": user, "in": key})}"{" aria-current=page" if key == place else ""}>'
            f"{escape(name)} <span class=small>{counts.get(key) or ''}</span></a>"
            for key, name in [*named, (_direct(user), "On call (direct)")]
        ]
        return f"<p>Channels</p>{''.join(links[:-1])}<p>Direct messages</p>{links[-1]}"


def _direct(user: str) -> str:
    return "D" + user[1:]


def _back(user: str, place: str) -> web.Response:
    return web.Response(status=303, headers={"Location": f"/?{urlencode({'as': user, 'in': place})}"})


def _document(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>Slack, on this machine</title><style>{_STYLE}</style>{body}</html>"
    )


def _hidden(user: str, place: str) -> str:
    return (
        f'<input type="hidden" name="as" value="{escape(user)}"><input type="hidden" name="in" value="{escape(place)}">'
    )


def _message(post: Post, user: str, place: str) -> str:
    return "".join(_blocks(post, user, place)) or f'<p class="text">{_marked(post.text)}</p>'


def _blocks(post: Post, user: str, place: str) -> Iterator[str]:
    for block in post.blocks:
        match block["type"]:
            case "header":
                yield f"<h3>{escape(block['text']['text'])}</h3>"
            case "section":
                yield f'<p class="text">{_text(block["text"])}</p>'
                fields = "".join(f"<div>{_text(one)}</div>" for one in block.get("fields", ()))
                yield f"<dl>{fields}</dl>" if fields else ""
            case "context":
                yield "".join(f'<p class="small text">{_text(one)}</p>' for one in block["elements"])
            case "actions":
                yield f'<div class="acts">{"".join(_button(e, post, user, place) for e in block["elements"])}</div>'
            case "divider":
                yield "<hr>"


def _button(element: Mapping[str, Any], post: Post, user: str, place: str) -> str:
    word = escape(element["text"]["text"])
    if "url" in element:
        return f'<a href="{escape(element["url"])}" rel="noreferrer noopener" target="_blank">{word}</a>'
    sure = element.get("confirm")
    asked = f' onclick="return confirm({escape(repr(sure["text"]["text"]))})"' if sure else ""
    return (
        f'<form method="post" action="/press">{_hidden(user, place)}<input type="hidden" name="ts" value="{post.ts}">'
        f'<button name="action" value="{escape(element["action_id"])}" class="{escape(element.get("style", ""))}"'
        f"{asked}>{word}</button></form>"
    )


def _modal(view: Mapping[str, Any], user: str, place: str, standin: SlackStandin) -> str:
    fields = "".join(_field(block, standin.workspace.users) for block in view["blocks"] if block["type"] == "input")
    return _document(
        f'<main class="modal"><h3>{escape(view["title"]["text"])}</h3><form method="post" action="/save">'
        f'{_hidden(user, place)}<input type="hidden" name="view" value="{escape(view["id"])}">{fields}'
        f'<div class="acts"><button class="primary">{escape(view["submit"]["text"])}</button>'
        f'<a href="/?{urlencode({"as": user, "in": place})}">{escape(view["close"]["text"])}</a></div></form></main>'
    )


def _field(block: Mapping[str, Any], users: Mapping[str, Mapping[str, Any]]) -> str:
    name, element = escape(block["block_id"]), block["element"]
    label = f'<label for="{name}">{escape(block["label"]["text"])}</label>'
    needed = "" if block.get("optional") else " required"
    if element["type"] == "users_select":
        options = "".join(
            f'<option value="{escape(key)}">{escape(str(u["name"]))}</option>' for key, u in users.items()
        )
        return f'{label}<select id="{name}" name="{name}"{needed}>{options}</select>'
    first = escape(element.get("initial_value", ""))
    most = f' maxlength="{int(element.get("max_length", 3000))}"'
    if element.get("multiline"):
        return f'{label}<textarea id="{name}" name="{name}" rows="4"{most}{needed}>{first}</textarea>'
    return f'{label}<input id="{name}" name="{name}" value="{first}"{most}{needed}>'


def _text(text: Mapping[str, Any]) -> str:
    return _marked(text["text"]) if text["type"] == "mrkdwn" else escape(text["text"])


def _marked(text: str) -> str:
    """Slack's markup as HTML; everything else as it stands."""
    parts: list[str] = []
    end = 0
    for found in _LINK.finditer(text):
        parts += [_plain(text[end : found.start()]), _link(found["to"], found["word"] or "")]
        end = found.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    safe = escape(unescape(text), quote=False)
    safe = _CODE.sub(r"<code>\1</code>", safe)
    return _EMPHASIS.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", safe))


def _link(to: str, word: str) -> str:
    shown = escape(unescape(word or to))
    if to.startswith(("http://", "https://")):
        return f'<a href="{escape(unescape(to))}" rel="noreferrer noopener" target="_blank">{shown}</a>'
    return shown  # dates and mentions: what Slack shows where it cannot resolve them
