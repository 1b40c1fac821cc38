"""A growing answer: one message that is rewritten."""

from channels.discord.render import MAX_CONTENT, WHOLE, fits, markdown
from channels.discord.sending import Sender
from channels.messages import Address, Ref, Stop
from channels.shared.split import tail


class Growing:
    """One answer while it grows; satisfies `channels.base.LiveMessage`."""

    def __init__(self, sender: Sender, address: Address, answers: Ref | None, resumes: Ref | None) -> None:
        self._sender = sender
        self._address = address
        self._answers = answers
        self._ref = resumes
        self._shown = ""
        self._stop: Stop | None = None

    def bear(self, stop: Stop) -> None:
        """Show that button below the words; the final text comes without."""
        self._stop = stop

    async def show(self, text: str) -> None:
        """Show the whole text so far; raises RateLimited or ChannelError."""
        rendered = markdown(text)
        if not fits(rendered):
            rendered = f"…{tail(rendered, MAX_CONTENT - 1, WHOLE)}"
        if not rendered.strip() or rendered == self._shown:
            return
        if self._ref is None:
            self._ref = await self._sender.say(self._address, rendered, self._answers, self._stop)
        else:
            await self._sender.rewrite(self._ref, rendered, self._stop)
        self._shown = rendered

    def standing(self) -> Ref | None:
        """The message, once there is one."""
        return self._ref

    async def close(self) -> Ref | None:
        """Nothing to end: the final text replaces what stands there."""
        return self._ref
