"""Finding services, teams, people, aliases and tools by any fragment of a name, typos forgiven."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate, chain

import msgspec
from rapidfuzz import fuzz

from routing.catalog.entry import Entry

#: Share of a name that must agree with the query for a hit that does not contain it, 0 to 100.
_ALIKE = 72.0
#: So many of the names that share most letter triples are compared in full.
_COMPARED = 400
#: So many occurrences of the query's triples are counted, those of the rarest, most telling ones first.
_LOOKED_AT = 40_000
#: Most places looked at for a word that very many names contain.
_SCANNED = 10_000
_MARKS = re.compile(r"[\s\-_./:]+")


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """Something found. `kind` is service, team or person; `matched` is the text that fits the query."""

    kind: str
    id: str
    name: str
    matched: str
    #: 0 to 100; 100 is the very word.
    score: float


@dataclass(frozen=True, slots=True)
class Findable:
    """A thing that can be found: what it is, and every text that leads to it."""

    kind: str
    id: str
    name: str
    texts: tuple[str, ...]


def findable(entry: Entry) -> Findable:
    """A service by its name, aliases, tools, namespaces and tags."""
    tools = (tool.name for tool in entry.tools)
    texts = (entry.name, *entry.aliases, *tools, *entry.namespaces, *entry.tags)
    return Findable("service", entry.name, entry.name, texts)


class SearchIndex:
    """Built once per reload over everything findable; the order given breaks ties."""

    def __init__(self, things: Iterable[Findable]) -> None:
        self._things = tuple(things)
        texts: dict[str, list[int]] = {}
        for number, thing in enumerate(self._things):
            for text in dict.fromkeys(map(_plain, thing.texts)):
                texts.setdefault(text, []).append(number)
        texts.pop("", None)
        self._owners = texts
        self._texts = tuple(texts)
        self._joined = "\n".join(("", *self._texts, ""))
        self._triples: dict[str, list[int]] = {}
        for number, text in enumerate(self._texts):
            for triple in _triples(text):
                self._triples.setdefault(triple, []).append(number)

    def search(self, query: str, limit: int = 20) -> tuple[Hit, ...]:
        """The best hits for a fragment, best first, each thing once."""
        word = _plain(query)[:200]
        if not word:
            return ()
        scored = {text: _score(word, text) for text in self._containing(word, limit * 20)}
        if len(scored) < limit and len(word) > 2:
            for text in self._alike(word):
                score = max(fuzz.ratio(word, text), fuzz.partial_ratio(word, text) - 10) if text not in scored else 0
                if score >= _ALIKE:
                    scored[text] = min(score, 79.0)
        best: dict[int, tuple[float, str]] = {}
        for text, score in scored.items():
            for number in self._owners[text][: limit * 5]:
                if score > best.get(number, (0.0, ""))[0]:
                    best[number] = (score, text)
        ranked = sorted(best, key=lambda number: (-best[number][0], len(best[number][1]), number))[:limit]
        return tuple(self._hit(number, *best[number]) for number in ranked)

    def _hit(self, number: int, score: float, text: str) -> Hit:
        thing = self._things[number]
        return Hit(kind=thing.kind, id=thing.id, name=thing.name, matched=text, score=round(score, 1))

    def _containing(self, query: str, most: int) -> list[str]:
        """Texts that hold every word of the query: the query itself, those that begin with it, then any."""
        found = dict.fromkeys([query] if query in self._owners else ())
        words = sorted(query.split(), key=len)
        for mark in ("\n" + query, words[-1]):
            at = self._joined.find(mark)
            for _ in range(_SCANNED):
                if at < 0 or len(found) >= most:
                    break
                start = self._joined.rfind("\n", 0, at + 1) + 1
                end = self._joined.find("\n", at + 1)
                text = self._joined[start:end]
                if all(word in text for word in words[:-1]):
                    found[text] = None
                at = self._joined.find(mark, end)
        return list(found)

    def _alike(self, word: str) -> list[str]:
        """Texts that share most letter triples with the word."""
        postings = sorted((found for triple in _triples(word) if (found := self._triples.get(triple))), key=len)
        sizes = accumulate(len(posting) for posting in postings)
        telling = [posting for posting, size in zip(postings, sizes, strict=True) if size <= _LOOKED_AT]
        shared = Counter(chain.from_iterable(telling or postings[:1]))
        return [self._texts[number] for number, _ in shared.most_common(_COMPARED)]


def _score(word: str, text: str) -> float:
    """100 for the word itself, from 90 where it begins the text, from 80 where it lies inside."""
    if word == text:
        return 100.0
    share = len(word) / len(text)
    return (90.0 if text.startswith(word) else 80.0) + 9.0 * share


def _plain(text: str) -> str:
    """Lower case, words parted by one space whatever parted them before."""
    return _MARKS.sub(" ", text.lower()).strip()


def _triples(text: str) -> set[str]:
    padded = f"  {text} "
    return {padded[at : at + 3] for at in range(len(padded) - 2)}
