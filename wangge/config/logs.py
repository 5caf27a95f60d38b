"""Log lines as JSON, without personal data: a message template, the place, the error's kind; no request bodies."""

import json
import logging
import re

# A phone, an ID number; and Chinese characters: our own words here are English, so these are somebody's name or address
# that an exception quotes.
_PERSONAL = re.compile(r"\d{7,}[\dXx]?|[\u3400-\u9fff]+")


class JsonFormatter(logging.Formatter):
    """One JSON object per line; what could be a phone, an ID number or a Chinese name is masked."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _PERSONAL.sub("#", record.getMessage()),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _PERSONAL.sub("#", self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
