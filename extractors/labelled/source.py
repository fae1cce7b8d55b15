"""Labelled datasets as a source: `labelled: {dataset: NAME, root: FOLDER}` in a recipe.

The driver reads a dataset's tables once; what they say of each picture is frozen in the list, in
the address of its ref. Workers read pixels only. A document is one annotated thing (a picture, a
study, a volume) or a slice of a container.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator

import msgspec
from pydantic import ValidationError

from extractors.images import BadImage, Picture
from extractors.labelled.adapters import ADAPTERS, Adapter
from extractors.labelled.card import BadCard, DatasetCard, card_path, load_card
from extractors.labelled.expected import files_not_as_expected
from extractors.labelled.files import BadData, Files
from extractors.labelled.options import LabelledOptions
from extractors.labelled.records import Entry, Looks
from extractors.labelled.regions.drawn import drawn_row
from extractors.labelled.samples import case_of, sample_of
from extractors.pmc.articles import Signature
from extractors.pmc.fetch import FetchError
from schemas.identifiers import clean_id, short_hash
from schemas.licence import KNOWN_CODES, canonical_code, licence_code, licence_of
from schemas.options import Options, first_problem, suggestion
from schemas.sample import Document, DocumentRef, Drop, Licence, Sample, document_row

NAME = "labelled"


def enumerate_refs(options: LabelledOptions) -> Iterator[DocumentRef]:
    """One ref per entry of the dataset; what is wrong with its files as a whole comes first.

    Raises `ValueError` for a card or option that cannot be used.
    """
    card, adapter, reading, files = _opened(options)
    files.refresh()
    _check_root(files, card)
    for name, why in files.refused:
        drop = Drop("list", "file_refused", f"{name}: {why}")
        yield _ref(card, files, Entry(name=f"refused/{name}", drops=[drop]))
    problems = files_not_as_expected(files, card) if options.check_files else []
    if problems:
        yield _ref(card, files, Entry(name="files-not-as-expected", drops=problems))
    seen: set[str] = set()
    count = 0
    for entry in _entries(adapter, files, reading, card):
        count += 1
        if entry.name in seen:
            again = Drop("list", "duplicate_id", f"{entry.name} is in the dataset more than once")
            entry = msgspec.structs.replace(entry, drops=[*entry.drops, again])
        seen.add(entry.name)
        yield _ref(card, files, entry)
    if not count:
        raise ValueError(f"{options.root} holds nothing that {card.name} ({card.family}) reads")


def _entries(
    adapter: Adapter, files: Files, reading: Options, card: DatasetCard
) -> Iterator[Entry]:
    """What the family lists. Raises `BadData` that names the root where it can list nothing."""
    try:
        yield from adapter.entries(files, reading, card)
    except BadData as error:
        raise BadData(error.reason, f"{files.root}: {error}") from None


def _ref(card: DatasetCard, files: Files, entry: Entry) -> DocumentRef:
    address = msgspec.json.encode(entry).decode()
    states = [files.state(name) for name in (*entry.files, *(m.file for m in entry.masks))]
    name = "/".join(clean_id(part) for part in entry.name.split("/"))
    return DocumentRef(f"{card.name}/{name}", address, short_hash(f"{address} {states}"))


def _check_root(files: Files, card: DatasetCard) -> None:
    """Raise `ValueError` that says how to get the dataset where its folder is not there."""
    try:
        _ = files.names
    except FetchError as error:
        if error.reason != "no_folder":
            raise
        how = " ".join((card.instructions or card.where).split())
        raise ValueError(f"{error}. {card.title} ({card.access}): {how}") from None


def describe(options: LabelledOptions, ref: DocumentRef) -> list[Document]:
    """The one document of a ref; its group is the patient or study that the dataset names."""
    card = load_card(options.dataset)
    entry = msgspec.json.decode(ref.address, type=Entry)
    return [
        Document(
            document_id=ref.key,
            group_id=f"{card.name}/{clean_id(entry.group)}" if entry.group else ref.key,
            source=NAME,
            address=ref.address,
            licence=_licence(options, card, entry.licence).code,
            checksum=ref.tag,
            meta={"dataset": card.name},
        )
    ]


def extract(
    options: LabelledOptions, document: Document, signature: Signature
) -> Iterator[tuple[Sample, list[Picture]]]:
    """The samples of a document with their pictures, captions, regions and questions."""
    card, adapter, reading_options, files = _opened(options)
    entry = msgspec.json.decode(document.address, type=Entry)
    licence = _licence(options, card, entry.licence)
    looks = Looks(signature, options.max_side)
    try:
        for reading in adapter.read(files, reading_options, card, entry, looks):
            inner = reading.entry.name.removeprefix(entry.name).strip("/")
            name = f"{document.document_id}/{clean_id(inner)}" if inner else document.document_id
            own = _licence(options, card, reading.entry.licence)
            sample = sample_of(document, name, options, card, own, reading)
            yield sample, reading.pictures
            if options.overlay != "none" and not sample.drops:
                case = case_of(name, card, options, reading)
                drawn = drawn_row(sample, case, reading, options.overlay, signature)
                if drawn is not None:
                    yield drawn[0], [drawn[1]]
    except (BadData, BadImage) as error:
        row = document_row(document, "extract", error.reason, str(error))
        drops = [*entry.drops, *row.drops]
        yield msgspec.structs.replace(row, source=card.name, licence=licence, drops=drops), []


def state(options: LabelledOptions) -> str:
    """Changes when the card or a knowledge file does, so that its samples are made again."""
    texts = [card_path(options.dataset).read_bytes()]
    for path in options.knowledge:
        with open(path, "rb") as file:
            texts.append(file.read())
    return short_hash(b"\0".join(texts).hex())


def check(options: LabelledOptions) -> None:
    """Raise `ValueError` for a card, family option or knowledge file that cannot be used."""
    from extractors.labelled.words.knowledge import load_knowledge

    _opened(options)
    load_knowledge(tuple(options.knowledge))


def _opened(options: LabelledOptions) -> tuple[DatasetCard, Adapter, Options, Files]:
    """The card, how its family reads, with which options, and the files; remembered between rows."""
    return _opened_once(options.model_dump_json(), card_path(options.dataset).stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _opened_once(text: str, time_ns: int) -> tuple[DatasetCard, Adapter, Options, Files]:
    """The card has the recipe's facts too, as a family may need them (CT windows by body part)."""
    options = LabelledOptions.model_validate_json(text)
    card = load_card(options.dataset)
    card = card.model_copy(update={"facts": {**card.facts, **options.facts}})
    if card.family not in ADAPTERS:
        known = suggestion(card.family, ADAPTERS)
        raise BadCard(f"{options.dataset}: family: {card.family!r} is no family{known}")
    adapter = ADAPTERS[card.family]
    reading = _reading(card, adapter, options)
    storage = msgspec.json.encode(options.storage)
    return card, adapter, reading, _files(options.root, storage, options.links)


def _reading(card: DatasetCard, adapter: Adapter, options: LabelledOptions) -> Options:
    """The family's options: the card's, changed by the recipe's. Raises `BadCard` naming which."""
    try:
        return adapter.options.model_validate({**card.reading, **options.reading})
    except ValidationError as error:
        key = error.errors(include_url=False)[0]["loc"]
        own = "" if key and key[0] in options.reading else f"{options.dataset}: "
        raise BadCard(f"{own}reading.{first_problem(error, adapter.options)}") from None


@functools.lru_cache(maxsize=8)
def _files(root: str, storage: bytes, links: bool) -> Files:
    return Files(root, msgspec.json.decode(storage), links)


def _licence(options: LabelledOptions, card: DatasetCard, own: str) -> Licence:
    """What the picture's own row states, else the recipe, else the card."""
    attribution = options.attribution or card.attribution or card.title
    return _licence_of(own or options.licence or card.licence, attribution)


@functools.lru_cache(maxsize=256)
def _licence_of(text: str, attribution: str) -> Licence:
    code, version = canonical_code(text), ""
    if code not in KNOWN_CODES:
        found, version = licence_code(text)
        code = found or text
    return licence_of(code, version, attribution)
