"""What servers ask for, field by field: which schema is a form, what is a secret, and which words are a value."""

import pytest

from governance.forms.fields import FieldKind, FormRefused, ValueWrong, fields_of, read_value, shown_value


def form(**properties):
    return fields_of({"type": "object", "properties": properties})


def one(**schema):
    return form(value=schema)[0]


@pytest.mark.parametrize(
    ("schema", "kind"),
    [
        ({"type": "boolean"}, FieldKind.YES_NO),
        ({"type": "integer"}, FieldKind.INTEGER),
        ({"type": "number"}, FieldKind.NUMBER),
        ({"type": "string"}, FieldKind.TEXT),
        ({"type": "string", "enum": ["a", "b"], "enumNames": ["A", "B"]}, FieldKind.CHOICE),
        ({"type": "string", "oneOf": [{"const": "a", "title": "A"}]}, FieldKind.CHOICE),
        ({"type": "array", "items": {"anyOf": [{"const": "a", "title": "A"}]}}, FieldKind.SEVERAL),
        ({"type": "array", "items": {"type": "string", "enum": ["a"]}}, FieldKind.SEVERAL),
    ],
)
def test_the_fields_that_the_protocol_knows_are_read(schema, kind):
    assert one(**schema).kind is kind


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"},
        {"type": "array", "items": {"type": "string"}},
        {"type": "string", "enum": [1, 2]},
        {"type": "string", "enum": [str(number) for number in range(50)]},
        {},
        7,
    ],
)
def test_all_else_is_no_form(schema):
    with pytest.raises(FormRefused, match="cannot be shown"):
        form(value=schema)


def test_a_form_without_fields_or_with_too_many_is_none():
    for properties in ({}, {f"f{number}": {"type": "string"} for number in range(20)}):
        with pytest.raises(FormRefused):
            form(**properties)


@pytest.mark.parametrize(
    "name", ["password", "apiKey", "API_KEY", "accessToken", "pin", "OTP", "密码", "验证码", "Kennwort"]
)
def test_what_looks_like_a_secret_is_not_asked_for(name):
    for schema in ({name: {"type": "string"}}, {"x": {"type": "string", "title": name}}):
        with pytest.raises(FormRefused, match="looks like a password or a key"):
            form(**schema)


@pytest.mark.parametrize("name", ["spinning", "shipping", "passenger", "keyboard", "opinion", "compass"])
def test_what_only_sounds_like_one_is(name):
    assert form(**{name: {"type": "string"}})[0].name == name


CHOICE = {"type": "string", "oneOf": [{"const": "r", "title": "Red"}, {"const": "b", "title": "蓝色"}]}


@pytest.mark.parametrize(
    ("schema", "typed", "value"),
    [
        ({"type": "boolean"}, "是", True),
        ({"type": "boolean"}, "NO", False),
        ({"type": "integer"}, "３", 3),
        ({"type": "number"}, " −2.5", -2.5),
        (CHOICE, "red", "r"),
        (CHOICE, "蓝色", "b"),
        (CHOICE, "2", "b"),
        ({"type": "array", "items": CHOICE}, "Red，2", ["r", "b"]),
        ({"type": "string", "format": "date"}, "2026-11-30", "2026-11-30"),
        ({"type": "string", "format": "email"}, "ann@example.org", "ann@example.org"),
    ],
)
def test_words_are_read_as_the_value_that_they_mean(schema, typed, value):
    assert read_value(one(**schema), typed) == value


@pytest.mark.parametrize(
    ("schema", "typed", "sentence"),
    [
        ({"type": "boolean"}, "perhaps", "yes or no"),
        ({"type": "integer"}, "2.5", "whole number"),
        ({"type": "number"}, "inf", "it is a number"),
        ({"type": "number", "maximum": 3}, "4", "at most 3"),
        ({"type": "number", "minimum": 3}, "2", "at least 3"),
        (CHOICE, "green", "1 = Red; 2 = 蓝色"),
        ({"type": "array", "items": CHOICE, "minItems": 2}, "Red", "at least 2"),
        ({"type": "array", "items": CHOICE, "maxItems": 1}, "1, 2", "at most 1"),
        ({"type": "string", "minLength": 3}, "ab", "at least 3"),
        ({"type": "string", "maxLength": 1}, "ab", "at most 1"),
        ({"type": "string"}, "  ", "empty"),
        ({"type": "string"}, "x" * 3_000, "at most 2000"),
        ({"type": "string", "format": "date"}, "30.11.", "a date"),
        ({"type": "string", "format": "date-time"}, "2026-11-30T10:00", "with its zone"),
        ({"type": "string", "format": "email"}, "ann", "e-mail"),
        ({"type": "string", "format": "uri"}, "example", "an address"),
    ],
)
def test_what_is_no_such_value_says_which_would_be(schema, typed, sentence):
    with pytest.raises(ValueWrong, match=sentence):
        read_value(one(**schema), typed)


def test_a_default_counts_only_where_it_is_a_value():
    assert one(type="integer", default=3).default == 3
    assert one(type="integer", default="many").default is None
    assert one(type="boolean", default=False).default is False
    assert one(type="array", items=CHOICE, default=["r"]).default == ["r"]


def test_values_are_shown_as_people_read_them():
    several = one(type="array", items=CHOICE)

    assert shown_value(several, ["r", "b"]) == "Red, 蓝色"
    assert shown_value(one(type="boolean"), True, "zh") == "是"  # the value
    assert shown_value(one(type="number"), 2.5) == "2.5"
