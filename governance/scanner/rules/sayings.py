"""The words of injections, as patterns over one sentence, in English, Chinese and Russian. Data, no judgement."""

from governance.scanner.rules.written_patterns import WrittenPattern

OVERRIDE = WrittenPattern("sayings.override")
CONCEAL = WrittenPattern("sayings.conceal")
QUIETLY = WrittenPattern("sayings.quietly")
HARMLESS_SILENCE = WrittenPattern("sayings.harmless_silence")
PRIVATE = WrittenPattern("sayings.private")
SEND = WrittenPattern("sayings.send")
AWAY = WrittenPattern("sayings.away")
MAILBOX = WrittenPattern("sayings.mailbox")
TYPES = WrittenPattern("sayings.types")
READS = WrittenPattern("sayings.reads")
BEFORE = WrittenPattern("sayings.before")
ACTS = WrittenPattern("sayings.acts")
ACTS_HARD = WrittenPattern("sayings.acts_hard")
JAILBREAK = WrittenPattern("sayings.jailbreak")
BYPASS = WrittenPattern("sayings.bypass")
CLICKFIX = WrittenPattern("sayings.clickfix")
MONEY = WrittenPattern("sayings.money")
PLANTS = WrittenPattern("sayings.plants")
PLANTED = WrittenPattern("sayings.planted")
TEMPLATE = WrittenPattern("sayings.template")
ORDERS = WrittenPattern("sayings.orders")
FORBIDS = WrittenPattern("sayings.forbids")
EXAMPLE = WrittenPattern("sayings.example")
ABOUT = WrittenPattern("sayings.about")
"""What a skill is about that has to speak of attacks."""
