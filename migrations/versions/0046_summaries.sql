-- What stands in place of a conversation's messages up to one of them, in what a model is sent; the messages stay. Which of
-- them counts is told by `context_from` of the conversation. `before` and `after` are bytes; `made_by` is provider/model.
create table nexora_summaries (
    conversation text not null references nexora_conversations (key) on delete cascade,
    up_to bigint not null,
    words text not null,
    has_outsiders boolean not null,
    made_by text not null,
    input_tokens integer not null,
    output_tokens integer not null,
    before integer not null,
    after integer not null,
    at timestamptz not null,
    primary key (conversation, up_to)
);
