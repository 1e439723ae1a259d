"""What drones are good at."""

from __future__ import annotations

import enum
import re

from workers.flow.prompts import render_prompt


class Role(enum.StrEnum):
    """What a drone is good at."""

    ANALYST = "analyst"
    DATA_SCIENTIST = "data_scientist"
    IT_ARCHITECT = "it_architect"
    DEVELOPER = "developer"
    SECURITY_SPECIALIST = "security_specialist"

    @property
    def words(self) -> str:
        """What people and models read, within a sentence."""
        return _WORDS.get(self, self.replace("_", " "))


#: The roles whose words are more than their codes without underscores.
_WORDS = {Role.IT_ARCHITECT: "IT architect"}


#: The order in which a swarm gives its drones their home roles: the most useful first.
HOME_ROLES = (Role.ANALYST, Role.DEVELOPER, Role.IT_ARCHITECT, Role.DATA_SCIENTIST, Role.SECURITY_SPECIALIST)


def home_role(position: int) -> Role:
    """Return the role of the drone at `position`, counted from 0; with more than five drones they come again."""
    return HOME_ROLES[position % len(HOME_ROLES)]


def find_role(word: str) -> Role | None:
    """Return the role that `word` names, forgiving case, blanks and hyphens, or None."""
    name = re.sub(r"[\s\-_]+", "_", word.strip().lower())
    return Role(name) if name in set(Role) else None


def role_prompt(role: Role) -> str:
    """Return the system prompt of a drone that works in `role`."""
    return render_prompt(f"role_{role}.md")
