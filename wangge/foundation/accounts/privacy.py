"""Personal fields of those who work here."""

from wangge.foundation.core import sealed
from wangge.foundation.core.privacy import declare

declare(
    "accounts.user.username",
    meaning="log-in name",
    seen_by="the security administrator",
    kept="while the person works here, then with the history of his steps",
    erased="replaced by a number; the user is disabled",
)
declare(
    "accounts.user.name",
    meaning="name of a member of staff",
    seen_by="staff; residents of his grid (public notice duty of grid workers)",
    kept="while the person works here, then with the history of his steps",
    erased="replaced by a number; the user is disabled",
)
declare(
    "accounts.user.phone",
    meaning="phone of a member of staff, sealed",
    seen_by="the person himself",
    kept="while the person works here",
    erased="set to null",
)
sealed.declare("accounts.user", "phone", bound_to=lambda user: str(user.username))
