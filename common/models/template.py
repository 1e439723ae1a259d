"""Templates: saved, named settings of sessions. Those that ship are files, see `common.presets`."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from common.ids import new_id
from common.models.account import User
from common.models.base import Base, Json, db_now


class Template(Base):
    """A template: who owns it, what it is called, and which of its versions counts."""

    __tablename__ = "templates"

    id: Mapped[str] = mapped_column(primary_key=True, default=new_id)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str]
    #: Whether everybody may see, use and copy it.
    shared: Mapped[bool] = mapped_column(default=False)
    #: The number of its last version.
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(default=db_now())

    owner: Mapped[User] = relationship(lazy="joined", innerjoin=True)
    current: Mapped[TemplateVersion] = relationship(
        primaryjoin="and_(Template.id == foreign(TemplateVersion.template_id), "
        "Template.version == foreign(TemplateVersion.version))",
        lazy="joined",
        innerjoin=True,
        uselist=False,
        viewonly=True,
    )

    __table_args__ = (UniqueConstraint("owner_id", "name"),)


class TemplateVersion(Base):
    """What a template was from one save to the next; never changed."""

    __tablename__ = "template_versions"

    template_id: Mapped[str] = mapped_column(ForeignKey("templates.id", ondelete="CASCADE"), primary_key=True)
    #: From 1, without gaps.
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    saved_at: Mapped[dt.datetime] = mapped_column(default=db_now())
    #: An email address, which outlives the account.
    saved_by: Mapped[str]
    #: A `common.templates.TemplateContent` as JSON, its options without those that nobody chose.
    content: Mapped[dict[str, Any]] = mapped_column(Json)
