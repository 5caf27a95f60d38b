"""Names kept in two languages on the row itself: `name_zh` always, `name_en` where there is one."""

from django.utils.translation import get_language


def in_language(zh: str, en: str) -> str:
    """The text for the active language; Chinese when there is no English."""
    language = get_language() or "zh-hans"
    return en if en and language.startswith("en") else zh


class TwoNames:
    """Mixed into models with `name_zh` and `name_en`."""

    name_zh: str
    name_en: str

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return in_language(self.name_zh, self.name_en)
