"""What a workspace holds, and what each method does to it."""

from __future__ import annotations

import itertools
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from oncall.standins.slack_rules import message_faults, view_faults


@dataclass(slots=True)
class Post:
    """A message as it is now; `thread` is the ts of its parent."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    edits: int = 0

    def button(self, name: str) -> Mapping[str, Any]:
        """The button with this label or action id.

        Raises:
            LookupError: There is none.
        """
        for block in self.blocks:
            for element in block.get("elements", ()):
                if element.get("type") == "button" and name in {element["action_id"], element["text"]["text"]}:
                    return {**element, "block_id": block.get("block_id", "")}
        raise LookupError(f"no button {name!r} on {self.text!r}")


@dataclass(slots=True)
class Conversation:
    """A channel; `member` says whether our app is in it."""

    id: str
    name: str
    member: bool = True
    private: bool = False
    archived: bool = False


class Refuse(Exception):
    """The method answers ok: false with this error name."""


class Workspace:
    """Users, channels, groups and messages. Change the dictionaries to set a scene."""

    def __init__(self) -> None:
        self.users: dict[str, dict[str, Any]] = {}
        self.channels: dict[str, Conversation] = {}
        self.groups: dict[str, tuple[str, list[str]]] = {}
        self.posts: list[Post] = []
        self.ephemeral: list[tuple[str, str, str]] = []
        self.views: list[Mapping[str, Any]] = []
        self.group_writes = 0
        self.triggers: set[str] = set()
        self._ts = itertools.count(100)

    def add_user(self, user: str, email: str = "", name: str = "") -> str:
        """A member."""
        profile = {"email": email} if email else {}
        self.users[user] = {"id": user, "name": name or user.lower(), "deleted": False, "profile": profile}
        return user

    def add_channel(self, name: str, **more: Any) -> str:
        """A channel; returns its id."""
        channel = Conversation(id=f"C{len(self.channels):04d}{name.upper().replace('-', '')[:6]}", name=name, **more)
        self.channels[channel.id] = channel
        return channel.id

    def add_group(self, handle: str, users: list[str]) -> str:
        """A user group; returns its id."""
        group = f"S{len(self.groups):08d}"
        self.groups[group] = (handle, users)
        return group

    def trigger(self) -> str:
        """A trigger id, good for one modal."""
        made = f"12345.98765.{secrets.token_hex(6)}"
        self.triggers.add(made)
        return made

    def methods(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        """Name to what it does: arguments in, answer out, or `Refuse`."""
        return {
            "auth.test": lambda _a: {"team_id": "T0000TEAM", "user_id": "U0000BOT", "bot_id": "B0000BOT"},
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "chat.postEphemeral": self._whisper,
            "conversations.open": lambda a: {"channel": {"id": self._direct(str(a.get("users", "")))}},
            "conversations.history": self._history,
            "conversations.info": lambda a: {"channel": _described(self._channel(a["channel"]))},
            "conversations.join": self._join,
            "conversations.list": self._list,
            "usergroups.list": self._list_groups,
            "usergroups.users.list": lambda a: {"users": self._group(a)[1]},
            "usergroups.users.update": self._regroup,
            "users.info": self._info,
            "users.lookupByEmail": self._lookup,
            "views.open": self._open,
            "views.update": self._open,
        }

    def faults(self, method: str, arguments: Mapping[str, Any]) -> Iterator[str]:
        """What is wrong with the content of a call."""
        if method in {"chat.postMessage", "chat.update", "chat.postEphemeral"}:
            yield from message_faults(arguments)
        if method == "chat.update" and str(arguments.get("channel", "")).startswith(("U", "#")):
            yield "chat.update takes the channel id of the answer"
        if method.startswith("views.") and isinstance(arguments.get("view"), dict):
            yield from view_faults(arguments["view"])
        if method == "usergroups.users.update" and not arguments.get("users"):
            yield "a group cannot be emptied"

    def _post(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._place(str(arguments["channel"]))
        post = Post(
            channel=channel,
            ts=f"1795164300.{next(self._ts):06d}",
            text=arguments.get("text") or "",
            blocks=list(arguments.get("blocks") or []),
            thread=arguments.get("thread_ts") or "",
            metadata=arguments.get("metadata") or {},
        )
        self.posts.append(post)
        message = {"type": "message", "text": post.text, "blocks": post.blocks, "ts": post.ts, "bot_id": "B0000BOT"}
        return {"channel": channel, "ts": post.ts, "message": message | {"app_id": "A0000APP"}}

    def _update(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if not isinstance(arguments["ts"], str):
            raise Refuse("invalid_arg_name")
        for post in self.posts:
            if (post.channel, post.ts) == (arguments["channel"], arguments["ts"]):
                post.text = arguments.get("text") or post.text
                post.blocks = list(arguments.get("blocks") or [])
                post.edits += 1
                return {"channel": post.channel, "ts": post.ts, "text": post.text}
        raise Refuse("message_not_found")

    def _whisper(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        self.ephemeral.append((str(arguments["channel"]), str(arguments["user"]), str(arguments.get("text", ""))))
        return {"message_ts": f"1795164300.{next(self._ts):06d}"}

    def _place(self, channel: str) -> str:
        if channel.startswith(("U", "W")):
            return self._direct(channel)
        if channel.startswith("D"):
            return channel
        found = self._channel(channel)
        if found.archived:
            raise Refuse("is_archived")
        if not found.member:
            raise Refuse("not_in_channel")
        return found.id

    def _direct(self, user: str) -> str:
        if user not in self.users:
            raise Refuse("channel_not_found")
        if self.users[user]["deleted"]:
            raise Refuse("user_disabled")
        return "D" + user[1:]

    def _channel(self, channel: str) -> Conversation:
        if channel not in self.channels:
            raise Refuse("channel_not_found")
        return self.channels[channel]

    def _join(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        channel = self._channel(arguments["channel"])
        if channel.private:
            raise Refuse("method_not_supported_for_channel_type")
        channel.member = True
        return {"channel": _described(channel)}

    def _list(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Two to a page, so that paging is exercised."""
        names = list(self.channels)
        start = int(arguments.get("cursor") or 0)
        following = str(start + 2) if start + 2 < len(names) else ""
        page = [_described(self.channels[name]) for name in names[start : start + 2]]
        return {"channels": page, "response_metadata": {"next_cursor": following}}

    def _history(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """What stands in a conversation outside threads, newest first."""
        channel = str(arguments["channel"])
        if not channel.startswith("D"):
            self._channel(channel)
        oldest, most = float(arguments.get("oldest") or 0), int(arguments.get("limit") or 100)
        end = int(arguments.get("cursor") or len(self.posts))
        told: list[dict[str, Any]] = []
        for at in range(end - 1, -1, -1):
            post = self.posts[at]
            if post.channel != channel or post.thread or float(post.ts) <= oldest:
                continue
            if len(told) == most:
                return {"messages": told, "has_more": True, "response_metadata": {"next_cursor": str(at + 1)}}
            message = {"type": "message", "ts": post.ts, "text": post.text, "bot_id": "B0000BOT"}
            told.append(message | ({"metadata": post.metadata} if arguments.get("include_all_metadata") else {}))
        return {"messages": told, "has_more": False}

    def _list_groups(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        told = [
            {"id": number, "handle": handle} | ({"users": users} if arguments.get("include_users") else {})
            for number, (handle, users) in self.groups.items()
        ]
        return {"usergroups": told}

    def _group(self, arguments: Mapping[str, Any]) -> tuple[str, list[str]]:
        if arguments["usergroup"] not in self.groups:
            raise Refuse("no_such_subteam")
        return self.groups[arguments["usergroup"]]

    def _regroup(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        handle, _ = self._group(arguments)
        users = str(arguments["users"]).split(",")
        if any(user not in self.users for user in users):
            raise Refuse("invalid_users")
        self.groups[arguments["usergroup"]] = (handle, users)
        self.group_writes += 1
        return {"usergroup": {"id": arguments["usergroup"], "handle": handle, "users": users}}

    def _info(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if arguments["user"] not in self.users:
            raise Refuse("user_not_found")
        return {"user": self.users[arguments["user"]]}

    def _lookup(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        for user in self.users.values():
            if user["profile"].get("email", "").lower() == str(arguments["email"]).lower() and not user["deleted"]:
                return {"user": user}
        raise Refuse("users_not_found")

    def _open(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        if (trigger := arguments.get("trigger_id")) is not None:
            if trigger not in self.triggers:
                raise Refuse("expired_trigger_id")
            self.triggers.remove(trigger)
        view = {**arguments["view"], "id": f"V{len(self.views):08d}", "hash": secrets.token_hex(4)}
        self.views.append(view)
        return {"view": view}


def _described(channel: Conversation) -> dict[str, Any]:
    return {
        "id": channel.id,
        "name": channel.name,
        "is_member": channel.member,
        "is_private": channel.private,
        "is_archived": channel.archived,
    }
