"""The records that flow: a `Document` (what a corpus is made from) becomes `Sample` rows.

All are frozen msgspec structs. A `Sample` is one row from extract to manifest; its fields are
the manifest's columns (see `schemas.manifest` for their Arrow types).
"""

from __future__ import annotations

import msgspec


class Drop(msgspec.Struct, frozen=True):
    """Why a row is not in the corpus. A row with any drop is kept in the manifest, marked."""

    stage: str
    reason: str
    detail: str = ""


class FileRef(msgspec.Struct, frozen=True):
    """A file that belongs to a document. `md5` is lower-case hex or empty where unknown."""

    name: str
    url: str
    md5: str = ""


class DocumentRef(msgspec.Struct, frozen=True):
    """A document as a source enumerates it, before it is described.

    `address` is what the source needs to find it again; `tag` changes when its content does
    (an ETag, a size and time) and may be empty where the source cannot tell cheaply.
    """

    key: str
    address: str
    tag: str = ""


class Document(msgspec.Struct, frozen=True):
    """One article (or patient, or container slice) with its address, checksum and licence.

    `ref` is the key of the `DocumentRef` it came from, `source_index` the place of its source in
    the recipe, `entry` its place in a file that holds several.
    """

    document_id: str
    group_id: str
    source: str
    address: str
    ref: str = ""
    source_index: int = 0
    entry: int = 0
    licence: str = ""
    checksum: str = ""
    files: list[FileRef] = []
    meta: dict[str, str] = {}
    drops: list[Drop] = []


class Image(msgspec.Struct, frozen=True):
    """Where one picture lies: `length` bytes at `offset` of the tar at `path` (corpus-relative).

    `width`, `height` in pixels as stored; `format` is `jpg` or `png`; `phash` is 64 bits.
    """

    path: str
    offset: int
    length: int
    width: int
    height: int
    format: str
    sha256: str
    phash: int


class Figure(msgspec.Struct, frozen=True):
    """Which figure (and panel of it) a sample shows; `box` is [x0, y0, x1, y1] in pixels."""

    id: str
    label: str = ""
    panel: str = ""
    box: list[int] = []
    width: int = 0
    height: int = 0
    merged: list[str] = []


class Licence(msgspec.Struct, frozen=True):
    """The licence a row is under; `code` as the source gives it, `spdx` an SPDX expression."""

    code: str = ""
    spdx: str = ""
    derivatives: bool = False
    commercial: bool = False
    attribution: str = ""
    retracted: bool = False


class Text(msgspec.Struct, frozen=True):
    """One text about a sample. `kind` is one of `TEXT_KINDS`; `writer` is empty for the source.

    Of a text that a model wrote, `evidence` names what it rests on (see `schemas.evidence`),
    `faithful` says whether it was proved against that (False: rejected, and never a caption), and
    `reasons` what was found, as `number_changed: 12 mm`.
    """

    kind: str
    text: str
    language: str = "en"
    writer: str = ""
    prompt: str = ""
    faithful: bool | None = None
    evidence: str = ""
    reasons: list[str] = []


class Label(msgspec.Struct, frozen=True):
    """A class label; `value` is present, absent, uncertain or unstated."""

    name: str
    value: str


class Region(msgspec.Struct, frozen=True):
    """A region of image number `image`: a structure, a finding or a panel.

    `box` is [x0, y0, x1, y1] in pixels, x1 and y1 just outside; `rle` is a mask as COCO's compressed
    counts over the picture's height and width; `area` is in pixels, `share` of the picture (0 to 1).
    `side` is left, right, middle or both, of the patient where `frame` is patient, of the picture
    where it is image; `place` says in words where in the picture it lies.
    """

    label: str
    box: list[float] = []
    rle: str = ""
    area: float = 0.0
    text: str = ""
    image: int = 0
    share: float = 0.0
    side: str = ""
    frame: str = ""
    place: str = ""


