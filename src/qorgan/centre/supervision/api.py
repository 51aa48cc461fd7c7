"""Routes of `supervision`."""

from typing import Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Router

from qorgan.centre.access.door import actor_of, needs
from qorgan.centre.supervision import reading
from qorgan.centre.supervision.schemas import (
    Fault,
    FaultPage,
    PlannedTests,
    SchoolActionPage,
    Taking,
    TestPlan,
    WayInPage,
)
from qorgan.centre.wire import Limit, Problem
from qorgan.domain.access import Right
from qorgan.domain.supervision import Duty, Proof

router = Router(tags=["supervision"])


@router.get("/supervision/faults", response=FaultPage, operation_id="list_faults")
@needs(Right.FAULTS_READ)
def list_faults(
    request: HttpRequest,
    state: Literal["open", "closed"] | None = None,
    school: UUID | None = None,
    duty: Duty | None = None,
    parent: UUID | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> FaultPage:
    """What is silent or broken, and was. `parent`: the faults under one outage."""
    actor = actor_of(request)
    return reading.faults(actor, state=state, school=school, duty=duty, parent=parent, cursor=cursor, limit=limit)


@router.get("/supervision/faults/{fault_id}", response={200: Fault, 404: Problem}, operation_id="get_fault")
@needs(Right.FAULTS_READ)
def get_fault(request: HttpRequest, fault_id: UUID) -> Fault:
    return reading.fault(actor_of(request), fault_id)


@router.post(
    "/supervision/faults/{fault_id}/taking",
    response={200: Fault, 403: Problem, 404: Problem, 409: Problem},
    operation_id="take_fault",
)
@needs(Right.FAULTS_TAKE)
def take_fault(request: HttpRequest, fault_id: UUID, body: Taking) -> Fault:
    """Say that one acts on it. Only what is measured closes a fault."""
    return reading.take(actor_of(request), fault_id, body.note)


@router.get("/supervision/tests", response=WayInPage, operation_id="list_button_tests")
@needs(Right.FAULTS_READ)
def list_button_tests(
    request: HttpRequest,
    school: UUID | None = None,
    proof: Proof | None = None,
    cursor: str | None = None,
    limit: Limit = 100,
) -> WayInPage:
    """Every way in, how it does, and the proof that it works. `proof=overdue` and `proof=never`: those to be tested."""
    return reading.ways_in(actor_of(request), school=school, proof=proof, cursor=cursor, limit=limit)


@router.get("/supervision/tests/plan", response=PlannedTests, operation_id="list_planned_tests")
@needs(Right.FAULTS_READ)
def list_planned_tests(request: HttpRequest, school: UUID | None = None) -> PlannedTests:
    return reading.planned(actor_of(request), school)


@router.post(
    "/supervision/tests/plan",
    response={200: PlannedTests, 403: Problem, 404: Problem, 422: Problem},
    operation_id="plan_tests",
)
@needs(Right.FAULTS_TAKE)
def plan_tests(request: HttpRequest, body: TestPlan) -> PlannedTests:
    """Plan tests of a school's buttons. Planning the same again changes nothing but the time."""
    return reading.plan(actor_of(request), body)


@router.delete(
    "/supervision/tests/plan/{test_id}",
    response={200: PlannedTests, 403: Problem, 404: Problem},
    operation_id="cancel_planned_test",
)
@needs(Right.FAULTS_TAKE)
def cancel_planned_test(request: HttpRequest, test_id: UUID) -> PlannedTests:
    return reading.cancel(actor_of(request), test_id)


@router.get("/supervision/actions", response=SchoolActionPage, operation_id="list_school_actions")
@needs(Right.FAULTS_READ)
def list_school_actions(
    request: HttpRequest, school: UUID | None = None, cursor: str | None = None, limit: Limit = 100
) -> SchoolActionPage:
    """Hold, Secure, Lockdown, Evacuate, Shelter and all clear, as the schools' nodes told them."""
    return reading.actions(actor_of(request), school=school, cursor=cursor, limit=limit)
