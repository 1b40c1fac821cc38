"""The settings that say where the deployment is at home: its language, its time zone, its money."""

from decimal import Decimal
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from agents.models.prices import Price
from channels.home import DOLLAR, Home
from channels.locales import languages
from channels.times import is_zone
from governance.guard.policy import Environment

CAPABILITIES, AGENTS = "capabilities", "agents"
"""The folder of what is installed, below the data folder, and in it that of installed agents."""


def _spoken(language: str) -> str:
    if language != "auto" and language not in languages():
        raise ValueError(f"must be auto or one of {', '.join(languages())}")
    return language


def _zone(name: str) -> str:
    if name and not is_zone(name):
        raise ValueError("must be the name of a time zone, as Asia/Shanghai or Europe/Berlin")
    return name


SpokenLanguage = Annotated[str, AfterValidator(_spoken)]
"""The code of a language of the catalogue, or auto."""
ZoneName = Annotated[str, AfterValidator(_zone)]
"""A time zone by its IANA name, or nothing."""


class CostSettings(BaseModel):
    """What models cost, in the currency in which people are told it."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    currency: str = Field(default=DOLLAR, pattern="^[A-Z]{3}$")
    """The currency in which costs are told, by its code, as CNY."""
    rate: float = Field(default=1, gt=0, le=1_000_000)
    """How much of it one US dollar is: price lists are in dollars. Where the currency is none but dollars, it must be
    given."""
    prices: dict[str, Price] = {}
    """Prices of your own by `provider/model`, for each million tokens in that currency: the list that comes along has
    none of the mainland's, which differ three to four times, and none of a contract."""

    @model_validator(mode="after")
    def _has_a_rate(self) -> Self:
        if self.currency != DOLLAR and "rate" not in self.model_fields_set:
            raise ValueError(f"{self.currency} needs costs.rate: how much of it one US dollar is")
        return self


class HomeSettings(BaseModel):
    """Where the deployment is at home."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True)

    language: SpokenLanguage = "auto"
    """The language of whoever has said nothing that tells theirs, of the banner and of commands in a terminal. auto:
    that of this machine (LC_ALL, LC_MESSAGES, LANG), else English."""
    time_zone: ZoneName = ""
    """The time zone of whoever has none of their own, by its IANA name. Empty: that in which most live who speak the
    language of whoever reads, as Asia/Shanghai for Chinese, else this machine's."""
    environment: Environment = "production"
    """What this deployment is for, by a name of your own, as test: rules about capabilities may hold in one alone."""
    costs: CostSettings = CostSettings()
    """What models cost."""

    @property
    def place(self) -> Home:
        """Where the deployment is at home."""
        language = "" if self.language == "auto" else self.language
        rate = Decimal(str(self.costs.rate))
        return Home(language=language, time_zone=self.time_zone, currency=self.costs.currency, rate=rate)
