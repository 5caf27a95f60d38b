"""Why a photo is not accepted, each with what to do about it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from wangge.foundation.core.problems import InvalidError, Problem


class _PhotoRefusedError(InvalidError):
    kept = _("The photo was not stored; what you typed is still there.")


class TooLargeError(_PhotoRefusedError):
    """More bytes than a photo may have."""

    code = "photo-too-large"
    status = 413
    title = _("The photo is too large.")
    remedy = _("Take it again with a lower resolution, or send a smaller copy.")


class TooManyPixelsError(_PhotoRefusedError):
    """More pixels than the server is willing to decode."""

    code = "photo-too-many-pixels"
    title = _("The photo has too many pixels.")
    remedy = _("Take it again with a lower resolution, or send a smaller copy.")


class NotAPhotoError(_PhotoRefusedError):
    """Not a JPEG, PNG or WebP image, whatever its name says."""

    code = "photo-wrong-type"
    status = 415
    title = _("Only JPEG, PNG and WebP photos can be used.")
    remedy = _("Take the photo with the camera, or save it as JPEG and choose it again.")


class HeicError(NotAPhotoError):
    """A picture in the phone's own HEIC or AVIF format."""

    code = "photo-heic"
    title = _("Photos in HEIC or AVIF format cannot be used.")
    remedy = _("Set the camera of the phone to “Most compatible” (JPEG) and take the photo again.")


class AnimatedError(_PhotoRefusedError):
    """Several pictures in one file."""

    code = "photo-animated"
    title = _("Moving pictures cannot be used.")
    remedy = _("Choose a still photo.")


class TwoFacedError(_PhotoRefusedError):
    """The file is a photo and something else (an archive, a page, a program) at the same time."""

    code = "photo-with-hidden-file"
    title = _("Another file is hidden in this photo.")
    remedy = _("Take the photo again with the camera.")


class DamagedError(_PhotoRefusedError):
    """The file ends too early or does not decode."""

    code = "photo-damaged"
    title = _("The photo is damaged or was cut off.")
    remedy = _("Choose it again, or take it again.")


class OtherContentError(_PhotoRefusedError):
    """The bytes are not those of the sha256 under which they were sent."""

    code = "photo-other-content"
    title = _("The photo that arrived is not the one that was announced.")
    remedy = _("Send it again; the connection may have been disturbed.")


class _SoundRefusedError(InvalidError):
    kept = _("The voice note was not stored; what you typed is still there.")


class NotASoundError(_SoundRefusedError):
    """Not Opus in WebM or Ogg, not AAC in MP4, or with a picture in it."""

    code = "voice-wrong-type"
    status = 415
    title = _("This recording cannot be used as a voice note.")
    remedy = _("Record it again on this page, or type it.")


class SoundDamagedError(_SoundRefusedError):
    """The recording ends too early or is not what its header says."""

    code = "voice-damaged"
    title = _("The recording is damaged or was cut off.")
    remedy = _("Record it again on this page, or type it.")


class SoundTooLongError(_SoundRefusedError):
    """More seconds or bytes than a voice note may have."""

    code = "voice-too-long"
    status = 413
    title = _("The recording is too long.")
    remedy = _("Record at most three minutes at a time.")


class NoRoomError(Problem):
    """The disk is full or cannot be written."""

    code = "no-room"
    status = 503
    title = _("Photos cannot be stored at the moment.")
    kept = _("The photo was not stored; what you typed is still there.")
    remedy = _("Try again in a few minutes; if it lasts, tell the system administrator.")
