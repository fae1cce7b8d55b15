"""The rule writer's translation, which is none: words it knows by a dictionary, the rest letter by letter.

Numbers, abbreviations, units and marks stay. Each word and letter has one counterpart, so that the
way back gives the words again. It has the form of a translation and keeps what checks look for; no
one should read it.
"""

from __future__ import annotations

import functools
import re
from typing import Any

from benchmarks.rule_writer_request import Asked
from benchmarks.rule_writer_words import capital

# English; Chinese; Arabic.
_WORDS = """
no|无|لا يوجد
not|不|ليس
without|没有|بدون
none|皆无|لا شيء
nor|也无|ولا
free|无有|خال
absence|缺如|غياب
non|非|غير
L|左侧|الأيسر
R|右侧|الأيمن
absent|缺失|منعدم
negative|阴性|سلبي
normal|正常|طبيعي
abnormal|异样|شاذ
right|右|أيمن
left|左|أيسر
bilateral|双侧|ثنائي الجانب
both|两侧|كلا
upper|上部|علوي
lower|下部|سفلي
middle|中部|أوسط
small|小|صغير
large|大|كبير
mild|轻度|خفيف
moderate|中度|متوسط
severe|重度|شديد
acute|急性|حاد
chronic|慢性|مزمن
focal|局灶性|بؤري
clear|清晰|صاف
stable|稳定|مستقر
enlarged|增大|متضخم
unchanged|同前|كما كان
there|此处|هناك
is|为|هو
are|均为|هي
was|曾为|كان
the|该|ال
a|一个|واحد من
of|之|من
in|在|في
and|和|و
or|或|أو
with|伴|مع
to|至|إلى
on|于|على
for|对于|لأجل
evidence|证据|دليل
lung|肺|رئة
lungs|双肺|رئتان
heart|心脏|قلب
chest|胸部|صدر
size|大小|حجم
within|处于|ضمن
limits|范围|حدود
pleural|胸膜|جنبي
effusion|积液|انصباب
pneumothorax|气胸|استرواح الصدر
consolidation|实变|تصلد
pulmonary|肺部|رئوي
edema|水肿|وذمة
pneumonia|肺炎|التهاب رئوي
fracture|骨折|كسر
nodule|结节|عقيدة
mass|肿块|كتلة
opacity|阴影|عتامة
disease|疾病|مرض
image|图像|صورة
this|这|هذه
what|什么|ما
which|哪个|أي
where|哪里|أين
how|如何|كيف
many|多少|عدد
does|会否|هل
see|看|يرى
seen|可见|مرئي
shown|显示|ظاهر
yes|是|نعم
possible|可能|محتمل
probable|大概|مرجح
brain|脑|دماغ
liver|肝|كبد
kidney|肾|كلية
spine|脊柱|عمود فقري
bone|骨|عظم
side|侧|جانب
silhouette|轮廓|ظل
cardiac|心影|قلبي
mediastinal|纵隔|منصفي
contours|边缘|حواف
findings|所见|موجودات
impression|印象|انطباع
"""
# One character or letter for each letter of a to z.
_LETTERS = {
    "zh": dict(
        zip(
            "abcdefghijklmnopqrstuvwxyz",
            "阿贝希迪伊弗吉赫艾杰克勒姆恩欧佩丘尔斯特乌维沃西亚泽",
            strict=True,
        )
    ),
    "ar": dict(zip("abcdefghijklmnopqrstuvwxyz", "ابشدعفجهيژكلمنوپقرستثڤضخصز", strict=True)),
}
_COLUMN = {"zh": 1, "ar": 2}
_NAMES = {"Chinese": "zh", "Arabic": "ar"}
_TOKEN = re.compile(r"[A-Za-z]+\d*|[^A-Za-z]+")
_UNITS = frozenset(["mm", "cm", "ml", "mg", "kg", "m", "s", "g", "hz", "cc"])


@functools.cache
def dictionary(language: str) -> dict[str, str]:
    """Words of English with their counterpart; each counterpart once."""
    rows = [line.split("|") for line in _WORDS.strip().splitlines()]
    return {row[0]: row[_COLUMN[language]] for row in rows}


def lines(asked: Asked) -> dict[str, Any]:
    """`translate` and `translate_back`: every line under its number."""
    there = re.search(r"from (\w+).*? into (\w+)", asked.request)
    spoken, wanted = (there[1], there[2]) if there else ("English", "Chinese")
    made = []
    for text in asked.texts("text", "question"):
        for line in text.split("\n"):
            number, _, words = line.partition(": ")
            told = back(words, spoken) if wanted == "English" else into(words, wanted)
            made.append({"number": int(number), "text": told})
    return {"lines": made}


def into(text: str, language: str) -> str:
    """An English line in the form of another language; as it is where that is not known."""
    code = _NAMES.get(language, "")
    if not code:
        return text
    return "".join(
        token if not token[0].isascii() or not token[0].isalpha() else _word(token, code)
        for token in _TOKEN.findall(text)
    )


def _word(word: str, code: str) -> str:
    kept = (word.isupper() and len(word) > 1) or word in _UNITS or not word.isalpha()
    if kept:
        return word
    known = dictionary(code).get(word) or dictionary(code).get(word.lower())
    return known or "".join(_LETTERS[code][letter] for letter in word.lower())


def back(text: str, language: str) -> str:
    """The English words of such a line again, all in small letters but the first."""
    code = _NAMES.get(language, "")
    if not code:
        return text
    words = {other: word for word, other in dictionary(code).items()}
    letters = {other: letter for letter, other in _LETTERS[code].items()}
    longest = sorted(words, key=len, reverse=True)
    known = re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)")
    said = known.sub(lambda match: words[match[0]], text)
    return capital("".join(letters.get(character, character) for character in said))
