"""The words around questions and captions in exported conversations, in several languages."""

from __future__ import annotations

from schemas.identifiers import short_hash

# Requests for a description; which one is drawn by the record's id.
_DESCRIBE: dict[str, tuple[str, ...]] = {
    "en": (
        "Describe what is shown here.",
        "Describe this picture.",
        "What does this show?",
        "What can be seen here?",
        "Write a caption for this.",
        "Say what this shows.",
    ),
    "ar": ("صف ما يظهر هنا.", "ماذا يظهر هنا؟"),
    "de": ("Beschreibe, was hier zu sehen ist.", "Was ist hier zu sehen?"),
    "es": ("Describe lo que se muestra aquí.", "¿Qué se ve aquí?"),
    "fr": ("Décris ce qui est montré ici.", "Que voit-on ici ?"),
    "hi": ("यहाँ जो दिखता है उसका वर्णन करें।", "यहाँ क्या दिखाई देता है?"),
    "it": ("Descrivi ciò che è mostrato qui.", "Che cosa si vede qui?"),
    "ja": ("ここに示されているものを説明してください。", "ここに何が見えますか。"),
    "ko": ("여기에 보이는 것을 설명하세요.", "여기에 무엇이 보입니까?"),
    "pt": ("Descreva o que se mostra aqui.", "O que se vê aqui?"),
    "ru": ("Опишите, что здесь показано.", "Что здесь видно?"),
    "zh": ("请描述这里显示的内容。", "这里显示了什么？", "请为此写一段说明。"),
}
# What is said below options: for one right option, for several, before an answer with reasons.
_ONE = {
    "en": "Choose the right option.",
    "ar": "اختر الخيار الصحيح.",
    "de": "Wähle die richtige Antwort.",
    "es": "Elige la opción correcta.",
    "fr": "Choisis la bonne option.",
    "it": "Scegli l'opzione giusta.",
    "pt": "Escolha a opção certa.",
    "ru": "Выберите правильный вариант.",
    "zh": "请选择正确的选项。",
}
_SEVERAL = {
    "en": "Choose all options that are right.",
    "ar": "اختر كل الخيارات الصحيحة.",
    "de": "Wähle alle richtigen Antworten.",
    "es": "Elige todas las opciones correctas.",
    "fr": "Choisis toutes les bonnes options.",
    "it": "Scegli tutte le opzioni giuste.",
    "pt": "Escolha todas as opções certas.",
    "ru": "Выберите все правильные варианты.",
    "zh": "请选择所有正确的选项。",
}
_YES_OR_NO = {"en": "Answer yes or no.", "zh": "请回答“是”或“否”。"}
_ANSWER = {
    "en": "Answer: ",
    "ar": "الجواب: ",
    "de": "Antwort: ",
    "es": "Respuesta: ",
    "fr": "Réponse : ",
    "it": "Risposta: ",
    "pt": "Resposta: ",
    "ru": "Ответ: ",
    "zh": "答案：",
}


def describe(language: str, key: str) -> str:
    """A request for a description in a language that has one here, else in English."""
    forms = _DESCRIBE.get(_base(language), _DESCRIBE["en"])
    return forms[int(short_hash(key, 8), 16) % len(forms)]


def choose(kind: str, language: str) -> str:
    """What is said below the options of a question; "" in a language that has nothing here."""
    return {"single": _ONE, "multiple": _SEVERAL}.get(kind, {}).get(_base(language), "")


def yes_or_no(language: str) -> str:
    """What is said below a question to be answered by yes or no."""
    return _YES_OR_NO.get(_base(language), "")


def answer(language: str) -> str:
    """What stands before the answer where reasons come first."""
    return _ANSWER.get(_base(language), _ANSWER["en"])


def _base(language: str) -> str:
    return language.partition("-")[0].lower()
