"""Which of several plans is in force: re-plans, phases, earlier courses.

Only what the objects say is used. Where they leave it open, that is said, and nothing is added up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from or_robot.types.radiotherapy import IonPlan, TreatmentRecord

FOLLOWED = ("PRIOR", "PREDECESSOR")
"""RT Plan Relationships (300A,0055) that say: the plan named is not used any more."""


class Role(StrEnum):
    CURRENT = "current"
    REPLACED = "replaced"
    EARLIER = "earlier course"


@dataclass(frozen=True, slots=True)
class Relation:
    role: Role
    text: str
    """One line for people; empty for the only plan."""


def relations(plans: Sequence[IonPlan], records: Sequence[TreatmentRecord]) -> dict[str, Relation]:
    """SOP Instance UID of each plan → how it stands to the others. `plans`: oldest import first.

    Replaced: a stored plan names it as PRIOR or PREDECESSOR. Earlier course: in another frame of
    reference than the newest plan, and all its treatments lie before that plan's date.
    """
    if not plans:
        return {}
    ranked = sorted(plans, key=lambda plan: plan.date or "")  # stable: import order within a day
    followers = {
        one.uid: plan for plan in ranked for one in plan.references if one.relationship in FOLLOWED
    }
    newest = ranked[-1]
    found: dict[str, Relation] = {}
    for plan in plans:
        uid = plan.header.sop_instance_uid
        if uid in followers:
            found[uid] = Relation(Role.REPLACED, f"Replaced by {_name(followers[uid])}")
        elif _is_over(plan, newest, records):
            found[uid] = Relation(Role.EARLIER, "Earlier course, in another frame of reference")
    in_force = [plan for plan in plans if plan.header.sop_instance_uid not in found]
    for plan in in_force:
        found[plan.header.sop_instance_uid] = Relation(Role.CURRENT, _among(plan, in_force, plans))
    return found


def _is_over(plan: IonPlan, newest: IonPlan, records: Sequence[TreatmentRecord]) -> bool:
    frame = plan.header.frame_of_reference_uid
    treated = [
        record.date
        for record in records
        if record.plan_uid == plan.header.sop_instance_uid and record.date
    ]
    return (
        plan is not newest
        and frame is not None
        and frame != newest.header.frame_of_reference_uid
        and bool(treated)
        and newest.date is not None
        and max(treated) < newest.date
    )


def _among(plan: IonPlan, in_force: Sequence[IonPlan], plans: Sequence[IonPlan]) -> str:
    """How a plan in force stands to the others in force, and what it replaced."""
    parts = []
    by_uid = {one.header.sop_instance_uid: one for one in plans}
    replaced = [
        by_uid[one.uid]
        for one in plan.references
        if one.relationship in FOLLOWED and one.uid in by_uid
    ]
    if replaced:
        parts.append(f"Re-plan of {', '.join(map(_name, replaced))}")
    if len(in_force) > 1:
        others = [one for one in in_force if one is not plan]
        if all(_concurrent(plan, one) for one in others):
            phase = list(in_force).index(plan) + 1
            parts.append(f"Phase {phase} of {len(in_force)}, treated with the others")
        else:
            parts.append(
                f"One of {len(in_force)} plans in force: how they belong together is not recorded"
            )
        parts.append("doses are not added up")
    return "; ".join(parts)


def _concurrent(one: IonPlan, other: IonPlan) -> bool:
    return any(
        reference.uid == named.header.sop_instance_uid and reference.relationship == "CONCURRENT"
        for plan, named in ((one, other), (other, one))
        for reference in plan.references
    )


def _name(plan: IonPlan) -> str:
    return plan.label or "a plan without label"
