"""One turn: from what a person said, or what was decided, to the answer. It never waits for a person.

Every answer of the model and every result is stored as it arrives, in the transaction that also writes usage, audit
and what is to be sent. A turn that is run again finds its own steps and goes on after the last of them.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import structlog

from agents.call_forms.said_calls import Held, said_calls
from agents.conversation.conversation import Conversations, Opened, TurnStep, WrittenSteps
from agents.conversation.sound import numbered, sound, sound_history
from agents.models.context import Prepared, answer_message, message, result_message
from agents.models.pictures import led_by, with_pictures
from agents.models.protocol import End, Finished, TextDelta, TokenUsage, ToolCallRequest, is_of_request
from agents.models.wire.reasoning_filter import spoken
from agents.tools.deferred import called_through
from agents.tools.tool import ToolResult
from agents.turn.brake import REPEATED, Brake
from agents.turn.call_ends import NOT_BEGUN
from agents.turn.calls import Calls
from agents.turn.endings import ANSWER_LIMIT, CALL_CUT, ModelAnswer, TurnEnding, ending_of, failed, is_whole
from agents.turn.folding import Folding
from agents.turn.found import so_far
from agents.turn.judging import CallJudge, Judged
from agents.turn.origins import origins_of
from agents.turn.record import Turn
from agents.turn.remembering import Remembering
from agents.turn.running import Running
from agents.turn.side_by_side import side_by_side
from agents.turn.stopping import until_stopped, watched
from agents.turn.task import Task, add_usage
from agents.turn.titles import Titles
from channels.locales import say
from channels.messages import Outbound, notice, plain
from channels.times import zone_of
from governance.masking import for_chat
from governance.record.audit import Event, Status
from governance.record.transaction import Store, Transaction
from governance.usage.usage import Usage as UsageRecord

_log = structlog.get_logger(__name__)

STOPPED_BEFORE = "The person said stop before this call began."


@dataclass(slots=True, kw_only=True)
class _Progress:
    """How far a turn has come. `unsaved` are steps that the next transaction writes.

    The turn's own messages begin in the prompt at `own_from`. `earlier` messages before them may be left out when the
    provider refuses them, `newest_earlier` is the number of the last of those; `is_begun_anew` once they were.
    """

    prompt: list[Prepared]
    unsaved: list[TurnStep]
    next_step: int
    own_from: int
    brake: Brake
    usages: list[TokenUsage] = field(default_factory=list)
    answers: int = 0
    earlier: int = 0
    newest_earlier: int = 0
    is_begun_anew: bool = False


class Turns:
    """Runs turns, one at a time in each conversation (the bus sees to that).

    `mark` is what stands below a model's words, in a language; the model itself is never shown it.
    """

    def __init__(
        self,
        store: Store,
        conversations: Conversations,
        calls: Calls,
        usage: UsageRecord,
        titles: Titles,
        *,
        judging: CallJudge,
        remembering: Remembering,
        folding: Folding,
        mark: Callable[[str], str],
    ) -> None:
        self._store = store
        self._mark = mark
        self._conversations = conversations
        self._judging = judging
        self._remembering = remembering
        self._folding = folding
        self._calls = calls
        self._usage = usage
        self._titles = titles
        self.running = Running()

    async def run(self, task: Task, opened: Opened) -> None:
        """Answer. Raises DatabaseAway and LeaseLost, after which the turn is run again, here or elsewhere."""
        try:
            with self.running.begun(task.turn) as stop:
                if task.is_stopped:
                    stop.set()
                await self._answer(task, opened, stop)
        except BaseException:
            self._conversations.forget(task.key)
            raise
        finally:
            await task.view.close()

    async def _answer(self, task: Task, opened: Opened, stop: asyncio.Event) -> None:
        progress = await self._begin(task, opened, stop)
        language = task.turn.person.language
        while True:
            answer = await self._ask_model(task, progress, stop)
            if is_of_request(answer.error) and progress.earlier and not answer.text and not stop.is_set():
                answer = await self._ask_anew(task, progress, stop, answer)
            if stop.is_set():
                await self._end(
                    task, progress, TurnEnding(state="stopped", told=say("turn.stopped", language)), answer.text
                )
                return
            if answer.error is not None:
                await self._end(task, progress, failed(answer.error, language), answer.text)
                return
            if not answer.goes_on:
                await self._end(task, progress, ending_of(answer, language), answer.text)
                return
            progress.answers += 1
            if await self._do_calls(task, progress, answer, stop):
                await self._give_up(task, progress, "failed", say("turn.loop", language))
                return
            if progress.answers >= task.turn.agent.spec.max_steps:
                await self._give_up(task, progress, "done", say("turn.steps", language, steps=progress.answers))
                return

    async def _begin(self, task: Task, opened: Opened, stop: asyncio.Event) -> _Progress:
        """The prompt, and this turn's own steps where it was begun before."""
        person = task.turn.person
        zone = zone_of(person.time_zone, person.language)
        system, history = task.turn.agent.system_in(zone), opened.history.recent()
        tools = task.turn.agent.tools
        if opened.turn_state is not None and opened.own:
            own = sound_history((body for _, body in opened.own), is_going_on=True)
            progress = _Progress(
                prompt=[system, *history, *led_by(task.pictures, own)],
                unsaved=[],
                next_step=max(number for number, _ in opened.own) + 1,
                own_from=1 + len(history),
                brake=Brake.after(own, tools),
            )
            task.steps.take_up(own, task.turn.person.language)
            await self._settle_lost(task, progress, own)
            return progress
        if task.opening is None:
            first = [await self._remembering.first(task, history)]
        else:
            first = list(await task.opening(lambda _, call: self._result(task, call, stop)))
        steps = [TurnStep(number=n, role=body.role, body=body) for n, body in enumerate(first)]
        return _Progress(
            prompt=[system, *history, *led_by(task.pictures, first)],
            unsaved=steps,
            next_step=len(steps),
            own_from=1 + len(history),
            brake=Brake(tools),
            earlier=len(history),
            newest_earlier=opened.history.newest,
        )

    async def _settle_lost(self, task: Task, progress: _Progress, own: Sequence[Prepared]) -> None:
        """Answer every call of an interrupted turn that has no result, so that the prompt is whole again."""
        asked: dict[str, None] = {}
        for body in own:
            for call in body.get("tool_calls") or ():
                asked[call["id"]] = None
            if body.get("role") == "tool":
                asked.pop(body["tool_call_id"], None)
        async with self._store.transaction() as work:
            told = await self._calls.ends.lost(work, task.key, task.turn.id)
            self._add(progress, [told.get(call_id, told.get("", NOT_BEGUN)).answering(call_id) for call_id in asked])
            written = await self._save(work, task, progress, "running")
        self._saved(task, progress, written)

    # The model

    async def _ask_model(self, task: Task, progress: _Progress, stop: asyncio.Event) -> ModelAnswer:
        """One answer, shown as it grows, and cut off the moment somebody says stop."""
        texts: list[str] = []
        calls: list[ToolCallRequest] = []
        ends: list[Finished] = []
        tools = task.turn.agent.tools
        held = Held(has_tools=bool(tools))

        async def read() -> None:
            async with aclosing(task.turn.agent.model.stream(progress.prompt, task.turn.agent.schemas)) as deltas:
                async for delta in deltas:
                    if isinstance(delta, TextDelta):
                        texts.append(delta.text)
                        if shown := held.feed(delta.text):
                            await task.view.write(shown)
                    elif isinstance(delta, ToolCallRequest):
                        calls.append(delta)
                    else:
                        ends.append(delta)

        error = await until_stopped(read, stop)
        progress.usages.extend(end.usage for end in ends)
        words = spoken("".join(texts))
        if not calls and error is None:
            words, said = said_calls(words, tools)
            calls += said
        if not calls and (rest := held.rest()):
            await task.view.write(rest)
        text = for_chat(words)
        return ModelAnswer(
            text=text[:ANSWER_LIMIT],
            calls=tuple(calls),
            end=ends[-1] if ends else None,
            error=error,
            is_too_long=len(text) > ANSWER_LIMIT,
        )

    async def _ask_anew(
        self, task: Task, progress: _Progress, stop: asyncio.Event, refused: ModelAnswer
    ) -> ModelAnswer:
        """Ask without what was said before this turn, which the provider may refuse for ever; else it is this turn."""
        whole, progress.prompt = progress.prompt, [progress.prompt[0], *progress.prompt[1 + progress.earlier :]]
        answer = await self._ask_model(task, progress, stop)
        if answer.error is not None:
            progress.prompt = whole
            return refused
        _log.warning("conversation_refused", conversation=task.key, reason=str(refused.error))
        progress.earlier, progress.own_from, progress.is_begun_anew = 0, 1, True
        return answer

    # Tools

    async def _do_calls(self, task: Task, progress: _Progress, answer: ModelAnswer, stop: asyncio.Event) -> bool:
        """Judge, write, run and write again; whether the model goes round in circles."""
        turn = task.turn
        asked = [called_through(each, turn.agent.tools) for each in numbered(answer.calls, progress.prompt)]
        held = progress.brake.held(asked)
        judged = [await self._judge(turn, progress, *each) for each in zip(asked, held, strict=True)]
        judged = await self._tried(task, judged, stop)
        if answer.end and answer.end.end is End.LENGTH and not is_whole(asked[-1]):
            judged[-1] = Judged(request=asked[-1], id=judged[-1].id, answer=CALL_CUT, rule="call.cut")
        thinking, signed = (answer.end.thinking, answer.end.signed) if answer.end else ("", {})
        self._add(progress, [answer_message(answer.text, [sound(call.request) for call in judged], thinking, signed)])
        async with self._store.transaction() as work:
            judged = await self._calls.write(work, turn, judged)
            written = await self._save(work, task, progress, "running")
        self._saved(task, progress, written)
        results = await side_by_side(judged, lambda call: self._result(task, call, stop))
        self._add(progress, [_told(progress, call, result) for call, result in zip(judged, results, strict=True)])
        async with self._store.transaction() as work:
            for call, result in zip(judged, results, strict=True):
                if call.is_allowed:
                    await self._calls.finish(work, turn, call, result)
            written = await self._save(work, task, progress, "running")
        self._saved(task, progress, written)
        return progress.brake.is_spent

    async def _judge(self, turn: Turn, progress: _Progress, request: ToolCallRequest, is_held: bool) -> Judged:  # noqa: FBT001  # with its call
        own_from = 0 if turn.is_direct else progress.own_from
        known = partial(origins_of, progress.prompt, turn.agent.tools, own_from)
        judged = await self._judging.judge(turn, request, known)
        if is_held:
            return replace(judged, answer=REPEATED, because="", rule="call.repeated", ask=None, is_allowed=False)
        return judged

    async def _tried(self, task: Task, judged: Sequence[Judged], stop: asyncio.Event) -> list[Judged]:
        """The calls after trials of those that fit, but of none that follows one that changes something first."""
        tried: list[Judged] = []
        for call in judged:
            may = not any(each.is_allowed for each in tried) and self._calls.fits_a_trial(call)
            if may:
                task.steps.begins(task, call)
            trying = partial(self._calls.try_out, task.turn, call, earlier=tuple(tried))
            outcome = await watched(trying, task.view, stop) if may else None
            if may and stop.is_set():
                outcome = replace(call, ask=None, answer=STOPPED_BEFORE)
            tried.append(outcome or call)
        return tried

    async def _result(self, task: Task, call: Judged, stop: asyncio.Event) -> ToolResult:
        """What a call comes to, with a line for whoever watches."""
        return await task.steps.shown(task, call, partial(self._come_to, task, call, stop), stop)

    async def _come_to(self, task: Task, call: Judged, stop: asyncio.Event) -> ToolResult:
        """Run an allowed call, showing how it comes along, until it ends or somebody says stop."""
        if not call.is_allowed:
            return ToolResult(text=call.answer, ok=False, ran=False)
        if stop.is_set():
            return ToolResult(text=STOPPED_BEFORE, ok=False, ran=False)
        result = await watched(partial(self._calls.run, task.turn, call), task.view, stop)
        return result or ToolResult(text="The person said stop while this call ran.", ok=False)

    # Writing

    @staticmethod
    def _add(progress: _Progress, bodies: Sequence[Prepared]) -> None:
        for body in bodies:
            progress.unsaved.append(TurnStep(number=progress.next_step, role=body.role, body=body))
            progress.prompt.append(body)
            progress.next_step += 1

    async def _save(self, work: Transaction, task: Task, progress: _Progress, state: str) -> WrittenSteps | None:
        for usage in progress.usages:
            await add_usage(self._usage, work, task.turn, usage)
        return await self._conversations.write(work, task.turn, progress.unsaved, state)

    def _saved(self, task: Task, progress: _Progress, written: WrittenSteps | None) -> None:
        """After the commit: nothing of it is written a second time."""
        self._conversations.extend(task.key, progress.unsaved, written)
        progress.unsaved = []
        progress.usages = []

    async def _give_up(self, task: Task, progress: _Progress, state: str, why: str) -> None:
        """End without an answer, and show what was found until then."""
        turn = task.turn
        found = so_far(progress.prompt[progress.own_from :], turn.agent.tools, turn.person.language)
        await self._end(task, progress, TurnEnding(state=state, told=f"{why}\n\n{found}" if found else why))

    async def _end(self, task: Task, progress: _Progress, ending: TurnEnding, words: str = "") -> None:
        """The last transaction: the answer, how the turn ended, what is sent, and the event marked as done.

        The model is shown its own words again and not what was told below them, so that it can go on where it was.
        """
        language = task.turn.person.language
        anew = say("turn.begun_anew", language) if progress.is_begun_anew else ""
        told = "\n\n".join(each for each in (ending.told, anew) if each)
        text = words or told
        below = "\n\n".join(each for each in (told, self._mark(language) if words else "") if each)
        above = notice(f"{task.heading}\n\n") if task.heading else ()
        parts = (
            *above,
            *(plain(words) if words else ()),
            *(notice(f"\n\n{below}" if words else below) if below else ()),
        )
        withheld = {"withheld": True} if ending.is_withheld else {}
        self._add(progress, [message("assistant", text, **withheld)])
        replaces = await task.view.close()
        async with self._store.transaction() as work:
            written = await self._save(work, task, progress, ending.state)
            if progress.is_begun_anew:
                await self._conversations.begin_anew(work, task.key, progress.newest_earlier)
            work.record(_turn_event(task, ending))
            work.send(
                Outbound(
                    key=f"turn:{task.turn.id}",
                    address=task.turn.address,
                    parts=parts,
                    replaces=replaces,
                    answers=task.answers,
                    only_for=task.only_for,
                    in_language=language,
                    agent=task.turn.agent.name,
                    ends=task.ends,
                    work=task.steps.told,
                )
            )
            await task.finish(work)
        self._saved(task, progress, None if ending.is_withheld or progress.is_begun_anew else written)
        self._folding.ended(task.turn, task.only_for)
        if ending.state == "done":
            self._titles.begin(task, text)
            self._remembering.ended(task)


def _turn_event(task: Task, ending: TurnEnding) -> Event:
    detail: dict[str, Any] = {"agent": task.turn.agent.name, "turn": str(task.turn.id)}
    if ending.error is not None:
        detail["error"] = f"{type(ending.error).__name__}: {ending.error}"[:500]
    return Event(
        tag="agents:turn:failed" if ending.state == "failed" else "agents:turn:ended",
        actor=str(task.turn.person.id),
        actor_name=task.turn.person.name,
        resource=task.turn.agent.name,
        status=Status.FAILED if ending.state == "failed" else Status.OK,
        address=task.turn.address.key,
        detail=detail | {"state": ending.state},
    )


def _told(progress: _Progress, call: Judged, result: ToolResult) -> Prepared:
    """The result as the model is shown it."""
    text = progress.brake.saw(call.request, result.text, result.outcome)
    return with_pictures(result_message(call.request.id, text, result.outcome), result.pictures)
