"""CODEOWNERS files of GitHub and GitLab, for alerts that carry a module or a path.

Formats: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
and https://docs.gitlab.com/user/project/codeowners/reference/.
"""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from routing.catalog.entry import Origin
from routing.catalog.part import Notes
from routing.catalog.reading import CodeOwner, Reader, Reading

_WORD = re.compile(r"(?:[^\s\\]|\\.)+")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_SECTION = re.compile(r"\^?\[([^\]]+)\](?:\[\d+\])?")
_OWNER = re.compile(r"@{1,2}[\w.-]+(?:/[\w.-]+)*|[^@\s]+@[^@\s]+\.[^@\s]+")
_FOLDERS = {".github", ".gitlab", "docs"}


def read(text: str, file: str, source: str) -> Reading:
    """The lines of one file, in order: of those that match a path the last one counts."""
    notes = Notes(file, source)
    repository = _repository(file)
    section: tuple[str, ...] = ()
    found = []
    for number, written in enumerate(text.removeprefix("\ufeff").splitlines(), start=1):
        line = _COMMENT.sub("", written).strip()
        if not line:
            continue
        heading = _SECTION.match(line)
        if heading:
            section = _owners(line[heading.end() :], number, notes)
            continue
        pattern = _pattern(line)
        if pattern.startswith("!") or "[" in pattern:
            notes.warn(number, f"the pattern {pattern!r} is not supported in such files", "Write it without ! and [ ]")
            continue
        owners = _owners(line[len(_first_word(line)) :], number, notes) or section
        origin = Origin(source=source, file=file, line=number)
        found.append(CodeOwner(pattern=pattern, owners=owners, repository=repository, origin=origin))
    return Reading(code_owners=tuple(found), problems=tuple(notes.problems))


def _first_word(line: str) -> str:
    word = _WORD.match(line)
    return word.group() if word else line


def _pattern(line: str) -> str:
    return _first_word(line).replace("\\ ", " ").replace("\\#", "#")


def _owners(text: str, number: int, notes: Notes) -> tuple[str, ...]:
    found = []
    for word in text.split():
        if _OWNER.fullmatch(word):
            found.append(word.lstrip("@"))
        else:
            notes.warn(number, f"{word!r} is no owner", "Write @organisation/team, @person or an e-mail address")
    return tuple(found)


def _repository(file: str) -> str:
    folders = PurePosixPath(file).parent.parts
    while folders and folders[-1] in _FOLDERS:
        folders = folders[:-1]
    return folders[-1] if folders and folders[-1] not in {"/", "."} else ""


READER = Reader(
    name="codeowners",
    title="CODEOWNERS",
    files=("CODEOWNERS",),
    read=read,
    example="""\
# Everything nobody else owns.
*                 @shop/platform
/src/checkout/    @shop/payments
*.sql             @shop/data dba@shop.example
/docs/*           # nobody
""",
)
