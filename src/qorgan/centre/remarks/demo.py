"""The remarks of the demo: four bodies, every state that waits for somebody, a joint review that waits for two."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from qorgan.centre.access import service as access
from qorgan.centre.access.models import User
from qorgan.centre.plans.models import PlanRevision
from qorgan.centre.remarks import reviewing, service
from qorgan.centre.remarks import schemas as wire
from qorgan.centre.remarks.models import Remark
from qorgan.centre.schools.models import School
from qorgan.domain.access import Actor, Body
from qorgan.domain.remarks import RemarkCategory, RemarkDeed, TargetKind
from qorgan.domain.reviews import ReviewAnswer

SITE, HEAD = "kst-012", "head12@qorgan.demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One remark and what was done with it since, by whom and in which words."""

    body: Body
    kind: TargetKind
    category: RemarkCategory
    text: str
    clause: str = ""
    days: int = 14
    draft: bool = False
    deeds: Sequence[tuple[RemarkDeed, str]] = ()


STORIES = (
    Story(
        body=Body.EDUCATION,
        kind=TargetKind.PLAN,
        category=RemarkCategory.PLACE,
        text="Бірінші қабат дәлізінің соңын ешбір камера көрмейді: қосалқы шығу есігі кадрға түспейді.",
    ),
    Story(
        body=Body.POLICE,
        kind=TargetKind.SCHOOL,
        category=RemarkCategory.STORAGE,
        text="Архив хранится меньше 30 суток: при проверке самая ранняя запись была 21-суточной давности.",
        days=30,
        deeds=((RemarkDeed.ACCEPT, "Қосымша диск сатып алынады."),),
    ),
    Story(
        body=Body.EMERGENCY,
        kind=TargetKind.PLAN,
        category=RemarkCategory.OTHER,
        text="На плане не показано место сбора у запасного выхода.",
        deeds=((RemarkDeed.FIX, "Жиналу орны жоспарға түсірілді."),),
    ),
    Story(
        body=Body.PROSECUTOR,
        kind=TargetKind.SCHOOL,
        category=RemarkCategory.OTHER,
        text="Табличка о видеонаблюдении у входа только на одном языке.",
        deeds=((RemarkDeed.OBJECT, "Тақтайша екі тілде: екінші жағында орысша жазылған."),),
    ),
    Story(
        body=Body.EDUCATION,
        kind=TargetKind.SCHOOL,
        category=RemarkCategory.QUALITY,
        text="Киім ілгіш тұсындағы жарық әлсіз, кешке бет танылмайды.",
        deeds=(
            (RemarkDeed.ACCEPT, ""),
            (RemarkDeed.FIX, "Екі жаңа шам орнатылды."),
            (RemarkDeed.VERIFY, "Кешке келіп көрдім, жарық жеткілікті."),
            (RemarkDeed.CLOSE, ""),
        ),
    ),
    Story(
        body=Body.EDUCATION,
        kind=TargetKind.PLAN,
        category=RemarkCategory.ANGLE,
        text="Фойе камерасын кіреберіске қарай бұру керек.",
        draft=True,
    ),
)
_OF_SCHOOL = frozenset({RemarkDeed.ACCEPT, RemarkDeed.OBJECT, RemarkDeed.FIX})


def seed(inspectors: Mapping[Body, str]) -> None:
    """Remarks and a review where the school has none yet. `inspectors`: e-mail addresses; they exist."""
    school = School.objects.get(site=SITE)
    if Remark.objects.filter(school=school).exists():
        return
    head = _actor(HEAD)
    actors = {body: _actor(email) for body, email in inspectors.items()}
    plan = PlanRevision.objects.standing().filter(plan__school=school).order_by("plan").first()
    for story in STORIES:
        if story.kind is TargetKind.SCHOOL or plan is not None:
            _tell(story, school, plan, actors[story.body], head)
    if plan is not None:
        _review(plan, head, actors[Body.EDUCATION])


def _actor(email: str) -> Actor:
    return access.actor_for(User.objects.get(email=email))


def _tell(story: Story, school: School, plan: PlanRevision | None, author: Actor, head: Actor) -> None:
    target = wire.RemarkTarget(kind=story.kind)
    if story.kind is TargetKind.PLAN and plan is not None:
        target = wire.RemarkTarget(kind=story.kind, plan=plan.plan_id, revision=plan.number)
    wish = wire.NewRemark(
        school=school.pk,
        target=target,
        category=story.category,
        text=story.text,
        clause=story.clause,
        deadline=timezone.localdate() + timedelta(days=story.days),
        issue=not story.draft,
    )
    remark = service.create(author, wish)
    for deed, text in story.deeds:
        service.do(head if deed in _OF_SCHOOL else author, remark.id, wire.RemarkOrder(deed=deed, text=text))


def _review(plan: PlanRevision, head: Actor, inspector: Actor) -> None:
    bodies = [Body.EDUCATION, Body.POLICE, Body.EMERGENCY]
    deadline = timezone.localdate() + timedelta(days=10)
    wish = wire.NewReview(revision=plan.number, bodies=bodies, deadline=deadline, text="Камералардың орналасуы")
    review = reviewing.begin(head, plan.plan_id, wish)
    reviewing.sign(inspector, review.id, wire.NewSignature(answer=ReviewAnswer.REMARKS))
