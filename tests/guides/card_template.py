"""The card template that is shipped for DingTalk's card platform: written here, read as the platform reads it.

`python -m tests.guides.card_template` writes `deploy/dingtalk-card.json`; a test holds that the file is what is
written here. The form is that of the templates which DingTalk publishes as examples
(open-dingtalk/dingtalk-card-examples, "审批.json", editor schema 3.0.0): a JSON document with the editor's own
document in it as text. What the platform draws (`widgetInfo`) it makes from that itself when the template is
saved. Texts are shown by the component for plain text with as many lines as they have; a button is seen while the
card is open and its label is not empty.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.dingtalk.cards import MOST_BUTTONS, OPEN, variables
from channels.messages import Button, Card, Fact, Tone

Json = dict[str, Any]
FILE = Path(__file__).parents[2] / "deploy" / "dingtalk-card.json"
EXAMPLE = Card(
    id="abcdefgh23456789",
    title="Run a command? 要执行命令吗？",
    facts=(Fact(label="Agent", value="dba"), Fact(label="Risk", value="high")),
    body="rm -r build",
    note="Expires at 14:07",
    buttons=(
        Button(choice="a", label="Approve", tone=Tone.PRIMARY),
        Button(choice="d", label="Deny", tone=Tone.DANGER),
        Button(choice="s", label="For this conversation"),
    ),
)
SHOWN = (("title", "large", True), ("facts", "middle", False), ("body", "middle", False), ("note", "small", False))
MOST_LINES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """What a template declares, shows and sends back."""

    variables: frozenset[str]
    presses: frozenset[str]
    parameters: tuple[dict[str, str], ...]
    texts: tuple[str, ...]


def written() -> str:
    """The file."""
    editor = {
        "schemaVersion": "3.0.0",
        "schema": {
            "version": "1.0.0",
            "componentsMap": [_component(name) for name in ("BaseText", "SingleButton", "Card")],
            "componentsTree": [_card()],
            "i18n": {},
        },
        "mockData": {"cardData": _example(), "cardPrivateData": {}, "localData": {}},
        "editVersion": 0,
        "customWidgetInfo": "",
        "useCustomWidgetInfo": False,
        "variableList": [_variable(name) for name in _example()],
        **{name: [] for name in ("formList", "expList", "localList", "hsfList", "lwpList")},
        "extension": {"extendType": "NORMAL", "fileTypeList": []},
    }
    inner = json.dumps(editor, ensure_ascii=False, separators=(",", ":"))
    outer = {"editorData": inner, "widgetInfo": "", "type": "im", "mode": "card"}
    return json.dumps(outer, ensure_ascii=False, indent=1) + "\n"


def read(text: str) -> Template:
    """A template as the card platform takes it in."""
    editor = json.loads(json.loads(text)["editorData"])
    [card] = editor["schema"]["componentsTree"]
    buttons = [each["props"] for each in card["children"] if each["componentName"] == "SingleButton"]
    texts = [each["props"] for each in card["children"] if each["componentName"] == "BaseText"]
    assert all(button["actionType"] == "request" for button in buttons)
    assert all(each["type"] == "string" and not each["private"] for each in editor["variableList"])
    return Template(
        variables=frozenset(each["name"] for each in editor["variableList"]),
        presses=frozenset(button["actionId"]["content"] for button in buttons),
        parameters=tuple({each["name"]: each["variable"] for each in button["params"]} for button in buttons),
        texts=tuple(text["text"]["content"] for text in texts),
    )


def _example() -> dict[str, str]:
    return variables(EXAMPLE, "staff:manager1234")


def _component(name: str) -> Json:
    return {
        "package": "@ali/dxComponent",
        "version": "1.0.0",
        "exportName": name,
        "main": "./src/index.tsx",
        "destructuring": False,
        "subName": "",
        "componentName": name,
    }


def _variable(name: str) -> Json:
    return {
        "id": name,
        "name": name,
        "type": "string",
        "private": False,
        "description": "",
        "editorVarType": "variables",
    }


def _card() -> Json:
    children = [_text(*shown) for shown in SHOWN]
    children += [_button(number) for number in range(1, MOST_BUTTONS + 1)]
    return _node("Card", "node_nexora", {"enableClickEvent": False, "disabledWhileForward": True}, children)


def _node(component: str, name: str, props: Json, children: list[Json] | None = None) -> Json:
    node = {
        "componentName": component,
        "id": name,
        "props": props,
        "title": "",
        "hidden": False,
        "isLocked": False,
        "condition": True,
        "conditionGroup": "",
    }
    return node | ({"children": children} if children is not None else {})


def _text(variable: str, size: str, is_bold: bool) -> Json:
    props = {
        "text": _string(f"${{{variable}}}"),
        "maxLine": {**_fixed("dynamicNumber", MOST_LINES)},
        "visible": _visible([_condition(variable, "notEqual", "")]),
        "size": size,
        "bold": is_bold,
        "color": "black",
        "gravity": "left",
        "fontSizeType": "Standard",
        "fontColorType": "Standard",
        "enableIcon": False,
        "enableHighlight": False,
        "marginLeft": 12,
        "marginRight": 12,
        "marginTop": 6,
        "marginBottom": 0,
    }
    return _node("BaseText", f"node_nexora_{variable}", props)


def _button(number: int) -> Json:
    conditions = [_condition("status", "equal", OPEN), _condition(f"label{number}", "notEqual", "")]
    props = {
        "text": _string(f"${{label{number}}}"),
        "status": _fixed("dynamicSelect", "normal"),
        "color": _fixed("dynamicSelect", "gray"),
        "visible": _visible(conditions),
        "enableClickEvent": True,
        "enableIcon": False,
        "disabledWhileForward": True,
        "actionType": "request",
        "actionId": _string(f"press{number}"),
        "params": [_parameter("1", "card", "card"), _parameter("2", "choice", f"choice{number}")],
        "successCondition": {"op": "and", "conditions": []},
        "marginLeft": 12,
        "marginRight": 12,
        "marginTop": 8,
        "marginBottom": 8,
    }
    return _node("SingleButton", f"node_nexora_button{number}", props)


def _string(content: str) -> Json:
    return {"type": "dynamicString", "content": content, "i18n": False}


def _fixed(kind: str, value: object) -> Json:
    return {"type": kind, "valueType": "fixed", "value": value, "variable": "", "variableType": "global"}


def _parameter(number: str, name: str, variable: str) -> Json:
    return {
        "id": number,
        "name": name,
        "type": "variable",
        "variable": variable,
        "variableType": "global",
        "value": "",
    }


def _visible(conditions: list[Json]) -> Json:
    condition = {"op": "and", "conditions": conditions}
    return {"type": "dynamicVisible", "value": True, "valueType": "condition", "condition": condition}


def _condition(variable: str, operator: str, value: str) -> Json:
    return {
        "type": "variable",
        "variable": variable,
        "variableType": "global",
        "op": operator,
        "value": value,
        "valueType": "fixed",
        "valueVariableType": "global",
    }


if __name__ == "__main__":
    FILE.write_text(written(), encoding="utf-8")
