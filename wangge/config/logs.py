"""Log lines as JSON, without personal data: a message template, the place, the error's kind; no request bodies."""

import json
import logging
import re

_LONG_DIGITS = re.compile(r"\d{7,}[\dXx]?")


class JsonFormatter(logging.Formatter):
    """One JSON object per line; digit runs that could be a phone or an ID number are masked."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": _LONG_DIGITS.sub("#", record.getMessage()),
        }
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["trace"] = _LONG_DIGITS.sub("#", self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)
