"""People, their roles and where these hold; the watch ledger; the audit; answers kept for repeated writes."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q, QuerySet

from qorgan.centre.ledger import LedgerLine, moment
from qorgan.centre.scope import within
from qorgan.domain.access import Actor, Body, Right, Role
from qorgan.domain.cameras import StreamName
from qorgan.kernel.ids import uuid7


class UserManager(BaseUserManager["User"]):
    """Creates people. E-mail addresses are kept in lower case: one address, one person."""

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").lower())

    def visible_to(self, actor: Actor) -> QuerySet["User"]:
        """The only door to people: an administrator sees all, everybody else only themselves."""
        return self.all() if actor.may(Right.REGISTRY_EDIT) else self.filter(pk=actor.user)


class User(AbstractBaseUser):
    """A person who signs in by e-mail. What they may do is their `RoleGrant`; without one, nothing."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(unique=True)
    name = models.CharField("аты-жөні · имя", max_length=200)
    language = models.CharField(
        "тіл · язык", max_length=2, default="kk", choices=[("kk", "қазақша"), ("ru", "русский"), ("en", "English")]
    )
    is_active = models.BooleanField("белсенді · активен", default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        verbose_name = "пайдаланушы · пользователь"
        verbose_name_plural = "пайдаланушылар · пользователи"
        constraints = (models.CheckConstraint(condition=~Q(email=""), name="user_has_an_email"),)

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_staff(self) -> bool:
        """Whether Django's admin, the registry's editor, lets them in."""
        return self.is_active and RoleGrant.objects.filter(user=self, role=Role.ADMINISTRATOR).exists()

    def has_perm(self, perm: str, obj: models.Model | None = None) -> bool:
        return self.is_staff

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff


class RoleGrant(models.Model):
    """One person's role and where it holds. An officer's territory is their centre's; a head's is their school."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="role_grant")
    role = models.CharField("рөлі · роль", max_length=16, choices=[(role.value, role.value) for role in Role])
    centre = models.ForeignKey(
        "territory.OperationsCentre", null=True, blank=True, on_delete=models.PROTECT, verbose_name="ЖБО · ЦОУ"
    )
    school = models.ForeignKey(
        "schools.School", null=True, blank=True, on_delete=models.PROTECT, verbose_name="ұйым · организация"
    )
    body = models.CharField(
        "орган",
        max_length=12,
        blank=True,
        default="",
        choices=[(body.value, body.value) for body in Body],
        help_text="for which an inspector writes remarks",
    )
    regions = models.ManyToManyField("territory.Region", blank=True, verbose_name="облыстар · области")
    districts = models.ManyToManyField("territory.District", blank=True, verbose_name="аудандар · районы")

    class Meta:
        verbose_name = "рөл · роль"
        verbose_name_plural = "рөлдер · роли"
        constraints = (
            models.CheckConstraint(
                condition=~Q(role=Role.DUTY_OFFICER) | Q(centre__isnull=False), name="officer_has_a_centre"
            ),
            models.CheckConstraint(condition=~Q(role=Role.HEAD) | Q(school__isnull=False), name="head_has_a_school"),
            models.CheckConstraint(condition=Q(role__in=list(Role)), name="role_known"),
        )

    def __str__(self) -> str:
        return f"{self.user_id}: {self.role}"


class WatchQuerySet(QuerySet["WatchLine"]):
    def visible_to(self, actor: Actor) -> "WatchQuerySet":
        return self.filter(within(actor.scope, "school__"))


class WatchLine(LedgerLine):
    """One line of a school's watch ledger: somebody began to watch, asked what is recorded, or ended.

    `watch` joins the line of an end to the line of its beginning.
    """

    class Kind(models.TextChoices):
        OPENED = "opened"
        ENDED = "ended"

    class Action(models.TextChoices):
        LIVE = "live"
        LISTEN = "listen", "listen: heard the camera, live or (with a range) recorded"
        LINK = "link", "link: made a link for a player that cannot sign in"
        LINKED = "linked", "linked: somebody used that link"
        ARCHIVE = "archive"
        EXPORT = "export"
        SNAPSHOT = "snapshot"
        PTZ = "ptz", "ptz: turned the camera"
        SETUP = "setup", "setup: one picture of a camera that is being added"
        HOLD = "hold", "hold: kept a recording from being deleted, or let it go"
        COVERAGE = "coverage", "coverage: asked what is recorded, saw no picture"

    school = models.ForeignKey("schools.School", on_delete=models.PROTECT, related_name="watch_lines")
    watch = models.UUIDField()
    kind = models.CharField(max_length=8, choices=Kind.choices)
    camera = models.ForeignKey("cameras.Camera", on_delete=models.PROTECT, related_name="+")
    viewer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    viewer_name = models.CharField(max_length=200)
    viewer_role = models.CharField(max_length=16)
    action = models.CharField(max_length=8, choices=Action.choices)
    stream = models.CharField(max_length=8, choices=[(name.value, name.value) for name in StreamName])
    purpose = models.CharField(max_length=60)
    range_start = models.DateTimeField(null=True)
    range_end = models.DateTimeField(null=True)

    objects = WatchQuerySet.as_manager()

    class Meta:
        verbose_name = "қарау журналы · журнал просмотров"
        verbose_name_plural = "қарау журналы · журнал просмотров"
        ordering = ("school", "number")
        constraints = (
            models.UniqueConstraint(fields=("school", "number"), name="watch_line_once"),
            models.UniqueConstraint(fields=("watch", "kind"), name="watch_begins_and_ends_once"),
        )
        indexes = (models.Index(fields=("school", "-at", "-id"), name="watch_newest_first"),)

    def subject(self) -> UUID:
        return self.school_id

    def said(self) -> dict[str, Any]:
        return {
            "watch": str(self.watch),
            "kind": self.kind,
            "camera": str(self.camera_id),
            "viewer": str(self.viewer_id),
            "viewer_name": self.viewer_name,
            "viewer_role": self.viewer_role,
            "action": self.action,
            "stream": self.stream,
            "purpose": self.purpose,
            "range": [moment(self.range_start), moment(self.range_end)],
        }


class AuditLine(LedgerLine):
    """What a person did here that is neither an alarm's step nor a look at video: sign-ins, changes of people."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="audit_lines")
    action = models.CharField(max_length=40)
    data = models.JSONField(default=dict)

    class Meta:
        verbose_name = "аудит"
        verbose_name_plural = "аудит"
        ordering = ("person", "number")
        constraints = (models.UniqueConstraint(fields=("person", "number"), name="audit_line_once"),)

    def subject(self) -> UUID:
        return self.person_id

    def said(self) -> dict[str, Any]:
        return {"action": self.action, "data": self.data}


class KeptAnswer(models.Model):
    """The answer to a write that came with an `Idempotency-Key`: the same key gets it again."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=100)
    path = models.CharField(max_length=300)
    said = models.CharField(max_length=64, help_text="SHA-256 of what was asked")
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("user", "key"), name="one_answer_per_key"),)

    def __str__(self) -> str:
        return f"{self.path} {self.at:%Y-%m-%d %H:%M}"
