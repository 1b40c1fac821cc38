"""What a person can send on Slack (docs.slack.dev/reference/events/message): fields of the event."""

from tests.contract.kinds import COMMAND, Content

SHARED = {"ts": "1724966776.474889", "author_id": "U0BOB", "author_name": "Bob", "channel_id": "C07K", "is_share": True}
SECTION = {"type": "rich_text_section", "elements": [{"type": "text", "text": COMMAND}]}
BLOCKS = [{"team": "T0", "message": {"blocks": [{"type": "rich_text", "elements": [SECTION]}]}}]
GONE = {"id": "F1", "mode": "tombstone", "name": "a.pdf"}
HIDDEN = {"id": "F2", "mode": "hidden_by_limit", "name": "b.pdf"}
CONNECT = {"id": "F3", "file_access": "check_file_info"}

CONTENTS = (
    Content(name="shared", payload={"attachments": [{**SHARED, "text": COMMAND}]}, says=("Bob",), is_others=True),
    Content(
        name="shared_blocks",
        payload={"attachments": [{**SHARED, "message_blocks": BLOCKS, "fallback": "[no preview available]"}]},
        says=("Bob",),
        is_others=True,
    ),
    Content(name="shared_file", payload={"attachments": [{**SHARED, "text": "", "files": [CONNECT]}]}, files=("F3",)),
    Content(name="connect_file", payload={"subtype": "file_share", "files": [CONNECT]}, files=("F3",)),
    Content(name="deleted_file", payload={"subtype": "file_share", "files": [GONE]}, says=("a.pdf", "deleted")),
    Content(name="hidden_file", payload={"subtype": "file_share", "files": [HIDDEN]}, says=("b.pdf", "plan")),
    Content(name="me_message", payload={"subtype": "me_message", "text": "waves"}, says=("waves",)),
    Content(name="nothing", payload={"text": ""}, says=("Slack does not tell",)),
)
