"""What the platform has told this deployment: its variables, less those that it left as they were."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

TOLD = (
    "MODEL_URL", "MODEL_PATH_URL", "MODEL_ROOT_URL", "MODEL_PORT", "APP_PORT", "APP_PATH", "APP_URL", "APP_LABEL",
    "INSTANCE_ID", "PLATFORM_URL",
)
_TEMPLATE = re.compile(r"\{[a-z_]+\}")


@dataclass(frozen=True)
class Deployment:
    """`told` has every variable of TOLD, empty where the platform has not filled it in."""

    told: dict[str, str]
    injected: str = ""
    longest_text: int = 200_000

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> "Deployment":
        """The deployment that an environment describes."""
        told = {name: _filled(environment.get(name, "")) for name in TOLD}
        longest = int(environment.get("LONGEST_TEXT") or cls.longest_text)
        return cls(told, _filled(environment.get("OPENAI_BASE_URL", "")), longest)

    @property
    def model_url(self) -> str:
        """Where the model answers, without a slash at the end; empty when there is none."""
        found = self.injected or self.told["MODEL_URL"] or self.told["MODEL_PATH_URL"]
        is_address = found.startswith(("http://", "https://"))
        return found.rstrip("/") if is_address else ""


def _filled(value: str) -> str:
    return "" if _TEMPLATE.search(value) else value.strip()
