"""What every desk page needs."""
from django.http import HttpRequest
def rail(request: HttpRequest) -> dict[str, object]:
    return {"rail": []}
