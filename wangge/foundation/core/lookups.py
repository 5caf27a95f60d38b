"""`text__zh="排水"`: substring search in Chinese through an expression GIN index of bigrams, without any extension.

Two characters or more use the index and are rechecked by LIKE; one character falls back to LIKE alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import CharField, Lookup, TextField

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler


@TextField.register_lookup
@CharField.register_lookup
class Zh(Lookup):
    """Contains, for Chinese text; case-insensitive."""

    lookup_name = "zh"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        lhs, lhs_params = self.process_lhs(compiler, connection)
        wanted = str(self.rhs).lower()
        pattern = "%" + wanted.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        like = f"lower({lhs}) LIKE %s"
        if len(wanted) < 2:
            return like, (*lhs_params, pattern)
        return (
            f"(bigrams({lhs}) @> bigrams(%s::text) AND {like})",
            (*lhs_params, wanted, *lhs_params, pattern),
        )
