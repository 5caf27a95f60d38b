"""Words of the phone's report and boxes (frontend/field/screens/report.ts, boxes.ts, refused.ts)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from wangge.domains.fieldwork.command_words import NAMES, OTHER

if TYPE_CHECKING:
    from django.utils.functional import _StrOrPromise

REPORT: dict[str, _StrOrPromise] = {
    "photo-most": _("At most nine photos; this one was not added."),
    "photo-type": _("This is not a photo (JPEG, PNG, WebP or HEIC). It was not added."),
    "photo-same": _("This photo is already here."),
    "photo-failed": _("The photo could not be kept. Please take it again."),
    "photo-not-fresh": _("This photo was not taken just now. Please take one on the spot."),
    "photo-album": _("From the album, added {when}"),
    "photo-alt": _("Photo {n}"),
    "photo-remove": _("Remove photo {n}"),
    "draft-kept": _("Kept on this phone as a draft"),
    "sent-elsewhere": _("This report was sent already, from another window."),
    "because-of": _("because of “{words}”"),
    "place-grids": _("My grids"),
    "place-compounds": _("Compounds"),
    "place-buildings": _("Buildings"),
    "place-finding": _("Finding your position …"),
    "place-denied": _("Your position is not allowed. Please choose the place by hand."),
    "place-failed": _("Your position could not be found. Please choose the place by hand."),
    "place-outside": _("Outside your grids (accuracy {m} m). Please check the place."),
    "place-known": _("Position known, accuracy {m} m"),
    "place-accuracy": _("accuracy {m} m"),
    "scan-unknown": _("This code belongs to no checkpoint of your grids. Please choose the place by hand."),
    "scan-no-camera": _("No camera here. Please type what stands below the code."),
    "near-metres": _("{m} m away"),
    "not-the-same": _("No, something else"),
    "same-as": _("The same thing as {number}"),
    "the-same-thing": _("The same thing, seen again"),
    "by-voice": _("By voice: please listen to the recording"),
    "voice-stop": _("Stop ({n} / {most} s)"),
    "voice-denied": _("The microphone is not allowed. Please type instead."),
    "need-what": _("Please say what it is: choose a matter, write a few words, or speak."),
    "need-place": _("Please say where it is: wait for your position, or choose the place."),
    "need-phone": _("Please check the phone number."),
    "need-matter": _("Please choose the matter above: only some may be settled on the spot."),
    "not-on-the-spot": _("This matter may not be settled on the spot. Please hand it on."),
    "need-done": _("Please write what was done."),
    "need-before": _("This matter asks for a photo of how it was before: add one at the top."),
    "need-after": _("This matter asks for a photo taken afterwards."),
    "need-area": _("This matter asks for the area in m²."),
    "need-legal": _("This matter asks for the legal basis."),
    "need-amount": _("Please give the quantity as a number."),
    "queued-online": _("Kept, and being sent"),
    "queued-offline": _("Kept on this phone; it is sent by itself as soon as there is a signal."),
}

BOXES: dict[str, _StrOrPromise] = {
    "photos-of": _("{n} photos"),
    "draft-age": _("begun {age} ago"),
    "draft-age-now": _("begun just now"),
    "send-again": _("Send “{title}” again"),
    "refused-dropped": _("It was put away."),
    "refused-handed": _("Handed to the station"),
    "refused.hand_over": _("Hand to the station: {title}"),
    "refused.drop": _("Not needed: {title}"),
    "refused.sent_anew": _("Sent anew: {title}"),
    "refused-kept": _("Everything you wrote and photographed is kept, on this phone and at the office."),
    "refused-remedy": _("Correct it and send it anew, hand it to your station, or put it away."),
    "refused-untold": _("The office did not take it."),
    **{f"kind-{kind}": name for kind, name in NAMES.items()},
    "kind-other": OTHER,
}
