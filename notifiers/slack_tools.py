"""Everything one workspace offers, over one connection pool and one memory of who is who."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from notifiers.channel import Edge
from notifiers.http import Http, NotCarriedOut, NoTelling, PrivateAddress
from notifiers.slack import SlackNotifier
from notifiers.slack_api import SlackApi
from notifiers.slack_blocks import Block
from notifiers.slack_groups import SlackGroups
from notifiers.slack_identity import SlackIdentity
from notifiers.slack_incidents import SlackIncidents
from notifiers.slack_places import SlackPlaces

#: Seconds a late answer may take.
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SlackTools:
    """What the engine does in Slack beside sending pages."""

    api: SlackApi
    places: SlackPlaces
    incidents: SlackIncidents
    groups: SlackGroups
    identity: SlackIdentity
    http: Http

    async def whisper(self, text: str, *, response_url: str, channel: str, user: str) -> bool:
        """Say something only this person sees: to the response address Slack gave, in the channel, else directly."""
        if response_url.startswith(("http://", "https://")):
            body = msgspec.json.encode({"response_type": "ephemeral", "replace_original": False, "text": text})
            headers = {"content-type": "application/json"}
            try:
                answer = await self.http.request(
                    "POST", response_url, timeout_seconds=ANSWER_SECONDS, headers=headers, body=body
                )
            except (NotCarriedOut, NoTelling, PrivateAddress):
                return False
            return 200 <= answer.status < 300
        if not channel:
            return (await self.api.call(lambda client: client.chat_postMessage(channel=user, text=text))).ok
        result = await self.api.call(lambda client: client.chat_postEphemeral(channel=channel, user=user, text=text))
        return result.ok

    async def open_modal(self, trigger_id: str, view: Block) -> bool:
        """Open a modal; a trigger is good for three seconds and once."""
        result = await self.api.call(lambda client: client.views_open(trigger_id=trigger_id, view=view))
        return result.ok


def open_tools(notifier: SlackNotifier, values: Mapping[str, str], edge: Edge) -> SlackTools:
    """The workspace pages are sent in; what the notifier learns of it is known here, too."""
    api, places = notifier.api, notifier.places
    incidents = SlackIncidents(api, places, edge.wording.phrases)
    identity = SlackIdentity(api, values.get("ONCALL_SLACK_APP_TOKEN", ""))
    return SlackTools(api, places, incidents, SlackGroups(api, places), identity, edge.http)
