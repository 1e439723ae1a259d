"""Templates of people: create, find, list, update with versions, delete. Presets are files, see `common.presets`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from sqlalchemy import Select, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from common.errors import Conflict, Forbidden, NotFound
from common.models import FlowSession, Template, TemplateVersion, User
from common.templates import TemplateContent


def list_templates(
    db: Session, *, seen_by: User, name: str | None = None, before: str | None = None, limit: int = 100
) -> list[Template]:
    """Return the templates that somebody may use, the newest first; `before` is the id of the last one seen."""
    query = _seen_by(select(Template), seen_by)
    if name is not None:
        query = query.where(Template.name == name)
    if before is not None:
        query = query.where(Template.id < before)
    return list(db.scalars(query.order_by(Template.id.desc()).limit(limit)))


def list_own(db: Session, owner: User) -> list[Template]:
    """Return all templates of one person, by name."""
    return list(db.scalars(select(Template).where(Template.owner_id == owner.id).order_by(Template.name)))


def list_chosen(db: Session, template_ids: Iterable[str], *, seen_by: User) -> list[Template]:
    """Return those of these templates that somebody may see, by name."""
    query = _seen_by(select(Template), seen_by).where(Template.id.in_(list(template_ids)))
    return list(db.scalars(query.order_by(Template.name, Template.id)))


def find_template(db: Session, template_id: str, *, seen_by: User) -> Template:
    """Return a template. Raises NotFound where it does not exist or `seen_by` may not see it."""
    found = db.scalar(_seen_by(select(Template), seen_by).where(Template.id == template_id))
    if found is None:
        raise NotFound("There is no such template.")
    return found


def find_version(db: Session, template: Template, version: int) -> TemplateVersion:
    """Return what a template was. Raises NotFound."""
    found = db.get(TemplateVersion, (template.id, version))
    if found is None:
        raise NotFound(f"This template has no version {version}.")
    return found


def list_versions(
    db: Session, template: Template, *, before: int | None = None, limit: int = 50
) -> list[TemplateVersion]:
    """Return the versions of a template, the newest first; `before` is the number of the last one seen."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template.id)
    if before is not None:
        query = query.where(TemplateVersion.version < before)
    return list(db.scalars(query.order_by(TemplateVersion.version.desc()).limit(limit)))


def count_uses(db: Session, template_ids: Iterable[str], *, owner_id: str | None) -> dict[str, int]:
    """Return how many sessions of one owner, or of anybody, came from each of these templates; 0 is left out."""
    query = select(FlowSession.template_id, func.count()).where(FlowSession.template_id.in_(list(template_ids)))
    if owner_id is not None:
        query = query.where(FlowSession.owner_id == owner_id)
    return {str(row[0]): row[1] for row in db.execute(query.group_by(FlowSession.template_id))}


def create_template(
    db: Session, owner: User, name: str, content: TemplateContent, *, shared: bool = False, rename: bool = False
) -> Template:
    """Store a template with its first version; with `rename` a name that is taken gets a number.

    Raises Conflict where the owner has one of this name.
    """
    while True:
        chosen = _free_name(db, owner, name) if rename else name
        created = Template(owner_id=owner.id, name=chosen, shared=shared, version=1)
        try:
            with db.begin_nested():
                db.add(created)
            break
        except IntegrityError:
            # With `rename`: PostgreSQL lets two writers in at a time, and the other one was quicker.
            if not rename:
                raise _taken(name) from None
    db.add(_version(created, content, owner))
    db.flush()
    db.refresh(created)
    return created


def update_template(
    db: Session,
    template_id: str,
    name: str,
    content: TemplateContent,
    *,
    shared: bool,
    by: User,
    based_on: int | None = None,
) -> Template:
    """Rename or share a template, and save a new version where its content is another.

    Raises NotFound, Forbidden, or Conflict where the name is taken or the last version is not `based_on`.
    """
    template = _lock_own(db, template_id, by=by)
    if based_on is not None and based_on != template.version:
        raise Conflict(f"Somebody saved version {template.version} meanwhile; look at it, then save yours again.")
    version = _version(template, content, by)
    if version.content != template.current.content:
        version.version = template.version = template.version + 1
        db.add(version)
    template.name, template.shared = name, shared
    try:
        db.flush()
    except IntegrityError:
        raise _taken(name) from None
    db.refresh(template)
    return template


def delete_template(db: Session, template_id: str, *, by: User) -> None:
    """Delete a template with all its versions. Raises NotFound or Forbidden."""
    db.delete(_lock_own(db, template_id, by=by))


def _seen_by(query: Select[Template], user: User) -> Select[Template]:
    """Hold a query to what somebody may see: what is shared, and their own. Admins see no more than others do."""
    return query.where(or_(Template.owner_id == user.id, Template.shared))


def _lock_own(db: Session, template_id: str, *, by: User) -> Template:
    """Return a template that somebody may change, locked until the transaction ends."""
    # Locked first, read then: in one statement, whoever waited would join the new number to the old versions.
    db.execute(select(Template.id).where(Template.id == template_id).with_for_update())
    found = find_template(db, template_id, seen_by=by)
    if found.owner_id != by.id and not by.is_admin:
        raise Forbidden(f"This template belongs to {found.owner.email}; copy it to change it.")
    return found


def _version(template: Template, content: TemplateContent, by: User) -> TemplateVersion:
    kept = content.model_dump(mode="json") | {"options": content.options.model_dump(mode="json", exclude_unset=True)}
    return TemplateVersion(template_id=template.id, version=template.version, saved_by=by.email, content=kept)


def _free_name(db: Session, owner: User, name: str) -> str:
    taken = set(db.scalars(select(Template.name).where(Template.owner_id == owner.id)))
    if name not in taken:
        return name
    return next(free for number in count(2) if (free := f"{name[:110]} ({number})") not in taken)


def _taken(name: str) -> Conflict:
    return Conflict(f"The name {name!r} is taken by another template of the same owner.")
