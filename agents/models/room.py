"""How much a model may be sent, as far as that is known by now. It asks nobody."""

from agents.models.fallback import Fallback
from agents.models.fitted import Fitted, Window
from agents.models.protocol import Model


def window_of(model: Model) -> Window | None:
    """What is known of the window of the model that is asked first while nothing is amiss."""
    first = model.models[0] if isinstance(model, Fallback) else model
    return first.window if isinstance(first, Fitted) else None


def room_of(model: Model) -> int | None:
    """How many bytes a request to it may take; None while nobody knows."""
    window = window_of(model)
    return window.room_bytes if window else None
