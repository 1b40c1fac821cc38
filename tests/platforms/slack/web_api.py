"""The Web API's methods over a workspace: each takes the call's arguments and answers or raises SlackError."""

import time
from collections.abc import Callable
from typing import Any

from tests.platforms.slack.rules import SlackError, check_markdown, check_message, check_view
from tests.platforms.slack.workspace import BOT, BOT_ID, TEAM, Message, StoredFile, Workspace, described, known

Body = dict[str, Any]
MAX_PROMPTS = 4
SCOPES = "app_mentions:read,channels:history,chat:write,commands,files:read,files:write,im:history,im:write,users:read"


class WebApi:
    """What a bot token may call."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self.base = ""
        self.methods: dict[str, Callable[[Body], Body]] = {
            "assistant.threads.setStatus": self._set_status,
            "assistant.threads.setSuggestedPrompts": self._set_prompts,
            "assistant.threads.setTitle": self._set_title,
            "auth.test": self._auth_test,
            "chat.appendStream": self._append,
            "chat.postEphemeral": self._ephemeral,
            "chat.postMessage": self._post,
            "chat.startStream": self._start_stream,
            "chat.stopStream": self._stop_stream,
            "chat.update": self._update,
            "conversations.history": self._history,
            "conversations.open": self._open,
            "conversations.replies": self._replies,
            "files.completeUploadExternal": self._complete,
            "files.getUploadURLExternal": self._upload_url,
            "files.info": self._file,
            "users.info": self._user,
            "users.list": self._users,
            "views.open": self._open_view,
            "views.publish": self._publish,
        }

    def _thread(self, body: Body) -> tuple[str, str]:
        room, thread = str(body.get("channel_id")), str(body.get("thread_ts"))
        if room not in self._workspace.rooms:
            raise SlackError("channel_not_found")
        if not any(m.room == room and m.ts == thread for m in self._workspace.messages):
            raise SlackError("invalid_thread_ts")
        return room, thread

    def _set_status(self, body: Body) -> Body:
        where = self._thread(body)
        self._workspace.statuses.pop(where, None)
        if body["status"]:
            self._workspace.statuses[where] = body["status"]
        return {}

    def _set_title(self, body: Body) -> Body:
        if not body.get("title"):
            raise SlackError("invalid_arguments")
        self._workspace.titles[self._thread(body)] = body["title"]
        return {}

    def _set_prompts(self, body: Body) -> Body:
        prompts = body.get("prompts") or []
        if not 1 <= len(prompts) <= MAX_PROMPTS or not all(p.get("title") and p.get("message") for p in prompts):
            raise SlackError("invalid_arguments")
        self._workspace.prompts[self._thread(body)] = prompts
        return {}

    def _open_view(self, body: Body) -> Body:
        """A form, on a trigger that is good once and for three seconds."""
        given = self._workspace.triggers.pop(str(body.get("trigger_id")), None)
        if given is None:
            raise SlackError("invalid_trigger_id" if body.get("trigger_id") else "invalid_arguments")
        user, until = given
        if time.monotonic() > until or not self._workspace.opens_forms:
            raise SlackError("expired_trigger_id")
        check_view(body["view"], "modal")
        view = self._workspace.view(body["view"])
        self._workspace.forms[user] = view
        return {"view": view}

    def _publish(self, body: Body) -> Body:
        if body.get("user_id") not in self._workspace.users:
            raise SlackError("user_not_found")
        check_view(body["view"], "home")
        view = self._workspace.view(body["view"])
        self._workspace.homes[body["user_id"]] = view
        return {"view": view}

    def _auth_test(self, _body: Body) -> Body:
        return {"team": "home", "team_id": TEAM, "user": "nexora", "user_id": BOT, "bot_id": BOT_ID}

    def _post(self, body: Body) -> Body:
        room = self._workspace.room(body)
        check_message(body)
        message = self._workspace.add(
            Message(
                ts=self._workspace.ts(),
                room=room,
                user=BOT,
                text=body.get("text") or "",
                blocks=body.get("blocks") or [],
                thread_ts=body.get("thread_ts") or "",
                metadata=body.get("metadata"),
                unfurls=body.get("unfurl_links") is not False,
            )
        )
        return {"channel": room, "ts": message.ts, "message": message.listed}

    def _ephemeral(self, body: Body) -> Body:
        room = self._workspace.room(body)
        check_message(body)
        if body.get("user") not in self._workspace.rooms[room]:
            raise SlackError("user_not_in_channel")
        message = self._workspace.add(
            Message(
                ts=self._workspace.ts(),
                room=room,
                user=BOT,
                text=body["text"],
                blocks=body.get("blocks") or [],
                thread_ts=body.get("thread_ts") or "",
                only_for=body["user"],
            )
        )
        return {"message_ts": message.ts}

    def _update(self, body: Body) -> Body:
        message = self._workspace.own(body)
        if message.streaming:
            raise SlackError("streaming_state_conflict")
        check_message(body)
        message.text, message.blocks = body.get("text") or "", body.get("blocks") or []
        message.metadata = body.get("metadata", message.metadata)
        message.edits += 1
        return {"channel": message.room, "ts": message.ts, "text": message.text}

    def _start_stream(self, body: Body) -> Body:
        room = self._workspace.room(body)
        if not body.get("thread_ts"):
            raise SlackError("invalid_arguments", {"response_metadata": {"messages": ["[ERROR] missing thread_ts"]}})
        if not room.startswith("D") and not (body.get("recipient_user_id") and body.get("recipient_team_id")):
            raise SlackError("missing_recipient_team_id")
        check_markdown(body.get("markdown_text"))
        message = self._workspace.add(
            Message(ts=self._workspace.ts(), room=room, user=BOT, thread_ts=body["thread_ts"], streaming=True)
        )
        self._grow(message, body.get("markdown_text"))
        return {"channel": room, "ts": message.ts}

    def _append(self, body: Body) -> Body:
        message = self._streaming(body)
        if not body.get("markdown_text"):
            raise SlackError("no_text")
        check_markdown(body["markdown_text"])
        self._grow(message, body["markdown_text"])
        return {"channel": message.room, "ts": message.ts}

    def _stop_stream(self, body: Body) -> Body:
        message = self._streaming(body)
        check_markdown(body.get("markdown_text"))
        self._grow(message, body.get("markdown_text"))
        message.streaming = False
        message.metadata = body.get("metadata", message.metadata)
        return {"channel": message.room, "ts": message.ts}

    def _streaming(self, body: Body) -> Message:
        message = self._workspace.own(body, foreign="message_not_owned_by_app")
        if not message.streaming:
            raise SlackError("message_not_in_streaming_state")
        return message

    def _grow(self, message: Message, words: str | None) -> None:
        shown = message.blocks[0]["text"] if message.blocks else ""
        message.blocks = [{"type": "markdown", "text": shown + words}] if words else message.blocks

    def _history(self, body: Body) -> Body:
        """The room without what stands in its threads, newest first."""
        room = self._workspace.room(body)
        return self._page(
            [m for m in self._workspace.messages if m.room == room and not m.thread_ts], body, newest=True
        )

    def _replies(self, body: Body) -> Body:
        """A thread, oldest first, and always with the message that began it."""
        room, thread = self._workspace.room(body), body.get("ts")
        found = [m for m in self._workspace.messages if m.room == room and thread in {m.ts, m.thread_ts}]
        if not found:
            raise SlackError("thread_not_found")
        return self._page(found, body, newest=False)

    def _page(self, found: list[Message], body: Body, *, newest: bool) -> Body:
        oldest, limit = float(body.get("oldest") or 0), int(body.get("limit") or 100)
        there = [m for m in found if not m.only_for and (float(m.ts) > oldest or m.ts == body.get("ts"))]
        page = list(reversed(there))[:limit] if newest else there[:limit]
        return {"messages": [self._listed(m) for m in page], "has_more": len(there) > limit}

    def _listed(self, message: Message) -> Body:
        author = self._workspace.users.get(message.user)
        listed = message.listed | ({"bot_id": BOT_ID} if message.user == BOT else {})
        listed |= {"team": author.team} if author else {}
        files = [described(self._workspace.files[file], self.base) for file in message.files]
        begun = any(m.thread_ts == message.ts and m.room == message.room for m in self._workspace.messages)
        listed |= {"thread_ts": message.ts} if begun else {}
        return listed | ({"files": files, "subtype": "file_share"} if files and message.user != BOT else {})

    def _open(self, body: Body) -> Body:
        return {"channel": {"id": self._workspace.direct(str(body.get("users")))}}

    def _file(self, body: Body) -> Body:
        if body.get("file") not in self._workspace.files:
            raise SlackError("file_not_found")
        return {"file": known(self._workspace.files[body["file"]], self.base)}

    def _user(self, body: Body) -> Body:
        if body.get("user") not in self._workspace.users:
            raise SlackError("user_not_found")
        return {"user": self._workspace.users[body["user"]].described(body)}

    def _users(self, body: Body) -> Body:
        return {"members": [user.described(body) for user in self._workspace.users.values() if user.team == TEAM]}

    def _upload_url(self, body: Body) -> Body:
        if not body.get("filename") or int(body.get("length") or 0) <= 0:
            raise SlackError("invalid_arguments")
        file = StoredFile(id=f"F{self._workspace.number():04d}", name=body["filename"], length=int(body["length"]))
        self._workspace.files[file.id] = file
        return {"upload_url": f"{self.base}/upload/{file.id}", "file_id": file.id}

    def _complete(self, body: Body) -> Body:
        room = self._workspace.room(body)
        files = [self._workspace.files.get(entry["id"]) for entry in body["files"]]
        if not all(file and len(file.content) == file.length for file in files):
            raise SlackError("file_not_found")
        self._workspace.add(
            Message(
                ts=self._workspace.ts(),
                room=room,
                user=BOT,
                thread_ts=body.get("thread_ts") or "",
                files=[entry["id"] for entry in body["files"]],
            )
        )
        return {"files": [{"id": entry["id"]} for entry in body["files"]]}
