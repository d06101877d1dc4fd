"""The catalog: `catalog/*.yaml`, and the further sources that `oncall.yaml` names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import replace

from oncall.config.catalog_files import DirectoryFiles, fixed_folder
from oncall.config.section import Keys, Reading, Section, suggestion
from oncall.directory import CatalogFeed
from routing.catalog import Catalog
from routing.catalog.assembly import SourceContent
from routing.catalog.gather import gather
from routing.catalog.merging import LISTS, SINGLE, Precedence, merge_sources
from routing.catalog.readers import READERS, own, reader
from routing.catalog.reading import Reader
from routing.problem import ProblemLevel

CATALOG_KEYS: Keys = {
    "sources": "where services are described beside the files in `catalog/`",
    "precedence": "names of sources, the strongest first; default `own`, then as listed",
    "fields": "precedence for single fields, as `{owner: [backstage, own]}`",
}
SOURCE_KEYS: Keys = {
    "name": "the source's name, in explanations and for precedence",
    "reader": f"format: {', '.join(f'`{reader.name}` ({reader.title})' for reader in READERS)}",
    "files": "paths with wildcards, relative to the configuration directory, as `../checkouts/*/catalog-info.yaml`; of a "
    "directory, the format's usual files anywhere in it",
    "url": "address of a descriptor, fetched by the engine",
    "every": "with `url`: how often it is fetched; default 15m",
    "token_env": "with `url`: name of an environment variable that holds a bearer token",
}
#: The source that the files in `catalog/` are.
OWN = "own"
_FIELDS = ("name", *SINGLE, *LISTS, "tools")


@dataclass(frozen=True, slots=True)
class ReadCatalog:
    """What the files say about services, and what is fetched beside them."""

    catalog: Catalog
    contents: tuple[SourceContent, ...]
    precedence: Precedence
    feeds: tuple[CatalogFeed, ...]


def read_catalog(directory: Path, section: Section | None, reading: Reading) -> ReadCatalog:
    """Every source that lies in files, read and merged; what is wrong is noted."""
    files = DirectoryFiles(directory, [directory / "catalog"])
    contents = [gather(OWN, own.READER, files.matching("catalog/*.yaml"), files)]
    feeds: list[CatalogFeed] = []
    names = [OWN]
    for part in section.sections("sources", SOURCE_KEYS, about="catalog: source") if section else ():
        source = _source(part, directory)
        if source is None:
            continue
        name = part.text("name")
        if name in names:
            part.wrong("name", f"stands twice: {name}", "Give each source a name of its own")
        names.append(name)
        if isinstance(source, CatalogFeed):
            feeds.append(source)
        else:
            contents.append(source)
    precedence = _precedence(section, names)
    entries, problems = merge_sources(contents, precedence)
    reading.problems += contents[0].problems
    # A checkout that somebody else broke costs its own file; it does not keep this directory from coming into force.
    others = (problem for content in contents[1:] for problem in content.problems)
    reading.problems += [replace(problem, level=ProblemLevel.WARNING) for problem in (*others, *problems)]
    catalog = Catalog.of(
        entries,
        [line for content in contents for line in content.code_owners],
        [group for content in contents for group in content.groups],
    )
    return ReadCatalog(catalog, tuple(contents), precedence, tuple(feeds))


def _source(section: Section, directory: Path) -> SourceContent | CatalogFeed | None:
    name, format_name = section.text("name", required=True), section.text("reader", required=True)
    format_ = reader(format_name)
    files, url = section.words("files"), section.text("url")
    if format_name and format_ is None:
        section.wrong("reader", f"is {format_name!r}", suggestion(format_name, [r.name for r in READERS]))
    if bool(files) == bool(url):
        what = f"{section.about} has {'both files and a url' if files else 'neither files nor a url'}"
        section.reading.error(section.place(), what, "Give it one of the two")
    if format_ is None or not name:
        return None
    if url:
        return CatalogFeed(
            name=name,
            reader=format_name,
            url=url,
            every=section.length("every", CatalogFeed(name="", reader="", url="").every),
            token_env=section.variable("token_env"),
        )
    found = DirectoryFiles(directory, [fixed_folder(directory, pattern) for pattern in files])
    start = [file for pattern in _patterns(directory, files, format_) for file in found.matching(pattern)]
    if files and not start:
        section.reading.warn(section.place("files"), f"{section.about} finds no file", "Mend the pattern")
    return gather(name, format_, start, found)


def _patterns(directory: Path, files: Iterable[str], format_: Reader) -> Iterator[str]:
    """The patterns as written; a directory stands for the format's usual files anywhere in it."""
    for pattern in files:
        if (directory / pattern).is_dir():
            yield from (f"{pattern.rstrip('/')}/**/{name}" for name in format_.files)
        else:
            yield pattern


def _precedence(section: Section | None, names: list[str]) -> Precedence:
    if section is None:
        return Precedence(default=tuple(names))
    given = _known(section, "precedence", names)
    by_field = section.free("fields")
    for field in by_field.value:
        if field not in _FIELDS:
            by_field.reading.error(
                by_field.place(field), f"entries have no field {field!r}", suggestion(field, _FIELDS)
            )
    return Precedence(
        default=tuple(dict.fromkeys((*given, *names))),
        fields={field: _known(by_field, field, names) for field in by_field.value},
    )


def _known(section: Section, key: str, names: list[str]) -> tuple[str, ...]:
    for word, place in section.word_places(key):
        if word not in names:
            section.reading.error(place, f"there is no catalog source {word!r}", suggestion(word, names))
    return section.words(key)