class Concept(msgspec.Struct, frozen=True):
    """A concept of a vocabulary, found at characters `start` to `end` of a text.

    `kind` is the text's, `text` its place in the sample's `texts`. `negated`: its sentence denies
    it; `uncertain`: its sentence leaves it open. `score` is from 0 to 1.
    """

    cui: str
    name: str
    types: list[str] = []
    kind: str = ""
    text: int = 0
    start: int = 0
    end: int = 0
    score: float = 0.0
    negated: bool = False
    uncertain: bool = False


class Question(msgspec.Struct, frozen=True):
    """A question about the sample. `kind` is open, closed (yes or no), single or multiple.

    `options` is empty for open questions; `answer` is one of them, for multiple several of them
    joined by `; `. `task` is what is asked for (one of `QUESTION_TASKS`, or the source's own word),
    `pair` the same for a question and its negated twin. `evidence` names what the answer rests on.

    `prompt`, `faithful` and `reasons` are as in `Text`. `level` is its complexity from 1 on (0: not
    said), `dialogue` the same for the turns of one conversation, which stand in their order.
    `rejected` is a wrong answer to prefer `answer` over, `weight` from 0 to 1 how much that
    matters clinically.
    """

    kind: str
    question: str
    options: list[str] = []
    answer: str = ""
    rationale: str = ""
    evidence: str = ""
    writer: str = ""
    task: str = ""
    pair: str = ""
    language: str = "en"
    prompt: str = ""
    faithful: bool | None = None
    reasons: list[str] = []
    level: int = 0
    dialogue: str = ""
    rejected: str = ""
    weight: float | None = None


class Sample(msgspec.Struct, frozen=True):
    """One row of the corpus, kept or dropped.

    `sampling_weight`: how often it should be drawn in training, 1 on average. `curriculum`: the
    training stages it belongs to.
    """

    sample_id: str
    document_id: str
    group_id: str
    source: str
    images: list[Image] = []
    width: int | None = None
    height: int | None = None
    figure: Figure | None = None
    licence: Licence = Licence()
    caption: str = ""
    texts: list[Text] = []
    labels: list[Label] = []
    regions: list[Region] = []
    concepts: list[Concept] = []
    questions: list[Question] = []
    modality: str = ""
    modality_score: float | None = None
    body_part: str = ""
    view: str = ""
    scores: dict[str, float] = {}
    meta: dict[str, str] = {}
    drops: list[Drop] = []
    kept: bool = True
    duplicate_of: str = ""
    split: str = ""
    shard: str = ""
    sampling_weight: float = 1.0
    curriculum: list[str] = []


TEXT_KINDS = (
    "caption",
    "subcaption",
    "reference",
    "reference_paragraph",
    "title",
    "abstract",
    "report",
    "label_caption",
    "rewritten",
    "region_caption",
    "reference_summary",
    "translation",
)

QUESTION_KINDS = ("open", "closed", "single", "multiple")

QUESTION_TASKS = (
    "modality",
    "body_part",
    "view",
    "class",
    "presence",
    "grade",
    "attribute",
    "count",
    "side",
    "place",
    "size",
    "box",
    "point",
    "relation",
    "measure",
    "change",
)


def dropped(sample: Sample, stage: str, reason: str, detail: str = "") -> Sample:
    """The same sample with one more drop mark."""
    drops = [*sample.drops, Drop(stage, reason, detail[:500])]
    return msgspec.structs.replace(sample, drops=drops, kept=False)


def document_row(document: Document, stage: str, reason: str, detail: str = "") -> Sample:
    """The row that stands for a document which gave no figure, so that it is not lost."""
    row = Sample(
        sample_id=document.document_id,
        document_id=document.document_id,
        group_id=document.group_id,
        source=document.source,
        licence=Licence(code=document.licence),
        meta=document.meta,
        drops=document.drops,
        kept=not document.drops,
    )
    return dropped(row, stage, reason, detail) if reason else row
