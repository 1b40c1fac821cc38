"""What masking finds, what it touches wrongly, and what it costs, without any message and without a gateway.

Its floor is one search for a word that is not there.
"""

import asyncio
import random
import time
from collections.abc import Callable

from governance.masking import for_chat, secrets_in
from governance.masking.known import KnownValues
from tests.load.scenarios import Stage, Taken
from tests.unit.secrets_corpus import WORD, harmless, keys

TEXT = "word and 12 more, a token bucket of f(x), password field; see https://example.org/a?b=1 \n" * 1200


async def masking(stage: Stage) -> Taken:
    """Keys of providers found, harmless texts touched, and 100 KB of prose and code read for both kinds of secrets."""
    text, rounds = TEXT[:100_000], stage.many(20, 5)
    if stage.is_floor:
        return {"masking_100k": await asyncio.to_thread(_least, lambda: text.find("no such word"), rounds)}
    made, texts = list(keys()), list(harmless())
    rng = random.Random(1)
    known = KnownValues({f"s{number}": "".join(rng.choices(WORD, k=40)) for number in range(50)})
    return {
        "masking_found": 100 * sum(key[-12:] not in for_chat(said) for _, key, said in made) / len(made),
        "masking_false": 100 * sum(bool(secrets_in(each)) for each in texts) / len(texts),
        "masking_100k": await asyncio.to_thread(_least, lambda: secrets_in(text), rounds),
        "masking_known": await asyncio.to_thread(_least, lambda: known.found_in(text), rounds),
    }


def _least(run: Callable[[], object], rounds: int) -> float:
    """Milliseconds of processor time, the best of some rounds: what comes between is the machine's."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        run()
        taken.append(time.process_time() - began)
    return 1000 * min(taken)
