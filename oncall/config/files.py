"""Which files a configuration directory has, and their YAML."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from oncall.config.section import Keys, Place, Reading, Section, suggestion
from routing.lined_yaml import LinedDict, YamlError, load_documents

#: What a configuration directory may hold, and what for.
LAYOUT: Keys = {
    "oncall.yaml": "settings and defaults",
    "people.yaml": "people, id to person",
    "people/": "the same in several files",
    "teams/": "one file per team; the file's name is the team's id",
    "catalog/": "services and their owners",
    "calendars/": "rotations as .ics files",
    "integrations.yaml": "who may post alerts, with which key",
    "wording.yaml": "own phrases of messages, language to key to phrase",
}


def read_file(path: Path, directory: Path, reading: Reading) -> LinedDict | None:
    """The one mapping a file holds; None where the file is empty or cannot be used."""
    name = str(path.relative_to(directory))
    try:
        documents = load_documents(path.read_text("utf-8"))
    except YamlError as error:
        reading.error(Place(name, error.line), f"the file is not YAML: {error.what}", "Mend the line")
        return None
    except UnicodeDecodeError as error:
        reading.error(Place(name, 0), f"the file is not UTF-8: {error.reason}", "Save it as UTF-8")
        return None
    except OSError as error:
        reading.error(Place(name, 0), f"the file cannot be read: {error.strerror}", "Mend its permissions")
        return None
    if len(documents) == 1 and isinstance(documents[0], LinedDict):
        return documents[0]
    if documents:
        what = "several documents" if len(documents) > 1 else "no mapping"
        reading.error(Place(name, 1), f"the file holds {what}", "Write one mapping: lines of `key: value`")
    return None


def entries(
    paths: list[Path], directory: Path, keys: Keys, kind: str, reading: Reading
) -> Iterator[tuple[str, Section]]:
    """The things that files of the form `id: {…}` hold, each once."""
    seen: dict[str, Place] = {}
    for path in paths:
        file = str(path.relative_to(directory))
        for id_, value in (content := read_file(path, directory, reading) or LinedDict()).items():
            place = Place(file, content.lines[id_])
            if id_ in seen:
                first = seen[id_]
                reading.error(
                    place, f"{kind} {id_} stands twice", f"Remove one; the other is at {first.file}:{first.line}"
                )
            elif not isinstance(value, LinedDict):
                reading.error(
                    place, f"{kind} {id_} is no mapping", f"Write indented keys below it, such as {next(iter(keys))}:"
                )
            else:
                value.line = place.line
                yield id_, Section(value, keys, about=f"{kind} {id_}", file=file, reading=reading)
            seen.setdefault(id_, place)


def yaml_files(directory: Path, name: str, reading: Reading) -> list[Path]:
    """The `.yaml` files of one folder, sorted; anything else in it is a likely slip and is noted."""
    folder = directory / name
    if not folder.is_dir():
        return []
    found = []
    for path in sorted(folder.iterdir()):
        if path.suffix == ".yaml":
            found.append(path)
        elif path.suffix in {".yml", ".json"}:
            reading.error(Place(f"{name}/{path.name}", 0), "the file is not read", f"Rename it to {path.stem}.yaml")
    return found


def check_layout(directory: Path, reading: Reading) -> None:
    """Note what lies in the directory under a name the engine does not read."""
    for path in sorted(directory.iterdir()):
        name = f"{path.name}/" if path.is_dir() else path.name
        if name.startswith(".") or name in LAYOUT or path.suffix in {".md", ".txt"}:
            continue
        if path.is_dir() or path.suffix in {".yaml", ".yml", ".json"}:
            reading.warn(Place(path.name, 0), f"{name} is not read", suggestion(name, LAYOUT))
