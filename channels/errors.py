"""The root of every error of ours. It stands alone, so that what only speaks loads nothing of what channels need."""


class NexoraError(Exception):
    """Something went wrong in Nexora."""

    def __init__(self, detail: str = "") -> None:
        super().__init__(detail or (self.__doc__ or "").strip().splitlines()[0])
